"""Keys that nobody has, that the actions of the statement do not have, and whose value the lab does not know.

Sources: Service Authorization Reference, by ``labkit.iam.action_table``; IAM Access Analyzer policy check reference
(Allow and Deny with unsupported tag condition key).
"""

from __future__ import annotations

from collections.abc import Iterator

from labkit.check.actions import denied_service, rows_of
from labkit.check.conditions.keys import is_of_the_table, suggestion
from labkit.check.findings import Violation, quoted
from labkit.check.located import LocatedCondition, LocatedStatement
from labkit.iam import action_table
from labkit.iam.action_table import KeyRow, known_keys


def _key(condition: LocatedCondition, statement: LocatedStatement) -> Iterator[Violation]:
    key, meant = action_table.key(condition.key), suggestion(condition.key)
    if key is None and (meant or is_of_the_table(condition.key)):
        instead = f"Did you mean {meant}?" if meant else "Look the name up; keys of a service begin with its name."
        problem = f"There is no condition key {quoted(condition.key)}."
        yield Violation("unknown-key", condition.pointer, problem, instead)
    elif key is not None:
        yield from _of_no_action(condition, key, statement) or _unfilled(condition, key, statement)


def _of_no_action(condition: LocatedCondition, key: KeyRow, statement: LocatedStatement) -> list[Violation]:
    rows = None if key.everywhere else rows_of(statement)
    if not rows or any(key.name in (*row.request_keys, *row.resource_keys) for row in rows):
        return []
    named = rows[0].name if len(rows) == 1 else f"None of the {len(rows)} actions"
    has = "has no" if len(rows) == 1 else "has"
    problem = f"{named} {has} {key.name} on AWS, so the request never holds it."
    instead = f"Name actions that have {key.name}, or leave the condition out."
    return [Violation("key-of-no-action", condition.pointer, problem, instead)]


def _unfilled(condition: LocatedCondition, key: KeyRow, statement: LocatedStatement) -> list[Violation]:
    pulls = statement.services or (statement.reaches_services and denied_service(statement))
    at_times = known_keys.AT_TIMES if pulls and not key.corrected else {}
    why = at_times.get(key.name) or known_keys.UNKNOWN.get(key.name, "")
    if not why and action_table.is_known(key.name):
        return []
    always = "does not always know" if key.name in at_times else "does not know"
    because = f" ({why})" if why else ""
    problem = f"The lab {always} {condition.key}{because}: then no Allow with it applies, and every Deny does."
    return [Violation("key-unknown-to-lab", condition.pointer, problem, "Try on AWS what this condition decides.")]


RULES = (_key,)
"""The rules of this module: each takes a condition and its statement."""
