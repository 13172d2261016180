"""Authorizing and executing a `Call`: the one way, whichever door it came through (the AWS API, the registry)."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from labkit.embedded.protocol.calls import Call, Handler
from labkit.embedded.services import permissions

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded


def authorize(embedded: Embedded, call: Call) -> None:
    """Raise the access denied `ServiceError` unless the caller has every permission that the call needs."""
    with embedded.lock:
        needed = permissions.accesses(embedded, call)
        if needed is None:
            raise LookupError(f"{call.service}:{call.operation} has a handler but no permissions")
        for access in needed:
            embedded.require(call, access)


def execute(embedded: Embedded, call: Call, handler: Handler, *, unlocked: bool = False) -> dict[str, Any]:
    """Authorize, execute, and write what has changed, under one holding of the lock: no policy changes in between.

    An ``unlocked`` handler takes the lock by itself; it is executed as soon as it has been authorized.
    """
    with nullcontext() if unlocked else embedded.lock:
        authorize(embedded, call)
        output = handler(embedded, call)
        with embedded.lock:
            embedded.changed()
    return output
