"""What came of comparing one element of a statement with a request: the pattern beside the value, and the outcome.

Parts are facts. Sentences are made of them only when asked, by ``labkit.iam.reasons``. A compiled element remembers
the parts it has made (``Memo``), since the same few principals, actions and values are asked about again and again.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Generic, NamedTuple, TypeVar

from labkit.iam.patterns import Context, ContextValue


class Outcome(Enum):
    """Why a condition key's comparison held or not."""

    HOLDS = "holds"
    DIFFERS = "differs"  #: the value is there and does not match
    EXCLUDED = "excluded"  #: a negated operator, and the value matches
    ABSENT = "absent"  #: the key is absent and that decides against
    ABSENT_HOLDS = "absent-holds"  #: the key is absent and that decides for
    MULTIVALUED = "multivalued"  #: several values, and no ForAnyValue: or ForAllValues:
    NO_VARIABLE = "no-variable"  #: a policy variable in the value has no value in this request

    @property
    def holds(self) -> bool:
        """Whether the comparison came out in favour of the statement."""
        return self in (Outcome.HOLDS, Outcome.ABSENT_HOLDS)


class Part(NamedTuple):
    """One element of a statement against the request.

    ``element`` is its name in the policy (Principal, NotAction, …, Condition); ``wanted`` are the policy's values,
    ``got`` is the request's value (None: absent). ``operator``, ``key`` and ``outcome`` are set for a condition.
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


Asked = TypeVar("Asked")
Found = TypeVar("Found")
_LIMIT = 4096


class Memo(Generic[Asked, Found]):
    """Remembers what ``compute(value, context)`` made of a value and of the context keys that it looks at.

    ``variables`` are these keys; ``compute`` is given a context of only them, so that it cannot depend on others.
    """

    __slots__ = ("_compute", "_found", "_variables")

    def __init__(self, variables: tuple[str, ...], compute: Callable[[Asked, Context], Found]) -> None:
        self._variables = variables
        self._compute = compute
        self._found: dict[tuple[object, ...], Found] = {}

    def look(self, value: Asked, context: Context) -> Found:
        """What was made of this value before, or what is made of it now."""
        asked = (value, *map(context.get, self._variables)) if self._variables else (value,)
        found = self._found.get(asked)
        if found is None:
            if len(self._found) >= _LIMIT:
                self._found.clear()
            known = {name: context[name] for name in self._variables if name in context}
            found = self._found[asked] = self._compute(value, known)
        return found


def variables_of(patterns: tuple[object, ...]) -> tuple[str, ...]:
    """The context keys that stand as variables in any of the patterns."""
    return tuple(dict.fromkeys(key for pattern in patterns for key in getattr(pattern, "variables", ())))
