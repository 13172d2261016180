"""Which events a call leaves, and in which accounts.

    the caller's account    every authentic call of an operation that is offered, allowed or refused
    the owner's as well     calls on what another account owns: AssumeRole (IAM User Guide, "Logging IAM and AWS STS API
                            calls"), but not where it is denied (public detection rules: such calls are logged in the
                            caller's account); ECR's and Lambda's also where they are denied (reports of users; likely)
    calls of a service      the account of what is called: AWS's samples are of KMS and AssumeRole, so for ECR likely

Both events of one call have a sharedEventID, and each an eventID of its own. What an event of a denied call in the
owner's account says, AWS does not document.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from labkit.embedded.protocol.calls import Call, ServiceError
from labkit.embedded.request.recording.events import Event, Noted
from labkit.embedded.request.recording.record import Outcome, made, subject
from labkit.iam.request import SERVICE

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded

_OF_THE_CALLER_ALONE = frozenset({"iam", "organizations", "cloudtrail"})


def note(
    embedded: Embedded, call: Call, *, output: Mapping[str, Any] | None = None, error: ServiceError | None = None
) -> None:
    """Remember what became of a call; it is written with what is written next, or soon.

    The events of what was allowed are made when they are written: who calls need not wait for them. Until then no bytes
    are held that they do not show.
    """
    shown = replace(call, params={name: value for name, value in call.params.items() if type(value) is not bytes})
    outcome = Outcome(embedded.clock.now(), output, error)
    noted = Noted(partial(_events, shown, outcome))
    if error is not None:
        noted.events()  # why it was refused is said by what is in force now
    embedded.events.note(noted)


def write(embedded: Embedded, call: Call, output: Mapping[str, Any]) -> None:
    """In a unit that writes: write what a call has answered, so that both are in force together or neither is."""
    embedded.events.write(_events(call, Outcome(embedded.clock.now(), output)))


@contextmanager
def refusals_noted(embedded: Embedded, call: Call) -> Iterator[None]:
    """Note the `ServiceError` with which the block refuses the call: what it has written is gone by then."""
    try:
        yield
    except ServiceError as error:
        note(embedded, call, error=error)
        raise


def _events(call: Call, outcome: Outcome) -> list[Event]:
    accounts = (call.account, _owner(call, outcome)) if call.account else (subject(call)[1],)
    recipients = list(dict.fromkeys(accounts))
    by_service = call.identity.principal.kind == SERVICE
    shared = str(uuid4()) if len(recipients) > 1 or by_service else None
    return [made(call, outcome, account, shared) for account in recipients]


def _owner(call: Call, outcome: Outcome) -> str:
    """The account besides the caller's that gets an event; the caller's where none does."""
    alone = call.service in _OF_THE_CALLER_ALONE or (call.service == "sts" and outcome.denied)
    return call.account if alone else subject(call)[1]
