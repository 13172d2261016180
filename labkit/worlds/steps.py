"""The vocabulary of which worlds are built: makers of steps, each named for what happens.

Everything has a name by default: one repository with one image, one function's role. A document is a mapping, or a text
where it must be kept as somebody wrote it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labkit.pull import policies
from labkit.worlds.model import LAB, Json, Step, Steps

TAG = "1.0"
CI = "workload/ci"
"""The role with which a pipeline of the workload account deploys."""
ADMINISTRATOR = {"Effect": "Allow", "Action": "*", "Resource": "*"}
DEPLOYS = (
    {"Effect": "Allow", "Action": "lambda:*", "Resource": "*"},
    {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"},
)
"""What a pipeline needs for functions, and nothing of ECR."""
PULL = list(policies.PULL_ACTIONS)
PULLS = {"Effect": "Allow", "Action": PULL, "Resource": "*"}
"""What a caller of another account needs of ECR."""

Document = Mapping[str, Any] | str


def document(*statements: Mapping[str, Any], version: str = "2012-10-17") -> dict[str, Any]:
    """A policy of these statements."""
    return {"Version": version, "Statement": list(statements)}


def allow(principal: Any, actions: Any = None, condition: Any = None, **more: Any) -> dict[str, Any]:
    """A statement of a repository policy that allows; the actions are the two of a pull where none are said."""
    made = {"Effect": "Allow", "Principal": principal, "Action": PULL if actions is None else actions, **more}
    return made if condition is None else {**made, "Condition": condition}


def deny(principal: Any, actions: Any = None, condition: Any = None, **more: Any) -> dict[str, Any]:
    """A statement that denies, as `allow`."""
    return {**allow(principal, actions, condition, **more), "Effect": "Deny"}


LAMBDA = {"Service": policies.LAMBDA}
WORKLOAD = {"AWS": "arn:aws:iam::{workload}:root"}
EVERYBODY = {"AWS": "*"}
CALLERS = allow(WORKLOAD, Sid="CrossAccountPermission")
FUNCTIONS = allow(
    LAMBDA,
    condition={"StringLike": {"aws:SourceArn": "arn:aws:lambda:*:{workload}:function:*"}},
    Sid="LambdaECRImageCrossAccountRetrievalPolicy",
)
BOTH = document(CALLERS, FUNCTIONS)
"""The policy for two accounts, as the article has it."""
ORGANIZATION = policies.organization("{organization}")
SAME = policies.same_account()
"""The policy for one account, as the article has it."""


def sequence(*parts: Steps) -> Steps:
    """These steps one after the other."""
    return tuple(step for part in parts for step in part)


def _text(given: Document) -> Any:
    return given if isinstance(given, str) else Json(given)


# -- ECR -----------------------------------------------------------------------------------------------------------


def repository(policy: Document | None = None, *, push: str = "image", tags: Mapping[str, str] | None = None) -> Steps:
    """The repository of the registry account, with an image (empty: none) and a policy (None: none)."""
    named = [{"Key": key, "Value": value} for key, value in (tags or {}).items()]
    made = Step("registry", "ecr", "create_repository", {"repositoryName": "{repository}", "tags": named})
    return sequence((made,), pushed(push) if push else (), () if policy is None else policy_set(policy))


def pushed(kind: str = "image", tag: str = TAG, *, name: str = "{repository}", region: str = "") -> Steps:
    """Somebody pushes an image of a kind that `labkit.worlds.images.IMAGES` has; its digest is ``{digest}`` later."""
    parameters = {"repository": name, "tag": tag, "kind": kind, "region": region}
    return (Step("registry", LAB, "push", parameters, {"digest": "digest"}),)


def policy_set(policy: Document, who: str = "registry", region: str = "") -> Steps:
    """The repository's policy is replaced."""
    parameters = {"repositoryName": "{repository}", "policyText": _text(policy)}
    return (Step(who, "ecr", "set_repository_policy", parameters, region=region),)


def policy_deleted() -> Steps:
    """The repository's policy is deleted."""
    return (Step("registry", "ecr", "delete_repository_policy", {"repositoryName": "{repository}"}),)


