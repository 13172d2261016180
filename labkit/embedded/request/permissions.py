"""Every permission that one call needs: what its operation says, and what the table of actions says of tags.

Whoever makes something with tags tags it: CreateRepository with tags needs ecr:TagResource on the new repository as
well, CreateRole iam:TagRole, CreateFunction lambda:TagResource (AWS enforces this since December 2022). A permissions
boundary that is set at creation needs no permission of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from labkit.embedded.protocol.calls import Access, Call, Operation
from labkit.embedded.request.sources.parameters import tags
from labkit.iam import action_table

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded


def needed(embedded: Embedded, call: Call, operation: Operation) -> list[Access]:
    """The permissions that the call needs, all of them, in the order in which they are asked for."""
    own = operation.needs(embedded, call)
    return [*own, *_tagging(own)] if tags(call) else own


def _tagging(accesses: Sequence[Access]) -> Iterator[Access]:
    """Tagging what is made, unless the operation says itself on what."""
    named = {access.action for access in accesses}
    for access in accesses:
        yield from (replace(access, action=action) for action in _tags_with(access.action) if action not in named)


@cache
def _tags_with(action: str) -> tuple[str, ...]:
    row = action_table.action(action)
    return tuple(other for other, when in row.needs.items() if when == "tags") if row else ()
