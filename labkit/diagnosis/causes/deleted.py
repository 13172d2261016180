"""What shows that an image was there and is gone: the function, CloudTrail, a rule of the lifecycle policy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from labkit.diagnosis.case import Case
from labkit.diagnosis.causes.earlier import events
from labkit.diagnosis.facts import Function, Repository
from labkit.diagnosis.result import CERTAIN, LIKELY
from labkit.pull.lifecycle import rules as lifecycle_rules
from labkit.pull.lifecycle.evaluation import Candidate, evaluate
from labkit.pull.uri import ImageUri

_SHOWING = ("PutImage", "BatchDeleteImage")  # a read that names it shows nothing: whoever diagnoses reads too
_BY_RULE = "PolicyExecutionEvent"
_LONG_AGO = timedelta(days=4000)
_GONE = "image that was there"
_MOST = 1000


def evidence(case: Case, uri: ImageUri) -> tuple[tuple[str, ...], str]:
    """Sentences that show it, none where nothing does, and how sure they make it."""
    sure = (*_function(case, uri), *_recorded(case, uri))
    return (sure, CERTAIN) if sure else (tuple(_rule(case, uri)), LIKELY)


def _function(case: Case, uri: ImageUri) -> Iterator[str]:
    function = case.facts.function
    if not isinstance(function, Function):
        return
    if function.image == str(uri) or (uri.digest and function.resolved_image.endswith(uri.digest)):
        yield f"The function was made from it: {function.resolved_image or function.image}."
    if "ImageDeleted" in (function.state_reason_code, function.update_reason_code):
        yield f"Lambda says: {function.state_reason or function.update_reason}"


def _recorded(case: Case, uri: ImageUri) -> Iterator[str]:
    for event in events(case, *_SHOWING):
        if _names(event.parameters, uri):
            by = f" by {event.principal}" if event.principal else ""
            yield f"CloudTrail: {event.time:%Y-%m-%d %H:%M} UTC, {event.name}{by} names it."
    for event in events(case, _BY_RULE):
        if _names(event.parameters, uri):
            yield f"CloudTrail: {event.time:%Y-%m-%d %H:%M} UTC, the lifecycle policy took it."


def _names(value: Any, uri: ImageUri) -> bool:
    """Whether the image's tag or digest stands somewhere in the parameters, as PutImage and its like name it."""
    if isinstance(value, Mapping):
        tags = (value.get("imageTag"), *_listed(value.get("imageTags")))
        if (uri.tag and uri.tag in tags) or (uri.digest and value.get("imageDigest") == uri.digest):
            return True
        return any(_names(each, uri) for each in value.values())
    return isinstance(value, list | tuple) and any(_names(each, uri) for each in value)


def _listed(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, list | tuple) else ()


def _rule(case: Case, uri: ImageUri) -> Iterator[str]:
    """A rule that takes an image with this tag (by digest: without one) once it is old, or one of many."""
    repository = case.facts.repository
    if not isinstance(repository, Repository) or not repository.lifecycle:
        return
    try:
        rules = lifecycle_rules.parse(repository.lifecycle)
    except lifecycle_rules.LifecyclePolicyError:
        return
    now = case.facts.now or datetime.now(UTC)
    tags = (uri.tag,) if uri.tag else ()
    many = min(_MOST, max((rule.number for rule in rules if rule.count_type == "imageCountMoreThan"), default=0))
    newer = [Candidate(f"newer {number}", now, tags) for number in range(many)]
    old = Candidate(_GONE, now - _LONG_AGO, tags)
    for step in evaluate(rules, [old, *newer], now):
        if step.digest == _GONE and step.action == "expire":
            yield f"Rule {step.priority} of the repository's lifecycle policy takes such an image."
