"""What came of comparing one element of a statement with a request: the pattern beside the value, and the outcome.

Parts are facts. Sentences are made of them only when asked, by ``labkit.iam.words.reasons``.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple

from labkit.iam.patterns import UNKNOWN, Context, ContextValue, Pattern


class Outcome(Enum):
    """Why a condition key's comparison held or not."""

    HOLDS = "holds"
    DIFFERS = "differs"  #: the value is there and does not match
    EXCLUDED = "excluded"  #: a negated operator, and the value matches
    ABSENT = "absent"  #: the key is absent and that decides against
    ABSENT_HOLDS = "absent-holds"  #: the key is absent and that decides for
    MULTIVALUED = "multivalued"  #: the key can have several values, and there is no ForAnyValue: or ForAllValues:
    NO_VARIABLE = "no-variable"  #: a policy variable in the value has no value in this request
    UNKNOWN = "unknown"  #: AWS has the key, or the variable's key, and its value is not known here

    @property
    def holds(self) -> bool:
        """Whether the comparison came out in favour of the statement."""
        return self in (Outcome.HOLDS, Outcome.ABSENT_HOLDS)

    def satisfies(self, allows: bool) -> bool:
        """Whether a statement takes it as holding: what is not known never helps an Allow, and always a Deny."""
        return self.holds or (self is Outcome.UNKNOWN and not allows)


class Part(NamedTuple):
    """One element of a statement against the request.

    ``element`` is its name in the policy (Principal, NotAction, …, Condition); ``wanted`` are the policy's values,
    ``got`` is the request's value (None: absent). ``operator``, ``key`` and ``outcome`` are set for a condition;
    ``outcome`` is Outcome.UNKNOWN also for a Resource with a variable whose value is not known.
    ``resolved`` are the wanted values with their variables replaced (None: a variable has no value), and empty where
    there are no variables.
    """

    element: str
    matched: bool
    wanted: tuple[str, ...]
    got: ContextValue | None
    operator: str = ""
    key: str = ""
    outcome: Outcome | None = None
    resolved: tuple[str | None, ...] = ()


def variables_of(patterns: Iterable[Pattern]) -> tuple[str, ...]:
    """The context keys that stand as variables in any of the patterns, in lower case."""
    return tuple(dict.fromkeys(key for pattern in patterns for key in pattern.variables))


def resolved(patterns: Iterable[Pattern], context: Context) -> tuple[str | None, ...]:
    """The patterns' texts with variables replaced; None where one has no value."""
    return tuple(each.resolve(context) for each in patterns)


def asks_unknown(variables: Iterable[str], context: Context) -> bool:
    """Whether one of these keys is there on AWS and not known here."""
    return any(context.get(key) is UNKNOWN for key in variables)
