"""What shows that Lambda was let in before: earlier texts of the policy, records of CloudTrail, the function itself."""

from __future__ import annotations

from collections.abc import Iterator

from labkit.diagnosis.case import Case
from labkit.diagnosis.causes.sides import Side
from labkit.diagnosis.facts import Document, Event, Function, NotKnown
from labkit.errors import PolicyError
from labkit.iam import Policy
from labkit.pull.uri import ImageUri, InvalidImageUri

_PULLED = ("Active", "Inactive")
SET, DELETED = "SetRepositoryPolicy", "DeleteRepositoryPolicy"


def admitting(side: Side) -> tuple[str, ...]:
    """Sentences, one for each thing that shows that the repository's policy once let Lambda in; empty for none."""
    return (*_texts(side), *_function(side.case))


def events(case: Case, *names: str) -> Iterator[Event]:
    """What was done to the case's repository by these operations, the earliest first."""
    history, uri = case.facts.history, case.uri
    if isinstance(history, NotKnown) or uri is None:
        return
    for event in sorted(history, key=lambda each: each.time):
        owner = event.parameters.get("registryId") or uri.account
        ours = event.parameters.get("repositoryName") == uri.repository and owner == uri.account
        if ours and not event.error_code and event.name in names:
            yield event


def _texts(side: Side) -> Iterator[str]:
    case = side.case
    now = case.facts.repository_policy
    current = now.text if isinstance(now, Document) else ""
    for older in case.facts.older_policies:
        if older != current and _lets_in(case, older):
            yield "An older copy of the policy let Lambda in."
    for event in events(case, SET, DELETED):
        text = event.parameters.get("policyText")
        if event.name == SET and isinstance(text, str):
            if text != current and _lets_in(case, text):
                yield f"CloudTrail: {event.time:%Y-%m-%d %H:%M} UTC, SetRepositoryPolicy wrote one that let Lambda in."
        elif event.name == DELETED:
            by = f" by {event.principal}" if event.principal else ""
            yield f"CloudTrail: {event.time:%Y-%m-%d %H:%M} UTC, the policy was deleted{by}."


def _lets_in(case: Case, text: str) -> bool:
    question = case.question()
    if question is None:
        return False
    try:
        policy = Policy.parse(text, "an older copy")
    except PolicyError:
        return False
    return all(each.allowed for each in question.having(repository_policy=policy).decide(restoring=True).service)


def _function(case: Case) -> Iterator[str]:
    function = case.facts.function
    if isinstance(function, Function) and function.state in _PULLED and _is_from(function, case.uri):
        yield f"The function is {function.state}, and its image comes from this repository: Lambda got it once."


def _is_from(function: Function, uri: ImageUri | None) -> bool:
    try:
        image = ImageUri.parse(function.resolved_image or function.image)
    except InvalidImageUri:
        return False
    return uri is not None and image.repository_arn == uri.repository_arn
