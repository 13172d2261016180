"""Conditions that hold, or fail, because a key is absent or has several values: set operators, IfExists, Null.

Sources: IAM User Guide, "Set operators for multivalued context keys", "Condition operators" (IfExists, Null); IAM
Access Analyzer policy check reference (ForAllValues with single valued key, Null with qualifier, Empty array
condition).
"""

from __future__ import annotations

from collections.abc import Iterator

from labkit.check.actions import denied_service
from labkit.check.conditions.keys import is_callers
from labkit.check.findings import Violation
from labkit.check.located import LocatedCondition, LocatedStatement
from labkit.iam import action_table
from labkit.iam.words.advice import advice, quantifier, sentence

_NULL_WITH_QUALIFIER = {"ForAllValues": "always holds", "ForAnyValue": "never holds"}


def _sets(condition: LocatedCondition, _statement: LocatedStatement) -> Iterator[Violation]:
    key = action_table.key(condition.key)
    if key and key.multivalued and not condition.quantifier and condition.name != "Null":
        problem = f"{key.name} can have several values, and {condition.operator} alone never matches it."
        instead = sentence(
            advice("set-operator", quantifier=quantifier(condition.operator), operator=condition.operator)
        )
        yield Violation("missing-set-operator", condition.pointer, problem, instead)


def _all_values(condition: LocatedCondition, statement: LocatedStatement) -> Iterator[Violation]:
    if condition.quantifier != "ForAllValues" or condition.name == "Null" or not statement.allows:
        return
    if condition.lower_key in statement.required_keys:
        return
    key = action_table.key(condition.key)
    instead = f'Write ForAnyValue, or add "Null": {{"{condition.key}": "false"}}.'
    if key and not key.multivalued:
        instead = f"Write {condition.operator.partition(':')[2]}: {key.name} has one value."
    problem = f"ForAllValues holds when the request has no {condition.key} at all."
    yield Violation("all-values-with-allow", condition.pointer, problem, instead)


def _if_exists(condition: LocatedCondition, statement: LocatedStatement) -> Iterator[Violation]:
    key = action_table.key(condition.key)
    whose = {"caller": "a service's, say", "service": "a caller's, say"}.get(key.carried if key else "")
    if not whose or not _holds_by_absence(condition) or condition.quantifier == "ForAllValues":
        return
    if statement.allows and condition.lower_key not in statement.required_keys:
        problem = f"{condition.operator} also holds for requests without {condition.key} ({whose}): all of them may."
        instead = f"Write {condition.operator.removesuffix('IfExists')}."
        yield Violation("if-exists-with-allow", condition.pointer, problem, instead)


def _deny(condition: LocatedCondition, statement: LocatedStatement) -> Iterator[Violation]:
    """A Deny on a value that also hits requests without the key; Bool with false is meant so (no MFA at all)."""
    if statement.allows or not _holds_by_absence(condition) or condition.lower_key in statement.required_keys:
        return
    if condition.name == "Bool" and {value.text.lower() for value in condition.values} == {"false"}:
        return
    key = action_table.key(condition.key)
    problem = f"{condition.operator} also holds for requests without {condition.key}: all of them are denied."
    if statement.reaches_services and is_callers(key) and (what := denied_service(statement)):
        problem = f"{problem[:-1]}, a service's too ({what})."
    plain = condition.operator.removeprefix("ForAllValues:").removesuffix("IfExists")
    instead = f"Write {'ForAnyValue:' if key and key.multivalued else ''}{plain}."
    yield Violation("deny-without-the-key", condition.pointer, problem, instead)


def _holds_by_absence(condition: LocatedCondition) -> bool:
    return condition.holds_when_absent and not condition.negated


def _null(condition: LocatedCondition, _statement: LocatedStatement) -> Iterator[Violation]:
    if condition.name == "Null" and condition.quantifier:
        problem = f"{condition.operator} {_NULL_WITH_QUALIFIER[condition.quantifier]}."
        yield Violation("null-with-qualifier", condition.pointer, problem, "Write Null alone.")


def _empty(condition: LocatedCondition, _statement: LocatedStatement) -> Iterator[Violation]:
    if not condition.values:
        problem = f"{condition.operator} has no value to compare {condition.key} with, so nothing equals one."
        yield Violation("empty-condition", condition.pointer, problem, "Write a value, or leave the condition out.")


RULES = (_sets, _all_values, _if_exists, _deny, _null, _empty)
"""The rules of this module: each takes a condition and its statement."""