def registry_policy(policy: Document) -> Steps:
    """The registry gets a policy."""
    return (Step("registry", "ecr", "put_registry_policy", {"policyText": _text(policy)}),)


def lifecycle(**selection: Any) -> Steps:
    """The repository gets a lifecycle policy with one rule that expires what it selects."""
    action = selection.pop("action", {"type": "expire"})
    rule = {"rulePriority": 1, "selection": {"tagStatus": "any", **selection}, "action": action}
    parameters = {"repositoryName": "{repository}", "lifecyclePolicyText": Json({"rules": [rule]})}
    return (Step("registry", "ecr", "put_lifecycle_policy", parameters),)


def archived(tag: str = TAG) -> Steps:
    """Somebody archives an image."""
    parameters = {"repositoryName": "{repository}", "imageId": {"imageTag": tag}, "targetStorageClass": "ARCHIVE"}
    return (Step("registry", "ecr", "update_image_storage_class", parameters),)


def deleted(**image: str) -> Steps:
    """Somebody deletes an image, by imageTag or imageDigest."""
    return (Step("registry", "ecr", "batch_delete_image", {"repositoryName": "{repository}", "imageIds": [image]}),)


def cache_rule(prefix: str) -> Steps:
    """The registry gets a pull-through cache rule: repositories below the prefix come from Docker Hub."""
    parameters = {
        "ecrRepositoryPrefix": prefix,
        "upstreamRegistryUrl": "registry-1.docker.io",
        "credentialArn": "arn:aws:secretsmanager:{region}:{registry}:secret:ecr-pullthroughcache/hub",
    }
    return (Step("registry", "ecr", "create_pull_through_cache_rule", parameters),)


def replica(to: str = "registry", region: str = "eu-west-1") -> Steps:
    """ECR replicates the repository to an account and region."""
    return (Step("registry", LAB, "replicate", {"to": to, "region": region}),)


# -- IAM -----------------------------------------------------------------------------------------------------------


def role(
    who: str,
    *statements: Mapping[str, Any],
    trust: Document | None = None,
    boundary: Document | None = None,
    managed: tuple[str, ...] = (),
) -> Steps:
    """A role (``workload/ci``) with an inline policy of these statements, AWS's ``managed`` policies, a boundary.

    Whoever is in its account may assume it, unless a trust policy is given.
    """
    account, name = who.split("/")
    iam = (account, "iam")
    trusted = policies.account_trust(f"{{{account}}}") if trust is None else trust
    limited = {"PermissionsBoundary": "{boundary}"} if boundary else {}
    made = {"RoleName": name, "AssumeRolePolicyDocument": _text(trusted), **limited}
    limit = {"PolicyName": f"{name}-limits", "PolicyDocument": _text(boundary or "")}
    attach = (Step(*iam, "attach_role_policy", {"RoleName": name, "PolicyArn": _managed(each)}) for each in managed)
    return (
        *((Step(*iam, "create_policy", limit, {"boundary": "Policy.Arn"}),) if boundary else ()),
        Step(*iam, "create_role", made),
        *(inline(who, *statements) if statements else ()),
        *attach,
    )


def _managed(name: str) -> str:
    return f"arn:aws:iam::aws:policy/{name}"


def inline(who: str, *statements: Mapping[str, Any], name: str = "permissions") -> Steps:
    """A role's inline policy becomes this."""
    account, role_name = who.split("/")
    parameters = {"RoleName": role_name, "PolicyName": name, "PolicyDocument": Json(document(*statements))}
    return (Step(account, "iam", "put_role_policy", parameters),)


def role_deleted(who: str) -> Steps:
    """A role with one inline policy is deleted."""
    account, name = who.split("/")
    inline_policy = {"RoleName": name, "PolicyName": "permissions"}
    return (
        Step(account, "iam", "delete_role_policy", inline_policy),
        Step(account, "iam", "delete_role", {"RoleName": name}),
    )


def execution_role(account: str = "workload", trust: Document | None = None) -> Steps:
    """The role that the function runs as; it has no rights."""
    return role(f"{account}/orders-role", trust=policies.lambda_trust() if trust is None else trust)


