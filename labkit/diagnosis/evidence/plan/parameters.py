"""What each row of the table asks with: functions from a `Subject` to the parameters of the calls to make now."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from labkit.diagnosis.evidence.answers import Answers
from labkit.diagnosis.evidence.organizations import FILTERS
from labkit.diagnosis.evidence.plan.subject import CALLER, REGISTRY, Params, Subject
from labkit.diagnosis.evidence.principals import Holder
from labkit.diagnosis.evidence.registries import SCOPE, manifest_of
from labkit.diagnosis.evidence.shapes import mappings, text, texts

MEDIA_TYPES = (
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.index.v1+json",
)


def nothing(_: Subject) -> Params:
    """No parameters."""
    return [{}]


def repository(subject: Subject) -> Params:
    """The image's repository."""
    if subject.uri is None:
        return []
    return [{"registryId": subject.uri.account, "repositoryName": subject.uri.repository}]


def with_image(more: Mapping[str, Any]) -> Callable[[Subject], Params]:
    """The image in its repository, with ``more``."""

    def params(subject: Subject) -> Params:
        uri = subject.uri
        if uri is None:
            return []
        named = {"imageDigest": uri.digest} if uri.digest else {"imageTag": uri.tag}
        return [{**each, "imageIds": [named], **more} for each in repository(subject)]

    return params


def configuration(subject: Subject) -> Params:
    """The layer that is the image's configuration, as its manifest names it."""
    if subject.uri is None:
        return
    for named in repository(subject):
        for answer in subject.answers.every("ecr", "batch-get-image", named):
            for image in mappings(answer, "images"):
                digest = text(manifest_of(image), "config", "digest")
                if digest:
                    yield {**named, "layerDigest": digest}
                    return


def if_word(which: str, word: str) -> Callable[[Subject], Params]:
    """The caller or the role (``which``), where it is a ``word``: a role or a user."""

    def params(subject: Subject) -> Params:
        holder = getattr(subject, which)
        return [holder.params] if holder and holder.word == word else []

    return params


def inline(which: str, word: str) -> Callable[[Subject], Params]:
    """Each policy that is written into the caller or the role, or into its groups."""

    def params(subject: Subject) -> Params:
        for holder in _holders(subject, which, word):
            answer = subject.answers.find("iam", f"list-{word}-policies", holder.params, holder.account)
            for name in texts(answer, "PolicyNames"):
                yield {**holder.params, "PolicyName": name}

    return params


def _holders(subject: Subject, which: str, word: str) -> Iterator[Holder]:
    holder: Holder | None = getattr(subject, which)
    if holder is None:
        return
    if holder.word == word:
        yield holder
    elif word == "group":
        answer = subject.answers.find("iam", "list-groups-for-user", holder.params, holder.account)
        for each in mappings(answer, "Groups"):
            yield Holder("group", text(each, "GroupName"), holder.account)


def of_groups(subject: Subject) -> Params:
    """Each group of the caller."""
    return [holder.params for holder in _holders(subject, "caller", "group")]


def managed(which: str) -> Callable[[Subject], Params]:
    """The policies that are attached, and the boundary."""

    def params(subject: Subject) -> Params:
        arns: list[str] = []
        for word in ("role", "user", "group"):
            for holder in _holders(subject, which, word):
                operation = f"list-attached-{word}-policies"
                answer = subject.answers.find("iam", operation, holder.params, holder.account)
                arns += [text(each, "PolicyArn") for each in mappings(answer, "AttachedPolicies")]
                if word != "group":
                    arns += _boundary(subject, holder)
        return [{"PolicyArn": arn} for arn in dict.fromkeys(arns)]

    return params


def _boundary(subject: Subject, holder: Holder) -> list[str]:
    answer = subject.answers.find("iam", f"get-{holder.word}", holder.params, holder.account)
    arn = text(answer, holder.word.capitalize(), "PermissionsBoundary", "PermissionsBoundaryArn")
    return [arn] if arn else []


def versions(which: str) -> Callable[[Subject], Params]:
    """The version in force of each attached policy."""

    def params(subject: Subject) -> Params:
        for named in managed(which)(subject):
            answer = subject.answers.find("iam", "get-policy", named)
            version = text(answer, "Policy", "DefaultVersionId")
            if version:
                yield {**named, "VersionId": version}

    return params


def _accounts(subject: Subject) -> list[str]:
    """The accounts whose place in the organization matters."""
    found = (subject.account, subject.account_of(CALLER), subject.account_of(REGISTRY))
    return [each for each in dict.fromkeys(found) if each]


def climbed(answers: Answers, account: str) -> list[str]:
    """An account and the units above it, as far as they have been answered."""
    steps = [account]
    while len(steps) < 8:
        answer = answers.find("organizations", "list-parents", {"ChildId": steps[-1]})
        parents = mappings(answer, "Parents")
        if not parents:
            return steps
        steps.append(text(parents[0], "Id"))
        if parents[0].get("Type") == "ROOT":
            return steps
    return steps


def children(subject: Subject) -> Params:
    """What is climbed from: grows while it is answered."""
    done: set[str] = set()
    while True:
        found = [step for account in _accounts(subject) for step in climbed(subject.answers, account)]
        fresh = [each for each in dict.fromkeys(found) if each not in done and not each.startswith("r-")]
        if not fresh:
            return
        done.add(fresh[0])
        yield {"ChildId": fresh[0]}


def targets(kind: str) -> Callable[[Subject], Params]:
    """The account and the units above it, for SCPs the caller's, for RCPs the registry's."""

    def params(subject: Subject) -> Params:
        account = subject.account_of(CALLER if kind == "scp" else REGISTRY)
        targets = climbed(subject.answers, account) if account else []
        return [{"TargetId": each, "Filter": FILTERS[kind]} for each in targets if len(targets) > 1]

    return params


def policies(subject: Subject) -> Params:
    """Each policy that is attached somewhere."""
    found: list[str] = []
    for answer in subject.answers.all("organizations", "list-policies-for-target"):
        found += [text(each, "Id") for each in mappings(answer, "Policies")]
    return [{"PolicyId": each} for each in dict.fromkeys(found)]


def _events(attribute: str, value: str) -> Params:
    return [{"LookupAttributes": [{"AttributeKey": attribute, "AttributeValue": value}]}]


def of_repository(subject: Subject) -> Params:
    """Events that name the image's repository."""
    return _events("ResourceName", subject.uri.repository_arn) if subject.uri else []


def of_caller(subject: Subject) -> Params:
    """Events that name the caller's role or user."""
    return _events("ResourceName", subject.caller.name) if subject.caller else []


def of_session(subject: Subject) -> Params:
    """The making of sessions, where the caller is one."""
    who = subject.question.caller
    return _events("EventName", "AssumeRole") if who is not None and who.kind == "session" else []


def named(name: str) -> Callable[[Subject], Params]:
    """Events of a name."""
    return lambda _subject: _events("EventName", name)


def function(subject: Subject) -> Params:
    """The function."""
    ref = subject.question.function
    return [{"FunctionName": ref.unqualified.arn}] if ref is not None else []


def registry(subject: Subject) -> Params:
    """The image's registry."""
    return [{"registryId": subject.uri.account}] if subject.uri else []


def scope(_: Subject) -> Params:
    """The setting that says what a registry policy may say."""
    return [{"name": SCOPE}]


def resource(subject: Subject) -> Params:
    """The image's repository, by its ARN."""
    return [{"resourceArn": subject.uri.repository_arn}] if subject.uri else []
