"""Sentences about decisions, made of the matches that were kept while deciding. Nothing is decided again here.

Source of AWS's own sentence: IAM User Guide, "Troubleshoot access denied error messages".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from labkit.iam import arn as arns
from labkit.iam import request as r
from labkit.iam.conditions import Outcome
from labkit.iam.evaluate import Check, Decision, Effect, Kind
from labkit.iam.match import Match, Part
from labkit.iam.patterns import ContextValue
from labkit.iam.request import Request

_POLICY_NAMES = {
    Kind.PRINCIPAL: "identity-based policy",
    Kind.RESOURCE: "resource-based policy",
    Kind.PERMISSIONS_BOUNDARY: "permissions boundary",
    Kind.SESSION: "session policy",
    Kind.SERVICE_CONTROL_POLICY: "service control policy",
    Kind.RESOURCE_CONTROL_POLICY: "resource control policy",
}


def policy_name(kind: Kind) -> str:
    """AWS's name of a kind of policy, as in access-denied messages: ``identity-based policy`` and so on."""
    return _POLICY_NAMES[kind]


def denial(decision: Decision) -> str | None:
    """AWS's access-denied sentence; None when allowed, and for callers that have no ARN to name."""
    request, kind = decision.request, decision.blocked_by
    if kind is None or not request.principal.is_iam:
        return None
    name = _POLICY_NAMES[kind]
    because = f"because no {name} allows the {request.action} action"
    if decision.check(kind).effect is Effect.EXPLICIT_DENY:
        article = "an" if name[0] in "aeiou" else "a"
        because = f"with an explicit deny in {article} {name}"
    return (
        f"User: {request.principal.arn} is not authorized to perform: {request.action} "
        f"on resource: {request.resource} {because}"
    )


@dataclass(frozen=True, slots=True)
class Miss:
    """The statement that came closest, and what would have to change.

    ``element`` is the policy element; ``key`` is set when it is a condition key. ``wanted`` and ``got`` stand for the
    policy and the request.
    """

    sid: str
    element: str
    key: str | None
    wanted: tuple[str, ...]
    got: ContextValue | None
    sentence: str

    def to_dict(self) -> dict[str, Any]:
        """As JSON data: sid, element or key, wanted, got, sentence."""
        place = {"key": self.key} if self.key else {"element": self.element}
        return {
            "sid": self.sid,
            **place,
            "wanted": list(self.wanted),
            "got": self.got,
            "sentence": self.sentence,
        }


# Of two statements that fail in as many places, the one whose failure is easier to mend is nearer.
_WEIGHT = {"Condition": 0, "Action": 1, "NotAction": 1, "Resource": 2, "NotResource": 2}


def nearest_miss(decision: Decision) -> Miss | None:
    """The statement to look at first: the deny that applies, else the allow that failed in the fewest places."""
    if decision.blocked_by is None:
        return None
    check = decision.check(decision.blocked_by)
    denying = [m for m in check.matched if not m.statement.allows]
    if denying:
        label = denying[0].statement.label
        sentence = f"{label} denies this request explicitly; no allow can outweigh it."
        return Miss(label, "Effect", None, ("Deny",), None, sentence)
    missed = [m for m in check.matches if m.statement.allows and m.failed]
    if not missed:
        return None
    nearest = min(missed, key=lambda m: (len(m.failed), max(_WEIGHT.get(p.element, 3) for p in m.failed)))
    part = nearest.failed[0]
    sentence = f"{nearest.statement.label}: " + "; ".join(reason(part, decision.request) for part in nearest.failed)
    return Miss(nearest.statement.label, part.element, part.key or None, part.wanted, part.got, f"{sentence}.")


def reason(part: Part, request: Request) -> str:
    """One part of a match in words, naming the difference where there is one."""
    if part.element == "Condition":
        return _condition_reason(part, request)
    got, wanted = str(part.got), _listed(part.wanted)
    if part.matched:
        return f"{part.element} covers {got}" if not part.element.startswith("Not") else f"{got} is not left out"
    if part.element.startswith("Not"):
        return f"{part.element} leaves {got} out"
    return f"{part.element} is {wanted}, the request has {got}"


def _condition_reason(part: Part, request: Request) -> str:
    return _OUTCOMES[part.outcome or Outcome.DIFFERS](part, request)


