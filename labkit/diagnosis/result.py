"""The answer to a question: the diagnosis with its parties, causes, fix and what is not known, and its JSON.

The JSON has format 1 and is what other programs read: ``labkit pull --json`` and ``labkit diagnose --json``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from labkit.diagnosis import words
from labkit.diagnosis.facts import NotKnown, Question
from labkit.pull.decision import PullDecision

CAN, CANNOT, UNKNOWN, NOT_ASKED = "can", "cannot", "unknown", "not-asked"
CERTAIN, LIKELY, POSSIBLE = "certain", "likely", "possible"
LAMBDA_SIDE, CALLER_SIDE = "lambda", "caller"
FORMAT = 1


class Party(NamedTuple):
    """Whether Lambda, or the caller, is let in: a verdict, and how sure it is."""

    verdict: str
    certainty: str = CERTAIN

    def to_dict(self) -> dict[str, str]:
        """As JSON data."""
        return {"verdict": self.verdict, "certainty": self.certainty}


class Where(NamedTuple):
    """Where a cause lies: whose account, which kind of document (``labkit.diagnosis.facts.KINDS``), its name."""

    account: str
    kind: str
    name: str
    sid: str | None = None

    def to_dict(self) -> dict[str, str | None]:
        """As JSON data."""
        return {"account": self.account, "kind": self.kind, "name": self.name, "sid": self.sid}


class Cause(NamedTuple):
    """Why the image is not fetched, or does not run: an id of ``labkit.diagnosis.cause_table``, where, and the proof.

    ``stops`` is the call, the pull or the run. ``evidence`` are sentences and lines to look at. ``party`` is whose way
    it bars (empty: neither's); ``statement`` is the place of the statement in its document, from 0, and ``key`` the
    condition key that fails, both for whoever mends it.
    """

    id: str
    certainty: str
    stops: str
    sentence: str
    where: Where
    evidence: tuple[str, ...] = ()
    source: str = ""
    party: str = ""
    statement: int | None = None
    key: str = ""

    def to_dict(self) -> dict[str, Any]:
        """As JSON data."""
        return {
            "id": self.id,
            "certainty": self.certainty,
            "stops": self.stops,
            "sentence": self.sentence,
            "where": self.where.to_dict(),
            "evidence": list(self.evidence),
            "source": self.source,
        }


class Change(NamedTuple):
    """One thing to change: a document from ``before`` to ``after``, or a ``call`` to make.

    ``kind`` is one of ``labkit.diagnosis.facts.KINDS``. ``before`` and ``after`` are texts (``before`` None: there was
    none). A ``call`` is service, operation and parameters as the aws CLI names them. ``causes`` are the ids that it
    mends; ``guard_rail``: others keep this document as a limit. ``attached_to`` and ``inline`` are the document's.
    """

    kind: str
    account: str
    name: str
    before: str | None = None
    after: str = ""
    diff: str = ""
    call: tuple[str, str, Mapping[str, Any]] | None = None
    causes: tuple[str, ...] = ()
    guard_rail: bool = False
    attached_to: str = ""
    inline: bool = False

    def to_dict(self) -> dict[str, Any]:
        """As JSON data; documents as objects where they are JSON, else as their text."""
        head = {"kind": self.kind, "account": self.account, "name": self.name}
        if self.call is not None:
            service, operation, parameters = self.call
            return {**head, "call": [service, operation, dict(parameters)]}
        before = None if self.before is None else _json(self.before)
        return {**head, "before": before, "after": _json(self.after), "diff": self.diff}


def _json(text: str) -> Any:
    import json

    try:
        return json.loads(text)
    except ValueError:
        return text


class Probe(NamedTuple):
    """Another request, and whether it was let in before the fix and is after it."""

    probe: str
    before: bool
    after: bool
    asked_for: bool

    def to_dict(self) -> dict[str, Any]:
        """As JSON data."""
        words = {True: "allowed", False: "denied"}
        return {
            "probe": self.probe,
            "before": words[self.before],
            "after": words[self.after],
            "asked_for": self.asked_for,
        }


class Alternative(NamedTuple):
    """Another legitimate fix: a name, what speaks for it, and its changes."""

    name: str
    reason: str
    changes: tuple[Change, ...]

    def to_dict(self) -> dict[str, Any]:
        """As JSON data."""
        return {"name": self.name, "reason": self.reason, "changes": [each.to_dict() for each in self.changes]}


class Fix(NamedTuple):
    """The smallest changes, in the order in which to make them; whether they are proved; what else they open.

    ``letter`` is a text for the owner of the registry, where the one with the error may not mend it; else empty.
    """

    changes: tuple[Change, ...]
    proved: bool
    opens: tuple[Probe, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    letter: str = ""

    def to_dict(self) -> dict[str, Any]:
        """As JSON data."""
        return {
            "changes": [each.to_dict() for each in self.changes],
            "proved": self.proved,
            "opens": [each.to_dict() for each in self.opens],
            "alternatives": [each.to_dict() for each in self.alternatives],
            "letter": self.letter or None,
        }


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The whole answer. ``decision`` is None where the image's URI names no repository to decide about."""

    question: Question
    verdict: str
    parties: Mapping[str, Party]
    sentence: str
    causes: tuple[Cause, ...] = ()
    not_known: tuple[NotKnown, ...] = ()
    fix: Fix | None = None
    next: tuple[str, ...] = ()
    decision: PullDecision | None = None

    @property
    def ids(self) -> frozenset[str]:
        """The ids of the causes that are named; those that are only possible are not."""
        return frozenset(cause.id for cause in self.causes if cause.certainty != POSSIBLE)

    def to_dict(self) -> dict[str, Any]:
        """As JSON data, format 1."""
        told = ({"what": each.what, "who_could_tell": each.who_could_tell} for each in self.not_known)
        return {
            "format": FORMAT,
            "question": self.question.to_dict(),
            "verdict": self.verdict,
            "parties": {name: party.to_dict() for name, party in self.parties.items()},
            "sentence": self.sentence,
            "causes": [cause.to_dict() for cause in self.causes],
            "not_known": list(told),
            "fix": self.fix.to_dict() if self.fix else None,
            "next": list(self.next),
            "decision": self.decision.explanation() if self.decision else None,
        }

    def __repr__(self) -> str:
        return words.text(self)
