"""Authorizing and executing a `Call`: the one way, whichever door it came through (the AWS API, the registry)."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from labkit.embedded.protocol.calls import Call, Operation

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded


def authorize(embedded: Embedded, call: Call, operation: Operation) -> None:
    """Raise the access denied `ServiceError` unless the caller has every permission that the call needs."""
    with embedded.lock:
        for access in operation.needs(embedded, call):
            embedded.require(call, access)


def execute(embedded: Embedded, call: Call, operation: Operation) -> dict[str, Any]:
    """Authorize, execute, and write what has changed, under one holding of the lock: no policy changes in between.

    An operation that ``locks_itself`` is executed as soon as it has been authorized.
    """
    with nullcontext() if operation.locks_itself else embedded.lock:
        authorize(embedded, call, operation)
        output = operation.handler(embedded, call)
        with embedded.lock:
            embedded.changed()
    return output
