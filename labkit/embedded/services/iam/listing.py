"""Lists in pages, after a sort key: MaxItems, Marker and IsTruncated of every List… operation.

A page is what comes after the key in its marker (`labkit.embedded.services.paging`), so any page size shows every row
once, also while others come and go. IsTruncated is always answered.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from sqlite3 import Row
from typing import TYPE_CHECKING, Any, TypeVar

from labkit.embedded.services import paging
from labkit.embedded.services.iam.errors import refusal

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded
    from labkit.embedded.protocol.calls import Call

PAGE = 100
"""Items of a page where the caller names no number."""

_LONGEST_MARKER = 320  # characters, by IAM's model

Item = TypeVar("Item")

Fetch = Callable[[str, int], Sequence[Row]]
"""``fetch(after, limit)``: up to ``limit`` rows whose column ``key`` comes after ``after``, in the order of ``key``."""


def page(
    embedded: Embedded, call: Call, member: str, fetch: Fetch, shape: Callable[[Row], Any], key: str = "name"
) -> dict[str, Any]:
    """One page of a list: the rows in ``member`` as ``shape`` shows them, and how to go on.

    Raises the ValidationError of IAM for a marker that no answer to this list contained.
    """
    shown, further = cut(embedded, call, fetch, lambda row: str(row[key]))
    return {member: [shape(row) for row in shown], **further}


def cut(
    embedded: Embedded, call: Call, fetch: Callable[[str, int], Sequence[Item]], key: Callable[[Item], str]
) -> tuple[Sequence[Item], dict[str, Any]]:
    """The items of the page that ``call`` asks for, and the members that say how to go on; ``fetch`` as in `Fetch`."""
    limit = int(call.params.get("MaxItems", PAGE))
    items = fetch(position(embedded, call), limit + 1)
    shown, marker = items[:limit], ""
    if len(items) > limit:
        marker = paging.seal(embedded, call, key(shown[-1]))
    if len(marker) > _LONGEST_MARKER:  # a tag's key can be too long for a marker; then the rest comes at once
        shown, marker = [*shown, *fetch(key(shown[-1]), -1)], ""
    return shown, more(marker)


def position(embedded: Embedded, call: Call) -> str:
    """The key after which the page that ``call`` asks for begins; empty for the first."""
    marker = call.params.get("Marker")
    found = "" if marker is None else paging.unseal(embedded, call, marker)
    if found is None:
        raise refusal("bad marker")
    return found


def more(marker: str) -> dict[str, Any]:
    """The members that every list answers: whether there is more, and the marker of what follows."""
    return {"IsTruncated": True, "Marker": marker} if marker else {"IsTruncated": False}
