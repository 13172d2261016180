"""Conditions: operators, keys and values that can never do what their author hopes.

keys         what is said of a key: which one was meant, whether a service has it
forms        how dates, variables and keys are written
comparisons  operators that do not exist, values that nothing matches
absences     conditions that hold, or fail, because a key is absent or has several values
known        keys that nobody has, that these actions do not have, that the lab does not know
"""

from __future__ import annotations

from collections.abc import Iterator

from labkit.check.conditions import absences, comparisons, forms, known
from labkit.check.findings import Violation
from labkit.check.located import LocatedStatement

_RULES = (*comparisons.RULES, *absences.RULES, *known.RULES)


def check(statement: LocatedStatement) -> Iterator[Violation]:
    """Findings about each operator, key and value of a statement's Condition, and about its variables."""
    for condition in statement.conditions:
        if not comparisons.exists(condition):
            yield comparisons.unknown_operator(condition)
            continue
        for rule in _RULES:
            yield from rule(condition, statement)
    yield from comparisons.old_variables(statement)
    yield from forms.check(statement)
