"""The nearest miss: of all statements that could have allowed a request, the one that fewest changes would make match.

Ties are broken by what is easiest to mend: a condition whose value differs, one whose key is absent, a resource, an
action, a principal; then by who the statement is for: one that names the caller comes before one for everybody.
Where a statement denies explicitly, that statement is the answer, since no allow can outweigh it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from labkit.iam.match import Match
from labkit.iam.parts import Outcome, Part
from labkit.iam.patterns import ContextValue
from labkit.iam.policies import CheckEffect, CheckKind
from labkit.iam.request import SERVICE
from labkit.iam.words.advice import advice
from labkit.iam.words.reasons import change, reason

if TYPE_CHECKING:  # a decision can put itself into words, so at run time it stands above them
    from labkit.iam.decision import Check, Decision

_WEIGHT = {"Condition": 0, "Resource": 2, "NotResource": 2, "Action": 3, "NotAction": 3}
_HEAVIEST = 4


class NearestMiss(NamedTuple):
    """The statement that came closest, and what would have to change.

    ``element`` is the policy element; ``key`` is set when it is a condition key. ``wanted`` and ``got`` stand for the
    policy and the request. ``change`` says what to change, ``changes`` in how many places.
    """

    sid: str
    element: str
    key: str | None
    wanted: tuple[str, ...]
    got: ContextValue | None
    sentence: str
    change: str = ""
    changes: int = 1

    def to_dict(self) -> dict[str, Any]:
        """As JSON data: sid, element or key, wanted, got, sentence, change."""
        place = {"key": self.key} if self.key else {"element": self.element}
        got = list(self.got) if isinstance(self.got, tuple) else self.got
        return {
            "sid": self.sid,
            **place,
            "wanted": list(self.wanted),
            "got": got,
            "sentence": self.sentence,
            "change": self.change,
        }


def nearest(decision: Decision) -> Match | None:
    """The statement to look at first: the deny that applies, else the allow that failed in the fewest places."""
    if decision.blocked_by is None:
        return None
    check = decision.check(decision.blocked_by)
    if check.effect is CheckEffect.EXPLICIT_DENY:
        return next(m for m in check.matched if not m.statement.allows)
    missed = [m for each in _candidates(decision, check) for m in each.matches if m.statement.allows and m.failed]
    return min(missed, key=_distance) if missed else None


def nearest_miss(decision: Decision) -> NearestMiss | None:
    """What is wrong with the statement to look at first, and what to change; None when allowed."""
    match = nearest(decision)
    if match is None:
        return None
    return _miss(match, decision) if match.statement.allows else _denial(match, decision)


def _denial(match: Match, decision: Decision) -> NearestMiss:
    label = match.statement.label
    conditions = "; ".join(reason(part, decision.request) for part in match.parts if part.key)
    because = f" ({conditions})" if conditions else ""
    sentence = f"{label} denies this request explicitly{because}; no allow can outweigh it."
    return NearestMiss(label, "Effect", None, ("Deny",), None, sentence, _exception(match, decision))


def _exception(match: Match, decision: Decision) -> str:
    """What would spare the request. Services carry no Principal… keys, or some whose value nobody knows."""
    if any(part.element == "NotPrincipal" for part in match.parts):
        return f"{advice('not-principal-deny')} in {match.statement.label}"
    keys = [part.key for part in match.parts if part.outcome in (Outcome.ABSENT_HOLDS, Outcome.UNKNOWN)]
    if decision.request.principal.kind == SERVICE and any(key.lower().startswith("aws:principal") for key in keys):
        return advice("negated-key-services-lack", statement=match.statement.label)
    return f"except this request from {match.statement.label}"


def _candidates(decision: Decision, check: Check) -> list[Check]:
    """The check that decided, and the resource policy where that alone would have been enough."""
    resource = decision.check(CheckKind.RESOURCE)
    either = check.kind is CheckKind.PRINCIPAL and not decision.request.is_cross_account
    return [check, resource] if either and resource.effect is CheckEffect.IMPLICIT_DENY else [check]


def _distance(match: Match) -> tuple[int, int, bool]:
    for_everybody = any(entry.is_everyone for entry in match.statement.principal or ())
    return len(match.failed), max(_weight(part) for part in match.failed), for_everybody


def _weight(part: Part) -> int:
    return 1 if part.outcome in (Outcome.ABSENT, Outcome.UNKNOWN) else _WEIGHT.get(part.element, _HEAVIEST)


def _miss(match: Match, decision: Decision) -> NearestMiss:
    failed, label = match.failed, match.statement.label
    first = failed[0]
    reasons = "; ".join(reason(part, decision.request) for part in failed)
    changes = ", and ".join(change(part, decision.request) for part in failed)
    key = first.key or None
    return NearestMiss(label, first.element, key, first.wanted, first.got, f"{label}: {reasons}.", changes, len(failed))
