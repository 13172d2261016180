"""What is asked when a condition key is looked for: one permission of one call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from labkit.iam.patterns import ContextValue

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded
    from labkit.embedded.protocol.calls import Access, Call


class Asked(NamedTuple):
    """One permission (``access``) that one ``call`` needs."""

    embedded: Embedded
    call: Call
    access: Access

    @property
    def owner(self) -> str:
        """The account that owns the resource."""
        return self.access.account or self.call.account


Source = Callable[[Asked], ContextValue | None]
"""Finds the value of a condition key; None where the request has none."""

Family = Callable[[Asked], Mapping[str, str]]
"""Finds the values of all keys of a family, by what stands behind the slash."""
