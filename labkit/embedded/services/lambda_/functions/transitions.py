"""What a function becomes: pure steps from one record to the next; the states are those of `functions.states`.

Each is taken in a unit that writes, when what it speaks of has happened.
"""

from __future__ import annotations

from dataclasses import replace

from labkit.embedded.services.lambda_.functions.record import Function
from labkit.embedded.services.lambda_.functions.states import (
    ACTIVE,
    IDLE,
    IN_PROGRESS,
    PENDING,
    RESTORING,
    SUCCESSFUL,
    Status,
)


def succeeded(running: tuple[str, ...], function: Function) -> Function:
    """Its image is ready: it is Active with it; containers are made from the blobs in ``running``."""
    update = function.update if function.state.is_one(RESTORING) else SUCCESSFUL
    return _over(function, ready=function.digest, running=running, state=ACTIVE, update=update, serving=None)


def failed(why: Status, function: Function) -> Function:
    """Its image cannot be used: a new function fails, one that was to be restored stays Inactive.

    Where it was updated, what was there before goes on, and the update has failed.
    """
    if function.state.is_one(RESTORING):
        return _over(function, state=why.being("Inactive"))
    broken = function.state.value in (PENDING.value, "Failed")
    return _over(function, state=why if broken else function.state, update=why if function.update else None)


def lost(why: Status, function: Function) -> Function:
    """Its image was to be fetched anew and is refused, or gone: nothing serves any more."""
    updating = function.update is not None and function.update.value == IN_PROGRESS.value
    update = why.being("Failed") if updating else function.update
    return _over(function, ready=None, running=(), state=why, update=update)


def gone_idle(function: Function) -> Function:
    """Nobody has invoked it for long: Lambda reclaims its copy of the image."""
    return _over(function, ready=None, running=(), state=IDLE)


def _over(function: Function, **members: object) -> Function:
    return replace(function, ready_after=None, fetch=False, **members)  # type: ignore[arg-type]
