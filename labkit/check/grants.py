"""Grants: who is let in, or kept out, other than their author thinks.

Sources: IAM User Guide, "AWS global condition context keys" (who carries which key) and "The confused deputy problem";
Lambda Developer Guide, Amazon ECR permissions (what a pull needs).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from labkit.check.actions import covers
from labkit.check.findings import Violation
from labkit.check.global_keys import CALLER, global_key
from labkit.check.located import LocatedCondition, LocatedStatement, LocatedText
from labkit.pull.policies import LAMBDA, PULL_ACTIONS

_SOURCES = frozenset({"aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths"})
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
        yield from _everyone(statement)
        yield from _not_principal(statement)
        if statement.kind.name == "ecr-repository":
            if not misplaced:  # a statement that matches nobody admits nobody
                yield from _without_source(statement)
            yield from _too_wide(statement)
    elif statement.kind.principal_kinds:
        yield from _hits_services(statement)


def check_all(statements: Sequence[LocatedStatement]) -> Iterator[Violation]:
    """Findings about all statements of a policy together."""
    granting = [
        each
        for each in statements
        if each.allows and each.kind.name == "ecr-repository" and LAMBDA in each.services and "Action" in each.raw
    ]
    actions = [value for each in granting for value in each.values("Action")]
    missing = [action for action in PULL_ACTIONS if not any(covers(value.text, action) for value in actions)]
    if len(missing) == 1:
        problem = f"Lambda may not {missing[0]}, which every pull needs as well."
        yield Violation("half-a-pull", granting[-1].at("Action"), problem, f"Allow {' and '.join(PULL_ACTIONS)}.")


def _misplaced_keys(statement: LocatedStatement) -> Iterator[Violation]:
    for condition in statement.conditions:
        key = global_key(condition.key)
        if key is None or not condition.requires:
            continue
        twin = f"Write {key.twin} in" if key.twin else f"Leave {key.name} out of"
        if key.carried == CALLER and statement.only_services:
            problem = f"{key.name} is absent when a service asks, so the statement matches nothing."
            yield Violation(
                "caller-key-for-service", condition.pointer, problem, f"{twin} the statement for the service."
            )
        if key.name.lower() in _SOURCES and statement.principals and not statement.services:
            problem = f"{key.name} is only there when a service asks, so no caller matches."
            yield Violation("source-key-for-caller", condition.pointer, problem, f"{twin} the statement for callers.")


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


def _without_source(statement: LocatedStatement) -> Iterator[Violation]:
    if statement.services and not any(each.requires and each.lower_key in _SOURCES for each in statement.conditions):
        problem = f"{statement.services[0]} is admitted for resources of every account in the world."
        instead = 'Add "ArnLike": {"aws:SourceArn": "arn:aws:lambda:REGION:ACCOUNT:function:*"}.'
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
    return value.text.lower() not in {action.lower() for action in PULL_ACTIONS}


def _everything(value: LocatedText) -> bool:
    return value.text.lower() in ("*", "ecr:*")


def _hits_services(statement: LocatedStatement) -> Iterator[Violation]:
    covers_services = statement.for_everyone or "NotPrincipal" in statement.raw
    conditions = statement.conditions
    if not covers_services or any(each.lower_key in _ABOUT_SERVICES for each in conditions):
        return
    lacking = [each for each in conditions if (key := global_key(each.key)) and key.carried == CALLER]
    if any(each.requires for each in lacking):  # then the statement needs a key that services do not carry
        return
    for each in lacking:
        if each.negated and each.quantifier != "ForAnyValue":
            problem = f"A service's request has no {each.key}, and {each.operator} holds then: Lambda is denied."
            instead = 'Add "Bool": {"aws:PrincipalIsAWSService": "false"} to the statement.'
            yield Violation("negated-key-services-lack", each.pointer, problem, instead)
