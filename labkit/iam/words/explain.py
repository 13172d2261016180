"""Sentences and data about decisions, made of the matches that were kept while deciding. Nothing is decided again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.iam.match import Match
from labkit.iam.parts import Outcome, Part
from labkit.iam.policies import CheckEffect
from labkit.iam.request import Request
from labkit.iam.rules.rcp_services import LISTED_ON, reaches
from labkit.iam.words.denial import denial, name_in
from labkit.iam.words.nearest import nearest, nearest_miss
from labkit.iam.words.reasons import reason

if TYPE_CHECKING:  # a decision can put itself into words, so at run time it stands above them
    from labkit.iam.decision import Check, Decision


def headline(decision: Decision) -> str:
    """The decision in one line: who is or is not allowed to call what, on which resource."""
    request = decision.request
    return f"{request.principal} {allowed(decision.allowed)} {request.action} on {request.resource}"


def allowed(yes: bool) -> str:
    """The verb of every sentence about an action: ``is allowed to call`` or ``is not allowed to call``."""
    return "is allowed to call" if yes else "is not allowed to call"


def sentences(decision: Decision) -> list[str]:
    """One sentence for each check that had something to say, the nearest miss, and what is not known."""
    found = [check_sentence(check, decision) for check in decision.checks if is_involved(decision, check)]
    miss = nearest_miss(decision)
    return found + ([miss.sentence] if miss else []) + list(notes(decision))


def notes(decision: Decision) -> tuple[str, ...]:
    """What else has a say: the rule that the action has of its own, policies that do not reach it, what is unknown."""
    return (*_own_rule(decision), *_out_of_reach(decision), *unknowns(decision))


def _own_rule(decision: Decision) -> tuple[str, ...]:
    rule, request = decision.rule, decision.request
    if rule is None:
        return ()
    return (rule.refusal(request.principal) or f"{request.action} has a rule of its own: {rule.why}.",)


def _out_of_reach(decision: Decision) -> tuple[str, ...]:
    action = decision.request.action
    if not decision.policies.rcp or reaches(action):
        return ()
    return (f"Resource control policies do not reach {action}: it is not on AWS's list (as of {LISTED_ON}).",)


def is_involved(decision: Decision, check: Check) -> bool:
    """Whether a check had a say: it has an effect, or it is missing where it would have had to allow."""
    return check.effect is not CheckEffect.NO_IMPACT or check.kind is decision.blocked_by


def check_sentence(check: Check, decision: Decision) -> str:
    """What one kind of policy says, with the statements that decided."""
    name = name_in(decision, check.kind)
    if check.effect is CheckEffect.NO_IMPACT:
        return f"There is no {name}, and one would have to allow it."
    if check.effect is CheckEffect.IMPLICIT_DENY:
        count = len(check.matches)
        return f"No {name} allows it ({count} statement{'s' * (count != 1)} looked at)."
    wanted = check.effect is CheckEffect.ALLOW
    deciding = [match for match in check.matched if match.statement.allows is wanted]
    applying = list(dict.fromkeys(_label(match, decision) for match in deciding))
    verb = "allows" if wanted else "denies"
    by = f" by {', '.join(applying)}" if applying else ": the root user may do everything in its account"
    return f"The {name} {verb} it{by}."


def _label(match: Match, decision: Decision) -> str:
    return match.statement.label + (" of the registry's policy" if _document(decision, match) else "")


def unknowns(decision: Decision) -> tuple[str, ...]:
    """What is not known here and has a say: values of keys, where all else in their statement matches."""
    return tuple(dict.fromkeys(f"Unknown: {reason(part, decision.request)}." for part in unknown_parts(decision)))


def unknown_parts(decision: Decision) -> tuple[Part, ...]:
    """The conditions with values that are not known, where all else in their statement matches."""
    matches = [match for check in decision.checks for match in check.matches if _hangs_on_unknown(match)]
    return tuple(part for match in matches for part in match.parts if part.outcome is Outcome.UNKNOWN)


def _hangs_on_unknown(match: Match) -> bool:
    return all(part.matched or part.outcome is Outcome.UNKNOWN for part in match.parts)


def paragraph(decision: Decision) -> str:
    """The decision as one paragraph, the same each time: what was asked, what was decided, and why."""
    return " ".join(("Allowed:" if decision.allowed else "Denied:", f"{headline(decision)}.", *sentences(decision)))


def to_dict(decision: Decision) -> dict[str, Any]:
    """Decision, checks, matched statements, reasons and nearest miss as JSON data."""
    miss = nearest_miss(decision)
    return {
        "decision": "allowed" if decision.allowed else "denied",
        "checks": {check.kind.value: check.effect.value for check in decision.checks},
        "matched": [m.statement.label for check in decision.checks for m in check.matched],
        "reasons": sentences(decision),
        "nearest_miss": {**miss.to_dict(), **_document(decision, nearest(decision))} if miss else None,
    }


def explanation(decision: Decision) -> dict[str, Any]:
    """All of ``to_dict``, AWS's sentence, and every statement with each of its parts."""
    return {
        **to_dict(decision),
        "denial": denial(decision),
        "statements": [
            {"check": check.kind.value, **_document(decision, match), **_match(match, decision.request)}
            for check in decision.checks
            for match in check.matches
        ],
    }


def _document(decision: Decision, match: Match | None) -> dict[str, str]:
    """Of the two resource policies that ECR has, whether a statement stands in the registry's."""
    registry = decision.policies.registry
    stands = match is not None and registry is not None and any(match.statement is each for each in registry.statements)
    return {"document": "registry"} if stands else {}


def _match(match: Match, request: Request) -> dict[str, Any]:
    return {
        "sid": match.statement.label,
        "effect": match.statement.effect,
        "matched": match.matched,
        "parts": [_part(part, request) for part in match.parts],
    }


def _part(part: Part, request: Request) -> dict[str, Any]:
    condition = {"operator": part.operator, "key": part.key} if part.key else {}
    resolved = {"resolved": list(part.resolved)} if part.resolved else {}
    return {
        "element": part.element,
        **condition,
        "matched": part.matched,
        "wanted": list(part.wanted),
        **resolved,
        "got": list(part.got) if isinstance(part.got, tuple) else part.got,
        "reason": reason(part, request),
    }
