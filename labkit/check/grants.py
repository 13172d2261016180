"""Grants: who is let in, or kept out, other than their author thinks.

Sources: IAM User Guide, "AWS global condition context keys" (who carries which key) and "The confused deputy problem";
Lambda Developer Guide, Amazon ECR permissions (what a pull needs).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from labkit.check.actions import covered, covers, denied_service
from labkit.check.conditions.keys import is_callers, of_services
from labkit.check.findings import Violation
from labkit.check.located import LocatedCondition, LocatedStatement, LocatedText
from labkit.check.values import well_formed
from labkit.iam import action_table
from labkit.iam.action_table import CALLER, SERVICE, KeyRow
from labkit.iam.words.advice import CALLER_PARTY, SERVICE_PARTY, advice, sentence, tells_a_party, twin_of
from labkit.pull.policies import LAMBDA, PULL_ACTIONS

WRONG_SIDE = "organization-key-on-wrong-side"
"""The rule about aws:Principal… in a statement for a service, and aws:Source… in one for callers."""
_REGISTRY = ("ecr-repository", "ecr-registry")
_SOURCES = frozenset({"aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths"})


class _Clash(NamedTuple):
    """A key that only some requests have, in a statement for others."""

    rule: str
    only_others: Callable[[LocatedStatement], bool]
    problem: Callable[[KeyRow], str]
    party: str
    whose: str


def _of_callers(key: KeyRow) -> str:
    if key.corrected:
        clause = of_services(key)
        return f"{clause[0].upper()}{clause[1:]}: do not count on a match."
    return f"{key.name} is absent when a service asks, so the statement matches nothing."


_CLASHES = {
    CALLER: _Clash(
        "caller-key-for-service",
        lambda statement: statement.only_services,
        _of_callers,
        SERVICE_PARTY,
        "callers",
    ),
    SERVICE: _Clash(
        WRONG_SIDE,
        lambda statement: bool(statement.principals) and not statement.services and not statement.for_everyone,
        lambda key: f"{key.name} is only there when a service asks, so the statement matches no caller.",
        CALLER_PARTY,
        "services",
    ),
}
_PASS_ROLE, _SPELLED = "iam:PassRole", "iam:PassedToService"
_TO_SERVICE = _SPELLED.lower()
_ABOUT_SERVICES = frozenset({"aws:principalisawsservice", "aws:principalservicename", "aws:principalservicenameslist"})
# Positive conditions on these say whom a statement for everyone means.
_LIMITS = _SOURCES | {
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principaltag",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:sourceip",
    "aws:vpceorgid",
    "aws:vpceorgpaths",
    "aws:vpceaccount",
}


def check(statement: LocatedStatement) -> Iterator[Violation]:
    """Findings about whom a statement with principals lets in or keeps out."""
    if statement.allows:
        misplaced = list(_misplaced_keys(statement))
        yield from misplaced
        if statement.kind.admits:
            yield from _everyone(statement)
            yield from _not_principal(statement)
        if statement.kind.name in _REGISTRY and not misplaced:  # a statement that matches nobody admits nobody
            yield from _without_source(statement)
        if statement.kind.name == "ecr-repository":
            yield from _too_wide(statement)
        yield from _pass_role(statement)
        return
    yield from _not_principal_deny(statement)
    if statement.kind.principal_kinds and statement.kind.name != "vpc-endpoint":  # which no pull by Lambda passes
        yield from _hits_services(statement)


def _misplaced_keys(statement: LocatedStatement) -> Iterator[Violation]:
    for condition in statement.conditions:
        key = action_table.key(condition.key)
        if key is None or not condition.requires or key.carried not in _CLASHES:
            continue
        clash, twin = _CLASHES[key.carried], twin_of(key.name)
        if clash.only_others(statement):
            rule = WRONG_SIDE if tells_a_party(key.name) else clash.rule
            instead = advice(WRONG_SIDE if twin else "key-on-wrong-side", twin=twin, key=key.name, party=clash.party)
            yield Violation(rule, condition.pointer, clash.problem(key), sentence(instead))
        elif statement.services and any(each.kind == "AWS" and not each.is_everyone for each in statement.principals):
            problem = (
                f"{key.name} is only in requests of {clash.whose}: the other half of the statement matches nothing."
            )
            instead = sentence(advice("one-statement-for-both"))
            yield Violation("one-statement-for-both", condition.pointer, problem, instead)


def _limits(condition: LocatedCondition) -> bool:
    return condition.requires and condition.lower_key.partition("/")[0] in _LIMITS


def _everyone(statement: LocatedStatement) -> Iterator[Violation]:
    if statement.for_everyone and not any(_limits(each) for each in statement.conditions):
        problem = "Principal is *: users of every account in the world, and unsigned requests, are meant."
        instead = 'Name accounts, or add "StringEquals": {"aws:PrincipalOrgID": "o-…"}.'
        yield Violation("public-principal", statement.at("Principal"), problem, instead)


def _not_principal(statement: LocatedStatement) -> Iterator[Violation]:
    if "NotPrincipal" in statement.raw and "NotPrincipal" not in statement.kind.forbidden:
        problem = "Whoever is not listed is admitted."
        instead = "Name those to admit in Principal; leave the others out."
        yield Violation("not-principal-allow", statement.at("NotPrincipal"), problem, instead)


def _not_principal_deny(statement: LocatedStatement) -> Iterator[Violation]:
    if "NotPrincipal" in statement.raw and "NotPrincipal" not in statement.kind.forbidden:
        problem = "It also hits every user and role that has a permissions boundary, whoever is listed."
        instead = sentence(advice("not-principal-deny"))
        yield Violation("not-principal-deny", statement.at("NotPrincipal"), problem, instead)


def _pass_role(statement: LocatedStatement) -> Iterator[Violation]:
    named = [value for value in statement.values("Action") if value.text != "*" and covers(value.text, _PASS_ROLE)]
    everything = [value for value in statement.values("Resource") if value.text == "*"]
    if named and everything and _TO_SERVICE not in statement.required_keys:
        problem = "Whoever has this may pass every role of the account to every service."
        instead = f'Name the roles in Resource, or add "StringEquals": {{"{_SPELLED}": "lambda.amazonaws.com"}}.'
        yield Violation("pass-role-with-star", everything[0].pointer, problem, instead)


def _without_source(statement: LocatedStatement) -> Iterator[Violation]:
    services = [name for name in statement.services if well_formed("Service", name, statement.kind)]
    if services and not any(each.requires and each.lower_key in _SOURCES for each in statement.conditions):
        problem = f"{services[0]} is admitted for resources of every account in the world."
        instead = sentence(advice("service-without-source"))
        yield Violation("service-without-source", statement.at("Principal"), problem, instead)


def _too_wide(statement: LocatedStatement) -> Iterator[Violation]:
    if "NotAction" in statement.raw:
        problem = "NotAction grants every action but those listed."
        yield Violation("wider-than-pulling", statement.at("NotAction"), problem, _pull())
    is_wide = _beyond_pull if LAMBDA in statement.services else _everything
    wide = [value for value in statement.values("Action") if is_wide(value)]
    if wide:
        listed = ", ".join(value.text for value in wide)
        problem = f"{listed}: a pull needs none of it." if is_wide is _beyond_pull else f"{listed} is every action."
        yield Violation("wider-than-pulling", wide[0].pointer, problem, _pull())


def _pull() -> str:
    return f"For pulling, allow {' and '.join(PULL_ACTIONS)}."


def _beyond_pull(value: LocatedText) -> bool:
    needed = {action.lower() for action in PULL_ACTIONS}
    return value.text.lower() not in needed and (value.text == "*" or bool(covered(value.text)))


def _everything(value: LocatedText) -> bool:
    return value.text.lower() in ("*", "ecr:*")


def _hits_services(statement: LocatedStatement) -> Iterator[Violation]:
    """A Deny for everyone whose conditions hold where a caller's key is absent, as it is when a service asks.

    So do conditions on keys that a service has with a value that is not documented, whatever the operator.
    """
    who = denied_service(statement)
    conditions = statement.conditions
    if not statement.reaches_services or not who or any(each.lower_key in _ABOUT_SERVICES for each in conditions):
        return
    asked = [(each, key) for each in conditions if (key := action_table.key(each.key)) and is_callers(key)]
    lacking = [each for each, key in asked if not key.corrected]
    if any(each.requires or each.demands for each in lacking):  # then it needs a key that services do not carry
        return
    for each, key in asked:
        holds = "the lab takes a Deny on it as holding" if key.corrected else f"{each.operator} holds then"
        if key.corrected or (each.negated and each.holds_when_absent):
            clause = of_services(key)
            problem = f"{clause[0].upper()}{clause[1:]}, and {holds}: {who}."
            instead = sentence(advice("negated-key-services-lack", statement="the statement"))
            yield Violation("negated-key-services-lack", each.pointer, problem, instead)
