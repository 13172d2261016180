"""The context of a request: its condition keys, each found when a policy first asks for it.

    labkit.iam.action_table               which keys an action has on AWS
    labkit.embedded.request.sources       where the lab gets the value of each
    labkit.iam.action_table.known_keys    which it gets, which no request here has, and which it does not know

A key that the action does not have is absent, whatever the call says. One that the lab does not know is `UNKNOWN`,
which the engine never takes for absent. A call whose policies have no conditions looks for nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from labkit.embedded.request.sources import FAMILIES, SOURCES
from labkit.embedded.request.sources.asked import Asked
from labkit.iam import Request
from labkit.iam import action_table as actions
from labkit.iam.action_table import known_keys
from labkit.iam.patterns import UNKNOWN, ContextValue
from labkit.iam.request import FoundKeys

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded
    from labkit.embedded.protocol.calls import Access, Call


_ALL = actions.keys()
_NOT_KNOWN = frozenset(name.lower() for name in known_keys.UNKNOWN)


def request_of(embedded: Embedded, call: Call, access: Access) -> Request:
    """The question for the engine: may the caller do this, in this context?"""
    asked = Asked(embedded, call, access)
    return Request(call.identity.principal, access.action, access.resource, asked.owner, Keys(asked))


class Keys(FoundKeys):
    """The condition keys of one permission of one call; a value is found once."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._offered = keys_of(asked.access.action)
        self._found: dict[str, ContextValue | None] = {
            name.lower(): value if isinstance(value, str) else tuple(value)
            for name, value in {**asked.call.identity.context, **asked.access.context}.items()
        }

    def get(self, name: str, default: Any = None) -> Any:
        """The value; `UNKNOWN` for a key that AWS has and the lab does not know, ``default`` for one that is absent."""
        if name not in self._found:
            self._found[name] = self._find(name)
        value = self._found[name]
        return default if value is None else value

    def __getitem__(self, name: str) -> ContextValue:
        value: ContextValue | None = self.get(name)
        if value is None or value is UNKNOWN:
            raise KeyError(name)
        return value

    def _find(self, name: str) -> ContextValue | None:
        family, slash, rest = name.partition("/")
        if family not in self._offered:
            return None
        if slash:
            return self._family(family).get(rest) if family in FAMILIES else None
        if name in SOURCES:
            return SOURCES[name](self._asked)
        return UNKNOWN if name in _NOT_KNOWN else None

    def _family(self, family: str) -> Mapping[str, str]:
        # Names of keys are compared whatever their case, those of tags in them too.
        return {name.lower(): value for name, value in FAMILIES[family](self._asked).items()}

    def __iter__(self) -> Iterator[str]:
        named = [*self._found, *(name for name in SOURCES if name in self._offered)]
        tags = [f"{family}/{rest}" for family in FAMILIES if family in self._offered for rest in self._family(family)]
        return (name for name in dict.fromkeys((*named, *tags)) if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    @property
    def unknown(self) -> frozenset[str]:
        """The names of the keys that AWS has for this request and that the lab does not know."""
        return frozenset(name for name in self._offered if self.get(name) is UNKNOWN)


@cache
def keys_of(action: str) -> frozenset[str]:
    """The keys that a request for an action can have on AWS, in lower case, of a family what stands before the slash.

    Of an action that is newer than the table the global ones alone are known.
    """
    row = actions.action(action)
    found = actions.keys_of(row) if row else (each for each in _ALL if each.everywhere)
    return frozenset(key.name.lower().partition("/${")[0] for key in found)
