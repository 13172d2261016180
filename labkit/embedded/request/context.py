"""The context of a request: its condition keys, each found when a policy first asks for it.

`labkit.embedded.request.sources` has a row for each. A call whose policies have no conditions looks for nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from labkit.embedded.request.sources import FAMILIES, SOURCES
from labkit.embedded.request.sources.asked import Asked
from labkit.iam import Request
from labkit.iam.patterns import ContextValue

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded
    from labkit.embedded.protocol.calls import Access, Call


def request_of(embedded: Embedded, call: Call, access: Access) -> Request:
    """The question for the engine: may the caller do this, in this context?"""
    asked = Asked(embedded, call, access)
    return Request(call.identity.principal, access.action, access.resource, asked.owner, Keys(asked))


class Keys(Mapping[str, ContextValue]):
    """The condition keys of one permission of one call, by their names in lower case; a value is found once."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._found: dict[str, ContextValue | None] = {
            name.lower(): value if isinstance(value, str) else tuple(value)
            for name, value in {**asked.call.identity.context, **asked.access.context}.items()
        }

    def __getitem__(self, name: str) -> ContextValue:
        if name not in self._found:
            self._found[name] = self._find(name)
        value = self._found[name]
        if value is None:
            raise KeyError(name)
        return value

    def _find(self, name: str) -> ContextValue | None:
        family, slash, rest = name.partition("/")
        if slash:
            return self._family(family).get(rest) if family in FAMILIES else None
        return SOURCES[name](self._asked) if name in SOURCES else None

    def _family(self, family: str) -> Mapping[str, str]:
        # Names of keys are compared whatever their case, those of tags in them too.
        return {name.lower(): value for name, value in FAMILIES[family](self._asked).items()}

    def __iter__(self) -> Iterator[str]:
        named = [*self._found, *SOURCES]
        tags = [f"{family}/{rest}" for family in FAMILIES for rest in self._family(family)]
        return (name for name in dict.fromkeys((*named, *tags)) if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)
