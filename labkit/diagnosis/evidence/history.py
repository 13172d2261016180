"""What CloudTrail recorded, as events; and what they tell that nothing else does.

Source: CloudTrail User Guide, "CloudTrail record contents"; Amazon ECR User Guide, "Logging Amazon ECR actions with
AWS CloudTrail". Repositories that replication makes are made by its service-linked role (Amazon ECR User Guide,
"Amazon ECR service-linked role for replication").
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from labkit.diagnosis.evidence.answers import Answer, Answers
from labkit.diagnosis.evidence.folder import moment
from labkit.diagnosis.evidence.missing import NOT_COLLECTED, Call, not_known
from labkit.diagnosis.evidence.shapes import mapping, mappings, text
from labkit.diagnosis.facts import NOT_GIVEN, SESSION_POLICY, Document, Event, Layer, NotKnown
from labkit.iam import Principal
from labkit.pull.uri import ImageUri

_REPLICATION = ("replication.ecr.amazonaws.com", "AWSServiceRoleForECRReplication")


def history(answers: Answers, account: str) -> tuple[Event, ...] | NotKnown:
    """All recorded events, the oldest first; NotKnown where nobody could look. ``account`` owns the registry."""
    looked_up = answers.all("cloudtrail", "lookup-events")
    if not any(each.answer is not None for each in looked_up):
        refused = next(iter(looked_up), None)
        return not_known(NOT_GIVEN["history"].what, Call("cloudtrail", "lookup-events", account), refused)
    by_id = {name: event for answer in looked_up for name, event in _events(answer)}
    return tuple(sorted(by_id.values(), key=lambda event: event.time))


def _events(answer: Answer) -> Iterator[tuple[str, Event]]:
    """The events of one answer, which has the newest first, the oldest first."""
    for number, each in reversed([*enumerate(mappings(answer, "Events"))]):
        event = _event(each, answer.account)
        if event is not None:
            yield text(each, "EventId") or f"{answer.file} {number}", event


def _event(each: Any, asked: str) -> Event | None:
    try:
        record = json.loads(each["CloudTrailEvent"])
    except (TypeError, KeyError, ValueError, RecursionError):
        return None
    time = moment(record.get("eventTime")) if isinstance(record, Mapping) else None
    if time is None:
        return None
    return Event(
        time,
        text(record, "eventName"),
        text(record, "recipientAccountId") or asked,
        text(record, "userIdentity", "arn"),
        text(record, "userIdentity", "invokedBy"),
        text(record, "errorCode"),
        text(record, "errorMessage"),
        mapping(record, "requestParameters"),
    )


def of_repository(events: tuple[Event, ...] | NotKnown, uri: ImageUri) -> Iterator[Event]:
    """The events that name the image's repository and were done."""
    for event in events if not isinstance(events, NotKnown) else ():
        registry = event.parameters.get("registryId") or event.account
        named = event.parameters.get("repositoryName") == uri.repository
        if named and registry == uri.account and not event.error_code:
            yield event


def replicated(events: tuple[Event, ...] | NotKnown, uri: ImageUri) -> bool | None:
    """Whether replication made the repository; None where no event shows who made it."""
    made = [each for each in of_repository(events, uri) if each.name == "CreateRepository"]
    if not made:
        return None
    return any(name in f"{made[-1].principal} {made[-1].invoked_by}" for name in _REPLICATION)


def earlier_policies(events: tuple[Event, ...] | NotKnown, uri: ImageUri) -> tuple[str, ...]:
    """The texts that the repository's policy has had, the oldest first."""
    found = (each for each in of_repository(events, uri) if each.name == "SetRepositoryPolicy")
    return tuple(filter(None, dict.fromkeys(text(each.parameters, "policyText") for each in found)))


def session_policies(events: tuple[Event, ...] | NotKnown, who: Principal) -> Layer | None:
    """The policies with which a session was made, as its last AssumeRole passed them; None where none is recorded.

    A record has the request's Policy as text and of managed ones the ARNs alone, which are then not known.
    """
    made = [each for each in events if _makes(each, who)] if not isinstance(events, NotKnown) else []
    if not made:
        return None
    asked, account = made[-1].parameters, who.account or ""
    source = text(asked, "policy")
    inline = (Document(SESSION_POLICY, account, "session policy", source, True, who.arn, True),) if source else ()
    arns = [text(each, "arn") for each in mappings(asked, "policyArns")]
    ask = f"ask whoever may call iam:GetPolicyVersion in the account {account}"
    return Layer(inline, tuple(NotKnown(f"the session policy {arn}", ask, NOT_COLLECTED) for arn in arns))


def _makes(event: Event, who: Principal) -> bool:
    asked = (text(event.parameters, "roleArn").rpartition("/")[2], text(event.parameters, "roleSessionName"))
    return event.name == "AssumeRole" and not event.error_code and asked == tuple(who.arn.split("/")[-2:])
