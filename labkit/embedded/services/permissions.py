"""What a call needs: for every operation the IAM actions, the resources they act on, and who owns these.

After the Service Authorization Reference ("Actions, resources, and condition keys for ..."). One table per service; an
operation without a row cannot be called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from labkit.embedded.protocol.calls import Access, Call

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded

Needs = Callable[["Embedded", Call], list[Access]]


def accesses(embedded: Embedded, call: Call) -> list[Access] | None:
    """The permissions that ``call`` needs, all of them; None for an operation that has no row."""
    needs = TABLES[call.service].get(call.operation)
    return None if needs is None else needs(embedded, call)


# -- STS -----------------------------------------------------------------------------------------------------------


def _nothing(embedded: Embedded, call: Call) -> list[Access]:
    """No permission is needed, and none can be denied."""
    return []


def _assume_role(embedded: Embedded, call: Call) -> list[Access]:
    arn = call.params["RoleArn"]
    context = {"sts:RoleSessionName": call.params["RoleSessionName"]}
    if "ExternalId" in call.params:
        context["sts:ExternalId"] = call.params["ExternalId"]
    return [Access("sts:AssumeRole", arn, account_in(arn), context, policy="trust")]


STS: dict[str, Needs] = {
    "GetCallerIdentity": _nothing,
    "GetSessionToken": _nothing,
    "GetAccessKeyInfo": lambda _, call: [Access("sts:GetAccessKeyInfo", "*", call.account)],
    "AssumeRole": _assume_role,
}


# -- IAM -----------------------------------------------------------------------------------------------------------


def _entity(kind: str, parameter: str) -> Needs:
    """An operation on a role, user or group that exists (its real ARN, path included) or is to exist."""

    def needs(embedded: Embedded, call: Call) -> list[Access]:
        name = call.params.get(parameter) or call.identity.arn.rpartition("/")[2]
        arn = embedded.backend.arn_of(call.account, kind, name)
        arn = arn or f"arn:aws:iam::{call.account}:{kind}{call.params.get('Path', '/')}{name}"
        return [Access(f"iam:{call.operation}", arn, call.account, _iam_context(call))]

    return needs


def _iam_context(call: Call) -> dict[str, str | list[str]]:
    keys = {"PolicyArn": "iam:PolicyARN", "PermissionsBoundary": "iam:PermissionsBoundary"}
    context: dict[str, str | list[str]] = {
        key: call.params[parameter] for parameter, key in keys.items() if parameter in call.params
    }
    return {**context, **_request_tags(call.params.get("Tags", []))}


def _request_tags(tags: Iterable[dict[str, str]]) -> dict[str, str | list[str]]:
    named = {tag["Key"]: tag["Value"] for tag in tags if {"Key", "Value"} <= tag.keys()}
    keys: dict[str, str | list[str]] = {"aws:TagKeys": list(named)} if named else {}
    return {**{f"aws:RequestTag/{name}": value for name, value in named.items()}, **keys}


def _listing(kind: str) -> Needs:
    """A listing acts on the path below which it lists."""

    def needs(embedded: Embedded, call: Call) -> list[Access]:
        path = call.params.get("PathPrefix", "/")
        return [Access(f"iam:{call.operation}", f"arn:aws:iam::{call.account}:{kind}{path}", call.account)]

    return needs


def _new_policy(embedded: Embedded, call: Call) -> list[Access]:
    arn = f"arn:aws:iam::{call.account}:policy{call.params.get('Path', '/')}{call.params['PolicyName']}"
    return [Access("iam:CreatePolicy", arn, call.account, _iam_context(call))]


def _policy(embedded: Embedded, call: Call) -> list[Access]:
    return [Access(f"iam:{call.operation}", call.params["PolicyArn"], call.account)]


def _in_account(embedded: Embedded, call: Call) -> list[Access]:
    return [Access(f"{call.service}:{call.operation}", "*", call.account)]


_ROLE, _USER, _GROUP = _entity("role", "RoleName"), _entity("user", "UserName"), _entity("group", "GroupName")


def _rows(needs: Needs, operations: str) -> dict[str, Needs]:
    return dict.fromkeys(operations.split(), needs)


IAM: dict[str, Needs] = {
    **_rows(
        _ROLE,
        "CreateRole GetRole UpdateRole UpdateRoleDescription DeleteRole UpdateAssumeRolePolicy TagRole UntagRole "
        "ListRoleTags PutRolePolicy GetRolePolicy DeleteRolePolicy ListRolePolicies AttachRolePolicy DetachRolePolicy "
        "ListAttachedRolePolicies PutRolePermissionsBoundary DeleteRolePermissionsBoundary",
    ),
    **_rows(
        _USER,
        "CreateUser GetUser DeleteUser TagUser UntagUser ListUserTags PutUserPolicy GetUserPolicy DeleteUserPolicy "
        "ListUserPolicies AttachUserPolicy DetachUserPolicy ListAttachedUserPolicies ListGroupsForUser "
        "PutUserPermissionsBoundary DeleteUserPermissionsBoundary CreateAccessKey ListAccessKeys UpdateAccessKey "
        "DeleteAccessKey",
    ),
    **_rows(
        _GROUP,
        "CreateGroup GetGroup DeleteGroup AddUserToGroup RemoveUserFromGroup PutGroupPolicy GetGroupPolicy "
        "DeleteGroupPolicy ListGroupPolicies AttachGroupPolicy DetachGroupPolicy ListAttachedGroupPolicies",
    ),
    **_rows(
        _policy,
        "GetPolicy DeletePolicy CreatePolicyVersion GetPolicyVersion DeletePolicyVersion ListPolicyVersions "
        "SetDefaultPolicyVersion ListEntitiesForPolicy TagPolicy UntagPolicy ListPolicyTags",
    ),
    "CreatePolicy": _new_policy,
    "ListRoles": _listing("role"),
    "ListUsers": _listing("user"),
    "ListGroups": _listing("group"),
    "ListPolicies": _listing("policy"),
    **_rows(
        _in_account,
        "GetAccountSummary GetAccountAuthorizationDetails ListAccountAliases CreateAccountAlias DeleteAccountAlias",
    ),
}


# -- Organizations -------------------------------------------------------------------------------------------------

_ORGANIZATION_RESOURCES = {
    "AccountId": "account",
    "OrganizationalUnitId": "ou",
    "ParentId": "",
    "RootId": "root",
    "TargetId": "",
    "ChildId": "",
}
_ID_KINDS = {"ou-": "ou", "r-": "root"}


def _organization(embedded: Embedded, call: Call) -> list[Access]:
    place = embedded.backend.place(call.account)
    named = next((name for name in _ORGANIZATION_RESOURCES if name in call.params), None)
    if place is None or named is None:
        return _in_account(embedded, call)
    target = call.params[named]
    kind = next((kind for prefix, kind in _ID_KINDS.items() if target.startswith(prefix)), "account")
    arn = f"arn:aws:organizations::{place.management}:{kind}/{place.organization}/{target}"
    return [Access(f"organizations:{call.operation}", arn, call.account)]


ORGANIZATIONS: dict[str, Needs] = _rows(
    _organization,
    "DescribeOrganization CreateOrganization DeleteOrganization ListRoots CreateOrganizationalUnit "
    "UpdateOrganizationalUnit DeleteOrganizationalUnit DescribeOrganizationalUnit ListOrganizationalUnitsForParent "
    "CreateAccount DescribeAccount DescribeCreateAccountStatus ListCreateAccountStatus ListAccounts "
    "ListAccountsForParent MoveAccount RemoveAccountFromOrganization ListParents ListChildren CreatePolicy "
    "DescribePolicy UpdatePolicy DeletePolicy ListPolicies AttachPolicy DetachPolicy ListPoliciesForTarget "
    "ListTargetsForPolicy EnablePolicyType DisablePolicyType TagResource UntagResource ListTagsForResource",
)


# -- ECR -----------------------------------------------------------------------------------------------------------


def _registry(call: Call) -> str:
    return str(call.params.get("registryId") or call.account)


def _repository_access(call: Call, name: str, account: str) -> Access:
    arn = f"arn:aws:ecr:{call.region}:{account}:repository/{name}"
    context = _request_tags(call.params.get("tags", []))
    return Access(f"ecr:{call.operation}", arn, account, context, policy="repository")


def _repository(embedded: Embedded, call: Call) -> list[Access]:
    return [_repository_access(call, call.params["repositoryName"], _registry(call))]


def _repositories(embedded: Embedded, call: Call) -> list[Access]:
    names = call.params.get("repositoryNames") or ["*"]
    return [_repository_access(call, name, _registry(call)) for name in names]


def _repository_arn(embedded: Embedded, call: Call) -> list[Access]:
    arn = call.params["resourceArn"]
    context = _request_tags(call.params.get("tags", []))
    return [Access(f"ecr:{call.operation}", arn, account_in(arn), context, policy="repository")]


ECR: dict[str, Needs] = {
    **_rows(
        _repository,
        "CreateRepository DeleteRepository SetRepositoryPolicy GetRepositoryPolicy DeleteRepositoryPolicy "
        "InitiateLayerUpload UploadLayerPart CompleteLayerUpload BatchCheckLayerAvailability GetDownloadUrlForLayer "
        "PutImage BatchGetImage BatchDeleteImage ListImages DescribeImages PutImageTagMutability "
        "PutImageScanningConfiguration GetLifecyclePolicy PutLifecyclePolicy DeleteLifecyclePolicy",
    ),
    **_rows(_repository_arn, "TagResource UntagResource ListTagsForResource"),
    **_rows(
        _in_account,
        "GetAuthorizationToken DescribeRegistry GetRegistryPolicy PutRegistryPolicy DeleteRegistryPolicy",
    ),
    "DescribeRepositories": _repositories,
}


# -- Lambda --------------------------------------------------------------------------------------------------------


def _function(action: str | None = None) -> Needs:
    def needs(embedded: Embedded, call: Call) -> list[Access]:
        arn = function_arn(call)
        access = Access(f"lambda:{action or call.operation}", arn, account_in(arn), _lambda_tags(call))
        return [access, *_pass_role(call)]

    return needs


def _pass_role(call: Call) -> list[Access]:
    role = call.params.get("Role")
    if not role:
        return []
    # Whether the caller may pass a role at all is its own account's matter; that a role of another account cannot be
    # passed is the handler's answer.
    return [Access("iam:PassRole", role, call.account, {"iam:PassedToService": "lambda.amazonaws.com"})]


def _lambda_tags(call: Call) -> dict[str, str | list[str]]:
    tags = call.params.get("Tags") or {}
    return _request_tags({"Key": name, "Value": value} for name, value in tags.items())


def _lambda_resource(parameter: str) -> Needs:
    def needs(embedded: Embedded, call: Call) -> list[Access]:
        arn = call.params[parameter]
        return [Access(f"lambda:{call.operation}", arn, account_in(arn), _lambda_tags(call))]

    return needs


def function_arn(call: Call) -> str:
    """The ARN of the function that ``FunctionName`` (a name, a partial or a whole ARN) and ``Qualifier`` name."""
    name, qualifier = call.params["FunctionName"], call.params.get("Qualifier")
    parts = name.split(":")
    if name.startswith("arn:"):
        prefix, tail = parts[:6], parts[6:]
    elif len(parts) >= 3 and parts[1] == "function":
        prefix, tail = ["arn", "aws", "lambda", call.region, parts[0], "function"], parts[2:]
    else:
        prefix, tail = ["arn", "aws", "lambda", call.region, call.account, "function"], parts
    if qualifier and len(tail) == 1:
        tail = [*tail, qualifier]
    return ":".join([*prefix, *tail])


LAMBDA: dict[str, Needs] = {
    **_rows(
        _function(),
        "CreateFunction GetFunction GetFunctionConfiguration UpdateFunctionCode UpdateFunctionConfiguration "
        "DeleteFunction ListVersionsByFunction PublishVersion GetPolicy AddPermission RemovePermission "
        "GetFunctionConcurrency PutFunctionConcurrency DeleteFunctionConcurrency CreateAlias GetAlias UpdateAlias "
        "DeleteAlias ListAliases",
    ),
    "Invoke": _function("InvokeFunction"),
    **_rows(_lambda_resource("Resource"), "TagResource UntagResource ListTags"),
    **_rows(_in_account, "ListFunctions GetAccountSettings"),
}

TABLES: dict[str, dict[str, Needs]] = {
    "sts": STS,
    "iam": IAM,
    "organizations": ORGANIZATIONS,
    "ecr": ECR,
    "lambda": LAMBDA,
}


def account_in(arn: Any) -> str | None:
    """The account in an ARN, or None where there is none."""
    parts = str(arn).split(":", 5)
    return parts[4] if len(parts) == 6 and parts[4].isdecimal() else None
