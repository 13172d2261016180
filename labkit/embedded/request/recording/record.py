"""One event of one account: CloudTrail's record of a call, and what it is found by.

Source: CloudTrail User Guide, "CloudTrail record contents for management, data, and network activity events". Left out
is ``tlsDetails``: the lab's endpoint speaks HTTP on the loopback.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from labkit.embedded.protocol.calls import Call, ServiceError
from labkit.embedded.protocol.models import operation_model
from labkit.embedded.request.recording import names
from labkit.embedded.request.recording.events import Event
from labkit.embedded.request.recording.identity import from_elsewhere, user_identity, username
from labkit.embedded.request.recording.resources import found_by, in_record
from labkit.embedded.request.recording.values import shown
from labkit.embedded.state.clock import iso
from labkit.iam import CheckEffect
from labkit.iam.words.explain import check_sentence

_VERSION = "1.11"
# What answers although nothing is changed: the credentials' ids of these (IAM User Guide, examples of log entries).
_ANSWERS = frozenset({"AssumeRole", "AssumeRoleWithWebIdentity", "AssumeRoleWithSAML", "GetSessionToken"})
_SILENT_WHEN_DENIED = frozenset({"iam", "lambda"})  # of a denied call their events show no parameters


@dataclass(frozen=True)
class Outcome:
    """What became of a call: at which moment, what was answered, or with which error it was refused."""

    moment: datetime
    output: Mapping[str, Any] | None = None
    error: ServiceError | None = None

    @property
    def denied(self) -> bool:
        """Whether somebody was not allowed to do this."""
        return self.error is not None and names.error_code("", self.error.code) == "AccessDenied"


def made(call: Call, outcome: Outcome, recipient: str, shared: str | None = None) -> Event:
    """The event that the account ``recipient`` gets; ``shared`` is the id that another account's event has too."""
    category, reads = names.category(call.service, call.operation), names.reads(call.operation)
    resource, owner = subject(call)
    own = recipient == call.account or not call.identity.principal.is_iam
    data = category == names.DATA
    stand_in = call.origin.shown_as or call.origin.forwarded_by
    record: dict[str, Any] = {
        "eventVersion": _VERSION,
        "userIdentity": user_identity(call) if own else from_elsewhere(call),
        "eventTime": iso(outcome.moment),
        "eventSource": f"{call.service}.amazonaws.com",
        "eventName": names.event_name(call.service, call.operation),
        "awsRegion": names.region_of(call.service, call.region),
        "sourceIPAddress": stand_in or call.origin.peer,
        "userAgent": stand_in or call.origin.user_agent,
        **_error(call, outcome),
        **_elements(call, outcome, reads),
        "requestID": call.request_id,
        "eventID": str(uuid4()),
        "readOnly": reads,
    }
    if listed := in_record(call, resource, owner, data):
        record["resources"] = listed
    record |= {"eventType": "AwsApiCall", "managementEvent": not data, "recipientAccountId": recipient}
    if shared:
        record["sharedEventID"] = shared
    record["eventCategory"] = category
    return Event(
        id=record["eventID"],
        account=recipient,
        region=record["awsRegion"],
        service=call.service,
        operation=record["eventName"],
        moment=outcome.moment,
        record=json.dumps(record, separators=(",", ":")),
        category=category,
        read_only=reads,
        username=username(call) if own else None,
        access_key=(call.identity.access_key or None) if own else None,
        resource=resource or "*",
        reason=_reason(call, outcome),
        resources=found_by(call, None if reads and call.operation not in _ANSWERS else outcome.output, resource),
    )


def subject(call: Call) -> tuple[str | None, str]:
    """What a call was authorized on, and the account that owns it; None and the caller's for what needs no permission.

    Where it was denied, that on which it was.
    """
    if not call.decisions:
        return None, call.account
    denied = [decision.request for decision in call.decisions if not decision.allowed]
    request = (denied or [call.decisions[0].request])[0]
    return request.resource, request.resource_account or call.account


def _error(call: Call, outcome: Outcome) -> dict[str, str]:
    error = outcome.error
    if error is None:
        return {}
    message = {"errorMessage": error.noted} if error.noted else {}
    return {"errorCode": names.error_code(call.service, error.code), **message}


def _elements(call: Call, outcome: Outcome, reads: bool) -> dict[str, Any]:
    model = operation_model(call.service, call.operation)
    silent = outcome.denied and call.service in _SILENT_WHEN_DENIED
    changes = not reads and names.category(call.service, call.operation) == names.MANAGEMENT
    answers = changes or call.operation in _ANSWERS
    return {
        "requestParameters": None if silent else shown(model.input_shape, call.params, call.service),
        "responseElements": shown(model.output_shape, outcome.output, call.service) if answers else None,
    }


def _reason(call: Call, outcome: Outcome) -> str | None:
    """How the engine explains what it decided, each sentence once; None where nothing was to be decided.

    Of what is allowed, which happens all the time, only who allowed it. Where something else than the engine refuses,
    it is that error's text.
    """
    refused = [decision for decision in call.decisions if not decision.allowed]
    if outcome.error is not None and not refused:
        return outcome.error.noted
    if refused:
        found = [line for decision in refused for line in decision.sentences()]
    else:
        checks = [(check, decision) for decision in call.decisions for check in decision.checks]
        found = [check_sentence(*each) for each in checks if each[0].effect is CheckEffect.ALLOW]
    return " ".join(dict.fromkeys(found)) or None
