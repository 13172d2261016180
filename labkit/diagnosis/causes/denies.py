"""Guard rails and denials in the way of a pull, each named after the kind of its document."""

from __future__ import annotations

from collections.abc import Iterator

from labkit.diagnosis import facts
from labkit.diagnosis.causes.blockers import Blocker, denying, silent
from labkit.diagnosis.causes.naming import begun, listed, named
from labkit.diagnosis.causes.sides import Side
from labkit.diagnosis.result import LIKELY, Cause

_IDS = {
    facts.REPOSITORY_POLICY: "explicit-deny",
    facts.IDENTITY_POLICY: "explicit-deny",
    facts.REGISTRY_POLICY: "registry-policy",
    facts.RCP: "rcp",
    facts.SCP: "scp",
    facts.BOUNDARY: "boundary",
    facts.SESSION_POLICY: "session-policy",
}
DENIES = frozenset(_IDS.values())
"""The ids of causes that something denies, or that a guard rail does not allow."""


def causes(side: Side) -> Iterator[Cause]:
    """Every document that denies the pull to this side, and every guard rail that does not allow it."""
    for blocker in (*denying(side), *silent(side)):
        yield named(
            _IDS[blocker.where.kind],
            blocker.where,
            sentence(side.who, blocker),
            _evidence(blocker),
            certainty=blocker.certainty,
            party=side.name,
            statement=blocker.statement,
        )


def sentence(who: str, blocker: Blocker) -> str:
    """Who is not allowed to call what, because of which document."""
    return f"{begun(who)} is not allowed to call {listed(blocker.actions)}: {blocker.reason}."


def _evidence(blocker: Blocker) -> tuple[str, ...]:
    unsure = "AWS does not document the value of the key in Lambda's own requests, so this is likely and not certain."
    return (*blocker.evidence, *((unsure,) if blocker.certainty == LIKELY else ()))
