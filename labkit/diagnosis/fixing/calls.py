"""Causes that a call mends: which one, with which parameters, and how the facts stand once it is made.

A call is service, operation and parameters, as the aws CLI and boto3 name them. ``docker`` stands for the image being
built and pushed, which AWS has no call for. Functions are created, updated and invoked last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from labkit.diagnosis import facts as f
from labkit.diagnosis.case import Case
from labkit.diagnosis.facts import Child, Document, Facts, Function, Image, Repository
from labkit.diagnosis.fixing.layout import fresh
from labkit.diagnosis.result import Cause, Change
from labkit.iam import arn as arns
from labkit.pull.policies import lambda_trust
from labkit.pull.uri import ImageUri, InvalidImageUri

Call = tuple[str, str, Mapping[str, Any]]

_DOCKER_V2 = "application/vnd.docker.distribution.manifest.v2+json"
_PLATFORMS = {"arm64": "arm64", "x86_64": "amd64"}
"""From an architecture of Lambda to that of an image."""


def calls(case: Case, cause: Cause) -> tuple[Change, ...]:
    """The calls that mend a cause; empty for one that no call mends."""
    make = _CALLS.get(cause.id)
    if make is None:
        return ()
    return tuple(
        Change(f.CALL, _account(case, cause, call), cause.where.name, call=call, causes=(cause.id,), guard_rail=guard)
        for call in make(case, cause)
        for guard in (call[1] == "put-account-setting",)
    )


def _account(case: Case, cause: Cause, call: Call) -> str:
    """Where a call is made: a function's in its account, every other where the cause lies."""
    function = case.facts.question.function
    return function.account if call[0] == "lambda" and function is not None else cause.where.account


def is_last(change: Change) -> bool:
    """Whether a call comes after all documents."""
    return change.call is not None and change.call[0] == "lambda"


def architecture(facts: Facts) -> str:
    """The architecture of the function, as images name it; amd64 where nothing says otherwise, as with Lambda."""
    function = facts.function
    named = function.architectures[0] if isinstance(function, Function) and function.architectures else "x86_64"
    return _PLATFORMS.get(named, named)


def child_for(facts: Facts) -> Child | None:
    """The manifest of an image index that is for the function's architecture."""
    children = facts.image.children if isinstance(facts.image, Image) else ()
    wanted = architecture(facts)
    return next((each for each in children if each.os == "linux" and each.architecture == wanted), None)


def _archived(case: Case, cause: Cause) -> Iterator[Call]:
    uri, image = case.uri, case.facts.image
    if uri is None or not isinstance(image, Image) or image.status != "ARCHIVED":
        return  # one that is being restored needs nothing but time
    which = {"imageDigest": image.digest} if image.digest else _id_of(uri)
    yield (
        *("ecr", "update-image-storage-class"),
        {
            "registryId": uri.account,
            "repositoryName": uri.repository,
            "imageId": which,
            "targetStorageClass": "STANDARD",
        },
    )


def _id_of(uri: ImageUri) -> dict[str, str]:
    return {"imageDigest": uri.digest} if uri.digest else {"imageTag": uri.tag or ""}


def _repository(case: Case, cause: Cause) -> Iterator[Call]:
    if case.uri is not None:
        yield "ecr", "create-repository", {"repositoryName": case.uri.repository}
        yield from _push(case, cause)


def _push(case: Case, cause: Cause) -> Iterator[Call]:
    """The image is pushed again; by a digest it does not come back, so that the function is pointed at its tag."""
    if case.uri is None:
        return
    pushed = replace(case.uri, tag=case.uri.tag or "latest", digest=None)
    yield "docker", "push", {"image": str(pushed)}
    there = isinstance(case.facts.function, Function)
    if there or case.uri.digest is not None:
        yield from _point(case, str(pushed))


def _rebuild(case: Case, cause: Cause) -> Iterator[Call]:
    """One image, of one platform, in media types that Lambda takes."""
    if case.uri is None:
        return
    pushed = replace(case.uri, tag=case.uri.tag or "latest", digest=None)
    options = {
        "tag": str(pushed),
        "platform": f"linux/{architecture(case.facts)}",
        "provenance": "false",
        "output": "type=registry,compression=gzip,force-compression=true",
    }
    yield "docker", "buildx build", options
    if isinstance(case.facts.function, Function):
        yield from _point(case, str(pushed))


def _index(case: Case, cause: Cause) -> Iterator[Call]:
    """Without a rebuild: the child manifest gets a tag, which keeps it, and the function its digest."""
    uri, child = case.uri, child_for(case.facts)
    if uri is None or child is None:
        yield from _rebuild(case, cause)
        return
    tag = f"{uri.tag or 'image'}-{child.architecture}"[-128:]
    where = {"registryId": uri.account, "repositoryName": uri.repository}
    yield "ecr", "put-image", {**where, "imageTag": tag, "imageDigest": child.digest}
    yield from _point(case, uri.at(child.digest))


