"""Why a policy does not let in a party of a pull: the cause, at its place, with what to write instead.

What was decided is there already. Here the statement that came closest is looked up, and what of it failed is given the
id of a cause (those of a refused pull). The mistakes that explain the failure of whatever key come first; the table has
the others by the condition's key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from labkit.check.actions import grants, misspelt
from labkit.check.conditions.comparisons import is_path
from labkit.check.findings import quoted
from labkit.check.located import LocatedStatement
from labkit.check.positions import escape
from labkit.check.pulls import admissions
from labkit.iam import CheckKind, Decision, Match, Part, action_table
from labkit.iam.action_table import CALLER, SERVICE
from labkit.iam.parts import Outcome
from labkit.iam.words.advice import CALLER_PARTY, SERVICE_PARTY, advice, sentence, tells_a_party, twin_of
from labkit.iam.words.reasons import change, reason, taken_literally
from labkit.pull.policies import LAMBDA, PULL_ACTIONS

_BY_KEY = {
    "aws:sourcearn": "source-arn-mismatch",
    "aws:sourceaccount": "source-account-mismatch",
    "aws:sourceorgid": "organization-id-mismatch",
    "aws:principalorgid": "organization-id-mismatch",
    "aws:sourceorgpaths": "organization-path-mismatch",
    "aws:principalorgpaths": "organization-path-mismatch",
}
_WRONG_SIDE, _BOTH = "organization-key-on-wrong-side", "one-statement-for-both"
_ABSENT = (Outcome.ABSENT, Outcome.UNKNOWN)


class Reason(NamedTuple):
    """A cause with its place in the policy: ``why`` is a clause without an end, ``instead`` a sentence or two."""

    rule: str
    pointer: str
    why: str
    instead: str


class Refusal(NamedTuple):
    """What one party is refused: its decisions, one for each action, and the statements of the policy."""

    side: tuple[Decision, ...]
    statements: Sequence[LocatedStatement]
    account: str
    is_lambda: bool

    @property
    def denied(self) -> list[Decision]:
        """The decisions that refuse."""
        return [decision for decision in self.side if not decision.allowed]

    def matches(self, decision: Decision) -> list[tuple[Match, LocatedStatement]]:
        """The statements that allow and are for this party, each with what came of it."""
        found = decision.check(CheckKind.RESOURCE).matches
        pairs = zip(found, self.statements, strict=False)
        return [(match, each) for match, each in pairs if each.allows and match.parts[0].matched]


def reasons(refusal: Refusal) -> dict[Reason, list[str]]:
    """The causes for which this party is refused, with the actions that each keeps from it; empty if let in."""
    found: dict[Reason, list[str]] = {}
    for decision in refusal.denied:
        for each in _of_action(decision, refusal):
            found.setdefault(each, []).append(decision.request.action)
    beside = _execution_roles(refusal) if refusal.is_lambda and found else ()
    return {**found, **{each: [] for each in beside}}


def _of_action(decision: Decision, refusal: Refusal) -> list[Reason]:
    for rule in _RULES:
        found = list(rule(decision, refusal))
        if found:
            return found
    return []


def _denied(decision: Decision, refusal: Refusal) -> Iterator[Reason]:
    """An explicit Deny, which nothing outweighs."""
    for match, each in zip(decision.check(CheckKind.RESOURCE).matches, refusal.statements, strict=False):
        miss = decision.nearest_miss if match.matched and not each.allows else None
        if miss:
            yield Reason("explicit-deny", each.pointer, miss.sentence.rstrip("."), sentence(miss.change))
            return


def _conditions(decision: Decision, refusal: Refusal) -> Iterator[Reason]:
    """The conditions of the statement that came closest, of those that are for this party and this action."""
    near = [
        (match, each)
        for match, each in refusal.matches(decision)
        if grants(each, decision.request.action) and not _is_for_the_other(match, each, refusal)
    ]
    if not near:
        return
    match, each = min(near, key=lambda pair: len(pair[0].failed))
    for part in match.failed:
        pointer = f"{each.at('Condition')}/{escape(part.operator)}/{escape(part.key)}"
        rule = _cause(part, each, refusal)
        yield Reason(rule, pointer, reason(part, decision.request), _instead(rule, part, decision))


def _is_for_the_other(match: Match, statement: LocatedStatement, refusal: Refusal) -> bool:
    """Whether a statement for everyone asks for a key that only the other party has, and so is for that one."""
    return statement.reaches_services and any(_is_the_others(part, refusal) for part in match.failed)


def _is_the_others(part: Part, refusal: Refusal) -> bool:
    key = action_table.key(part.key) if part.key else None
    return part.outcome in _ABSENT and key is not None and key.carried == (CALLER if refusal.is_lambda else SERVICE)


def _cause(part: Part, statement: LocatedStatement, refusal: Refusal) -> str:
    if _is_the_others(part, refusal) and tells_a_party(part.key):
        accounts = any(each.kind == "AWS" and not each.is_everyone for each in statement.principals)
        return _BOTH if statement.services and accounts else _WRONG_SIDE
    if taken_literally(part):
        return "wildcard-in-equals"
    key = part.key.lower()
    malformed = part.outcome is Outcome.MULTIVALUED or not any(map(is_path, part.wanted))
    if key.endswith("orgpaths") and malformed:
        return "organization-path-form"
    return _BY_KEY.get(key, "condition-mismatch")


def _instead(rule: str, part: Part, decision: Decision) -> str:
    twin = twin_of(part.key)
    if rule == _BOTH:
        return sentence(advice(_BOTH))
    if rule == _WRONG_SIDE and twin:
        party = SERVICE_PARTY if decision.request.principal.kind == "service" else CALLER_PARTY
        return sentence(advice(_WRONG_SIDE, twin=twin, key=part.key, party=party))
    return sentence(change(part, decision.request))


def _misspelt(decision: Decision, refusal: Refusal) -> Iterator[Reason]:
    for _, each in refusal.matches(decision):
        for value in each.values("Action"):
            if misspelt(value.text) == decision.request.action:
                why = f"{quoted(value.text)} is no action of ECR"
                instead = advice("misspelt-action", meant=decision.request.action, action=value.text)
                yield Reason("misspelt-action", value.pointer, why, sentence(instead))


def _half(decision: Decision, refusal: Refusal) -> Iterator[Reason]:
    """Only the other action is allowed."""
    if len(refusal.denied) == len(PULL_ACTIONS):
        return
    [other] = [each for each in refusal.side if each.allowed]
    applying = other.check(CheckKind.RESOURCE)
    place = next((each for match, each in refusal.matches(other) if match in applying.matched), None)
    why = f"only {other.request.action} is allowed, and a pull needs both"
    pointer = place.at("Action" if "Action" in place.raw else "NotAction") if place else ""
    yield Reason("half-of-the-actions", pointer, why, sentence(advice("half-of-the-actions")))


def _missing(_decision: Decision, refusal: Refusal) -> Iterator[Reason]:
    """No statement is for this party."""
    pulling = admissions.pulling(refusal.statements)
    if not refusal.is_lambda:
        account = refusal.account
        instead = sentence(advice("caller-statement-missing", account=f"arn:aws:iam::{account}:root"))
        pointer = pulling[-1].at("Principal") if pulling else ""
        yield Reason("caller-statement-missing", pointer, f"no statement is for callers of {account}", instead)
        return
    for found in admissions.other_services(pulling):
        why = found.problem.removesuffix(".")
        yield Reason(found.rule, found.pointer, f"{why[0].lower()}{why[1:]}", found.instead)
        return
    missing = admissions.no_statement(pulling)
    yield Reason(missing.rule, missing.pointer, f"{missing.problem[0].lower()}{missing.problem[1:-1]}", missing.instead)


def _execution_roles(refusal: Refusal) -> Iterator[Reason]:
    named = any(LAMBDA in each.services for each in admissions.pulling(refusal.statements))
    for found in () if named else admissions.execution_roles(admissions.pulling(refusal.statements)):
        yield Reason(found.rule, found.pointer, found.problem.removesuffix("."), found.instead)


_RULES: tuple[Callable[[Decision, Refusal], Iterator[Reason]], ...] = (
    _denied,
    _conditions,
    _misspelt,
    _half,
    _missing,
)
