"""The table of reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from labkit.diagnosis.evidence.organizations import FILTERS
from labkit.diagnosis.evidence.plan import parameters as p
from labkit.diagnosis.evidence.plan.subject import CALLER, MANAGEMENT, REGISTRY, WORKLOAD, Params, Step, Subject

GLOBAL_EVENTS = "us-east-1"
"""Where CloudTrail has the events of IAM (IAM User Guide, "Logging IAM and AWS STS API calls")."""
_NEWEST = 50  # events of one lookup: what happened last is what matters


def _iam(side: str, which: str, who: str) -> Iterator[Step]:
    """The reads of a role's or user's policies."""
    own, attached = f"the {who}'s policies", f"the policies attached to the {who}"
    for word in ("role", "user") if which == "caller" else ("role",):
        about, listed = p.if_word(which, word), f"who the {who} is, and its boundary"
        yield Step(side, "iam", f"get-{word}", listed, about)
        yield Step(side, "iam", f"list-attached-{word}-policies", attached, about)
        yield Step(side, "iam", f"list-{word}-policies", own, about)
        shown = {f"{word.capitalize()}Name": f"<the {who}>", "PolicyName": "<each>"}
        yield Step(side, "iam", f"get-{word}-policy", own, p.inline(which, word), "policy written into it", shown)
    if which == "caller":
        groups = "the policies of the groups of a user"
        each, shown = "group of the user", {"GroupName": "<each group>"}
        yield Step(side, "iam", "list-groups-for-user", groups, p.if_word(which, "user"))
        yield Step(side, "iam", "list-attached-group-policies", groups, p.of_groups, each, shown)
        yield Step(side, "iam", "list-group-policies", groups, p.of_groups, each, shown)
        inline = {**shown, "PolicyName": "<each>"}
        yield Step(side, "iam", "get-group-policy", groups, p.inline(which, "group"), each, inline)
    shown = {"PolicyArn": "<each attached policy>"}
    yield Step(side, "iam", "get-policy", attached, p.managed(which), "attached policy and boundary", shown)
    shown = {**shown, "VersionId": "<its default version>"}
    yield Step(side, "iam", "get-policy-version", attached, p.versions(which), "attached policy and boundary", shown)


def _table() -> Iterator[Step]:
    for side in (WORKLOAD, REGISTRY, MANAGEMENT):
        yield Step(side, "sts", "get-caller-identity", "whose profile it is", p.nothing, needs="")
    yield Step(WORKLOAD, "lambda", "get-function", "whether it is there, its state, image and role", p.function)
    yield Step(REGISTRY, "ecr", "get-repository-policy", "the repository policy", p.repository)
    yield Step(REGISTRY, "ecr", "get-registry-policy", "the registry policy", p.nothing)
    yield Step(REGISTRY, "ecr", "get-account-setting", "what a registry policy may say", p.scope)
    yield Step(REGISTRY, "ecr", "describe-images", "whether the image is there, and archived", p.with_image({}))
    manifest = p.with_image({"acceptedMediaTypes": list(p.MEDIA_TYPES)})
    yield Step(REGISTRY, "ecr", "batch-get-image", "the image's manifest", manifest)
    each = "configuration of the image"
    shown = {"repositoryName": "<the repository>", "layerDigest": "<the configuration>"}
    yield Step(REGISTRY, "ecr", "get-download-url-for-layer", "the image's architecture", p.configuration, each, shown)
    yield Step(REGISTRY, "ecr", "list-tags-for-resource", "tags that policies ask for", p.resource)
    yield Step(REGISTRY, "ecr", "get-lifecycle-policy", "what deletes or archives images", p.repository)
    yield Step(REGISTRY, "ecr", "describe-pull-through-cache-rules", "whether a rule fills the repository", p.registry)
    yield from _iam(CALLER, "caller", "caller")
    yield from _iam(WORKLOAD, "role", "execution role")
    for side in (WORKLOAD, REGISTRY):
        yield Step(side, "organizations", "describe-organization", "which organization the account is in", p.nothing)
    each, shown = "account, and unit above it", {"ChildId": "<each>"}
    yield Step(MANAGEMENT, "organizations", "list-parents", "where the accounts stand", p.children, each, shown)
    for kind in FILTERS:
        why, shown = f"the {kind.upper()}s in force", {"TargetId": "<each>", "Filter": FILTERS[kind]}
        listing = "list-policies-for-target"
        yield Step(MANAGEMENT, "organizations", listing, why, p.targets(kind), "account, and unit above it", shown)
    shown = {"PolicyId": "<each>"}
    yield Step(MANAGEMENT, "organizations", "describe-policy", "what they say", p.policies, "such policy", shown)
    yield from _trail()


def _trail() -> Iterator[Step]:
    def looked(side: str, why: str, params: Callable[[Subject], Params], region: str = "") -> Step:
        return Step(side, "cloudtrail", "lookup-events", why, params, region=region, most=_NEWEST)

    done = "what was done to the repository, and refused on it"
    yield looked(REGISTRY, done, p.of_repository)
    for name in (
        "CreateRepository",
        "SetRepositoryPolicy",
        "DeleteRepositoryPolicy",
        "PutImage",
        "BatchDeleteImage",
        "PolicyExecutionEvent",
    ):
        yield looked(REGISTRY, done, p.named(name))
    yield looked(WORKLOAD, "what the caller was refused", p.of_repository)
    for name in ("CreateFunction20150331", "UpdateFunctionCode20150331v2"):
        yield looked(WORKLOAD, "refusals of the function's creation or update", p.named(name))
    yield looked(CALLER, "session policies, where the caller is a session", p.of_session)
    yield looked(CALLER, "changes of the caller's policies", p.of_caller, GLOBAL_EVENTS)


STEPS: tuple[Step, ...] = tuple(_table())
"""All reads, in their order."""
