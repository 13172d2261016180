"""Lists in pages: MaxItems, Marker and NextMarker of Lambda's List… operations.

A page is what comes after the position in its marker (`labkit.embedded.services.paging`). Lambda shows 50 at most,
whatever is asked for (Lambda API Reference, ListFunctions and ListVersionsByFunction; of aliases taken to be so).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from labkit.embedded.services import paging
from labkit.embedded.services.lambda_.errors import error

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded
    from labkit.embedded.protocol.calls import Call

PAGE = 50
"""Items on a page; MaxItems can only ask for fewer."""

Item = TypeVar("Item")

Fetch = Callable[[str, int], tuple[Sequence[Item], str | None]]
"""``fetch(after, limit)``: the next items after a position, and the position of the last one if there are more."""


def page(
    embedded: Embedded, call: Call, member: str, fetch: Fetch[Item], shape: Callable[[Item], Any]
) -> dict[str, Any]:
    """The page that ``call`` asks for: the items in ``member`` as ``shape`` shows them, and how to go on.

    The first begins after the position "". Raises InvalidParameterValueException for a marker that no answer to this
    list contained.
    """
    marker = call.params.get("Marker")
    after = paging.unseal(embedded, call, marker) if marker else ""
    if after is None:
        raise error("bad marker")
    items, last = fetch(after, min(int(call.params.get("MaxItems") or PAGE), PAGE))
    answer: dict[str, Any] = {member: [shape(item) for item in items]}
    return {**answer, "NextMarker": paging.seal(embedded, call, last)} if last else answer