def _point(case: Case, image: str) -> Iterator[Call]:
    """Creates the function with another image, or updates it to that."""
    question = case.facts.question
    if question.function is None:
        return
    name = str(question.function.unqualified)
    if question.operation != f.CREATE or isinstance(case.facts.function, Function):
        yield "lambda", "update-function-code", {"FunctionName": name, "ImageUri": image}
    else:
        role = {"Role": question.execution_role} if question.execution_role else {}
        what = {"FunctionName": question.function.name, "PackageType": "Image", "Code": {"ImageUri": image}}
        yield "lambda", "create-function", {**what, **role}


def _uri(case: Case, cause: Cause) -> Iterator[Call]:
    right = right_uri(case.facts.question.image)
    if right is not None:
        yield from _point(case, right)


def right_uri(text: str) -> str | None:
    """The URI that is meant by one that Lambda does not take; None where that cannot be told.

    Another door of the same registry (FIPS, dual-stack) and a missing tag can; an image of another registry has to be
    copied to a private repository first.
    """
    for candidate in (text.removeprefix("https://").rstrip("/"), f"{text.removeprefix('https://').rstrip('/')}:latest"):
        try:
            found = ImageUri.parse(candidate)
        except InvalidImageUri:
            continue
        plain = str(replace(found, dual_stack=False, fips=False))
        return plain if plain != text else None
    return None


def _inactive(case: Case, cause: Cause) -> Iterator[Call]:
    """An idle function comes back by being invoked, every other one by being updated."""
    function, found = case.facts.question.function, case.facts.function
    if function is None or not isinstance(found, Function):
        return
    if found.state_reason_code == "Idle":
        yield "lambda", "invoke", {"FunctionName": str(function.unqualified)}
    else:
        yield from _point(case, case.facts.question.image)


def _role(case: Case, cause: Cause) -> Iterator[Call]:
    """The execution role where there is none."""
    role = arns.split(case.facts.question.execution_role or "")
    if case.facts.trust is None and role is not None:
        path = role.resource_id.rpartition("/")[0]
        parameters = {"RoleName": role.name, "AssumeRolePolicyDocument": fresh(lambda_trust())}
        yield "iam", "create-role", {**parameters, "Path": f"/{path}/"} if path else parameters


def _scope(case: Case, cause: Cause) -> Iterator[Call]:
    if case.facts.registry_scope == "V1":
        yield "ecr", "put-account-setting", {"name": "REGISTRY_POLICY_SCOPE", "value": "V2"}


_CALLS: dict[str, Callable[[Case, Cause], Iterator[Call]]] = {
    "image-uri": _uri,
    "repository-missing": _repository,
    "image-missing": _push,
    "image-deleted": _push,
    "image-archived": _archived,
    "image-index": _index,
    "image-format": _rebuild,
    "image-too-large": _rebuild,
    "function-inactive": _inactive,
    "role-not-assumable": _role,
    "registry-policy": _scope,
}


def made(facts: Facts, changes: tuple[Change, ...]) -> Facts:
    """The facts as they are once the calls among the changes are made."""
    for change in changes:
        if change.call is not None:
            service, operation, parameters = change.call
            facts = _MADE[f"{service} {operation}"](facts, parameters)
    return facts


def _pushed(facts: Facts, parameters: Mapping[str, Any]) -> Facts:
    return facts.having(image=Image("", _DOCKER_V2, architecture=architecture(facts)))


def _created(facts: Facts, parameters: Mapping[str, Any]) -> Facts:
    policy = facts.repository_policy if isinstance(facts.repository_policy, Document) else None
    return facts.having(repository=Repository(), repository_policy=policy)


def _pointed(facts: Facts, parameters: Mapping[str, Any]) -> Facts:
    uri = parameters.get("ImageUri") or parameters["Code"]["ImageUri"]
    child = child_for(facts)
    image = facts.image
    if child is not None and uri.endswith(child.digest):
        image = Image(child.digest, _DOCKER_V2, architecture=child.architecture)
    old = facts.function
    function = Function(image=uri, architectures=old.architectures, role=old.role) if isinstance(old, Function) else old
    return facts.having(question=replace(facts.question, image=uri), image=image, function=function)


def _invoked(facts: Facts, parameters: Mapping[str, Any]) -> Facts:
    if not isinstance(facts.function, Function):
        return facts
    return facts.having(function=replace(facts.function, state="Active", state_reason="", state_reason_code=""))


def _restored(facts: Facts, parameters: Mapping[str, Any]) -> Facts:
    return facts.having(image=replace(facts.image, status="ACTIVE")) if isinstance(facts.image, Image) else facts


def _trusted(facts: Facts, parameters: Mapping[str, Any]) -> Facts:
    role = facts.question.execution_role or ""
    text = parameters["AssumeRolePolicyDocument"]
    return facts.having(trust=Document(f.TRUST_POLICY, arns.account_of(role) or "", role, text))


_MADE: dict[str, Callable[[Facts, Mapping[str, Any]], Facts]] = {
    "docker push": _pushed,
    "docker buildx build": _pushed,
    "ecr create-repository": _created,
    "ecr put-image": lambda facts, _parameters: facts,
    "ecr update-image-storage-class": _restored,
    "ecr put-account-setting": lambda facts, parameters: facts.having(registry_scope=parameters["value"]),
    "iam create-role": _trusted,
    "lambda create-function": _pointed,
    "lambda update-function-code": _pointed,
    "lambda invoke": _invoked,
}