def _differs(part: Part, _request: Request) -> str:
    if isinstance(part.got, str) and part.operator.startswith("StringEquals") and _has_wildcard(part.wanted):
        return f"{part.operator} takes the * in {_listed(part.wanted)} literally; {part.key} is {part.got}"
    if isinstance(part.got, str) and len(part.wanted) == 1 and (difference := _arn_difference(part)):
        return difference
    got = part.got if isinstance(part.got, str) else _listed(part.got or ())
    return f"{part.key} is {got}, the policy wants {_listed(part.wanted)}"


def _has_wildcard(values: Sequence[str]) -> bool:
    return any("*" in value or "?" in value for value in values)


def _arn_difference(part: Part) -> str | None:
    """Names the first field in which two ARNs differ, where they are ARNs."""
    got, wanted = arns.split(str(part.got)), arns.split(part.wanted[0])
    if got is None or wanted is None:
        return None
    for name, found, pattern in zip(arns.FIELDS, got, wanted, strict=True):
        if found != pattern and not _has_wildcard([pattern]):
            return f"the {name} in {part.key} is {found or 'empty'}, the pattern wants {pattern or 'none'}"
    return None


def _absent(part: Part, request: Request) -> str:
    return f"{part.key} is absent{_why_absent(part.key.lower(), request)}"


def _why_absent(key: str, request: Request) -> str:
    """Why a key of the caller's or the source's family is absent; the source is "Global condition context keys"."""
    service = request.principal.kind == r.SERVICE
    if key.startswith("aws:principalorg"):
        twin = "aws:SourceOrgID" if key.endswith("id") else "aws:SourceOrgPaths"
        if service:
            return f": the request is made by a service; services carry {twin}"
        return ": the caller's account is in no organization"
    if key.startswith("aws:source") and key[10:] in ("arn", "account", "orgid", "orgpaths"):
        if not service:
            return ": it is only there when a service makes the request"
        if key[10:].startswith("org"):
            return ": the account that the service acts for is in no organization"
    return ""


_OUTCOMES: dict[Outcome, Callable[[Part, Request], str]] = {
    Outcome.HOLDS: lambda p, _r: f"{p.operator} {p.key} holds",
    Outcome.ABSENT_HOLDS: lambda p, _r: f"{p.key} is absent, which {p.operator} lets pass",
    Outcome.DIFFERS: _differs,
    Outcome.EXCLUDED: lambda p, _r: f"{p.key} is {p.got}, which {p.operator} excludes",
    Outcome.ABSENT: _absent,
    Outcome.MULTIVALUED: lambda p, _r: f"{p.key} has several values, so {p.operator} needs ForAnyValue: before it",
    Outcome.NO_VARIABLE: lambda p, _r: f"a variable in {_listed(p.wanted)} has no value in this request",
}


def _listed(values: Sequence[str]) -> str:
    return values[0] if len(values) == 1 else "one of " + ", ".join(values)


def sentences(decision: Decision) -> list[str]:
    """One sentence for each check that had something to say, and the nearest miss at the end."""
    found = [_check_sentence(check) for check in decision.checks if check.effect is not Effect.NO_IMPACT]
    miss = nearest_miss(decision)
    return found + ([miss.sentence] if miss else [])


def _check_sentence(check: Check) -> str:
    name = _POLICY_NAMES[check.kind]
    if check.effect is Effect.IMPLICIT_DENY:
        count = len(check.matches)
        return f"No {name} allows it ({count} statement{'s' * (count != 1)} looked at)."
    wanted = check.effect is Effect.ALLOW
    applying = [m.statement.label for m in check.matched if m.statement.allows is wanted]
    verb = "allows" if wanted else "denies"
    by = f" by {', '.join(applying)}" if applying else ""
    return f"The {name} {verb} it{by}."


def to_dict(decision: Decision) -> dict[str, Any]:
    """Decision, checks, matched statements, reasons and nearest miss as JSON data."""
    miss = nearest_miss(decision)
    return {
        "decision": "allowed" if decision.allowed else "denied",
        "checks": {check.kind.value: check.effect.value for check in decision.checks},
        "matched": [_label(m) for check in decision.checks for m in check.matched],
        "reasons": sentences(decision),
        "nearest_miss": miss.to_dict() if miss else None,
    }


def _label(match: Match) -> str:
    return match.statement.label