# -- Organizations -------------------------------------------------------------------------------------------------


def scp(policy: Document, target: str, name: str = "guard-rail") -> Steps:
    """The organization gets a service control policy, attached to an account (a placeholder) or unit."""
    return _organization_policy("SERVICE_CONTROL_POLICY", policy, target, name)


def rcp(policy: Document, target: str, name: str = "data-perimeter") -> Steps:
    """As `scp`, a resource control policy."""
    return _organization_policy("RESOURCE_CONTROL_POLICY", policy, target, name)


def _organization_policy(kind: str, policy: Document, target: str, name: str) -> Steps:
    parameters = {"Name": name, "Description": name, "Type": kind, "Content": _text(policy)}
    organizations, roots = ("management", "organizations"), {"root": "Roots.0.Id"}
    return (
        Step(*organizations, "list_roots", {}, roots),
        Step(*organizations, "enable_policy_type", {"RootId": "{root}", "PolicyType": kind}),
        Step(*organizations, "create_policy", parameters, {"policy_id": "Policy.PolicySummary.Id"}),
        Step(*organizations, "attach_policy", {"PolicyId": "{policy_id}", "TargetId": target}),
    )


def full_access_detached(target: str) -> Steps:
    """AWS's own SCP, which allows everything, is detached from an account or unit."""
    parameters = {"PolicyId": "p-FullAWSAccess", "TargetId": target}
    return (Step("management", "organizations", "detach_policy", parameters),)


# -- Functions, endpoints, time ------------------------------------------------------------------------------------


def function(
    account: str = "workload",
    image: str = "{image}",
    name: str = "orders",
    who: str = "",
    until: str = "function_active_v2",
) -> Steps:
    """A function is created and becomes Active; nobody waits for that where ``until`` is empty."""
    parameters = {
        "FunctionName": name,
        "Role": f"arn:aws:iam::{{{account}}}:role/orders-role",
        "PackageType": "Image",
        "Code": {"ImageUri": image},
    }
    return (Step(who or account, "lambda", "create_function", parameters, until=until),)


def created_in_vain(who: str = "workload", refused: str = "AccessDeniedException") -> Steps:
    """Somebody tries to create the function, and is refused."""
    account = who.partition("/")[0]
    created = function(account, name="orders", who=who)[0]
    return (created._replace(refused=refused, until=""),)


def invoked_in_vain(account: str = "workload", refused: str = "CodeArtifactUserPendingException") -> Steps:
    """Somebody invokes the function, and is refused."""
    return (Step(account, "lambda", "invoke", {"FunctionName": "orders"}, refused=refused),)


def time_passes(by: str) -> Steps:
    """The lab's clock moves, such as by ``+30d``."""
    return (Step("registry", LAB, "clock", {"by": by}),)


def takes_time(realistic: bool = True) -> Steps:
    """From now on what takes time on AWS takes time, such as until a policy is in force; or nothing does any more."""
    return (Step("registry", LAB, "takes_time", {"realistic": realistic}),)


def endpoint(policy: Document, account: str = "workload", service: str = "lambda") -> Steps:
    """The calls of an account to a service go through a VPC endpoint with this policy."""
    return (Step(account, LAB, "endpoint", {"service": service, "policy": _text(policy)}),)


# -- Whole places --------------------------------------------------------------------------------------------------


def across(policy: Document | None = BOTH, *more: Steps, push: str = "image") -> Steps:
    """The repository with an image and a policy, and in the workload account the function's role."""
    return sequence(repository(policy, push=push), execution_role(), *more)


def alone(policy: Document | None = SAME, *more: Steps, push: str = "image") -> Steps:
    """The same with everything in the registry's own account."""
    return sequence(repository(policy, push=push), execution_role("registry"), *more)


def pipeline(*statements: Mapping[str, Any], boundary: Document | None = None, who: str = CI) -> Steps:
    """A role that deploys: it may do everything with functions, and has these statements as well."""
    return role(who, *DEPLOYS, *statements, boundary=boundary)
