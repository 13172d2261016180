"""A function as time goes on: what it waits for, when it becomes Inactive, and how it comes back.

    Pending, InProgress   are over at ``ready_after``, on the lab's clock; in a world that is not realistic as soon as
                          the image is unpacked (`labkit.embedded.state.timing`)
    Active                goes on with Lambda's own copy of the image, whatever becomes of image and policy
    Inactive (Idle)       after weeks without an invocation; the next one is refused and begins to restore it
    restored              Lambda fetches the image again, as itself: the policy must still allow that (`PullQuestion`
                          decides), and the image must be there. It adds nothing to the policy then
    updated               an update of the configuration fetches the image as well, at its end

Each version of a function goes its own way. Sources: Lambda Developer Guide, "Lambda function states", "Create a Lambda
function using a container image" (function lifecycle); accelerated-intelligent-document-processing-on-aws, pull request
524 (an update of the configuration fetches the image, and nothing is added to the policy).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from labkit.embedded.services.ecr.images.image import RepositoryKey
from labkit.embedded.services.lambda_.functions import transitions
from labkit.embedded.services.lambda_.functions.pull import restoring
from labkit.embedded.services.lambda_.functions.record import Function
from labkit.embedded.services.lambda_.functions.states import (
    IMAGE_DELETED,
    IMAGE_DENIED,
    IN_PROGRESS,
    RESTORING,
    Status,
)
from labkit.embedded.services.lambda_.own_calls import note_pull
from labkit.embedded.state.clock import stored
from labkit.pull.uri import ImageUri

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded

NOTED_EVERY = timedelta(hours=1)
"""How exactly the last invocation is kept: an invocation costs no write of its own within that time."""

_LAST = "max(modified, coalesce(last_invoked, modified))"  # as the index function_idle has it
_SOONEST = f"""
    SELECT (SELECT min(ready_after) FROM function WHERE ready_after IS NOT NULL) AS ready,
           (SELECT min({_LAST}) FROM function WHERE state = 'Active') AS last"""  # noqa: S608 - our own names
_WAITING = "SELECT * FROM function WHERE ready_after IS NOT NULL AND NOT (ready_after > ? AND ready_after <= ?)"
_IDLE = f"SELECT * FROM function WHERE state = 'Active' AND {_LAST} <= ? AND last_update IS NOT 'InProgress'"  # noqa: S608


def ready_after(embedded: Embedded, what: str = "pending") -> datetime | None:
    """When something that begins now is over, by a name of `Timing`; None where it takes no time."""
    lasts = embedded.settings.times.of(what)
    return embedded.clock.now() + lasts if lasts else None


def updating(embedded: Embedded, before: Function) -> dict[str, Any]:
    """What an update makes of a function at once: it is in progress, and what was in force goes on serving."""
    return {
        "update": IN_PROGRESS,
        "ready_after": ready_after(embedded),
        "serving": before.serving or {"role": before.role, "options": dict(before.options)},
    }


def waits(embedded: Embedded, function: Function) -> bool:
    """Is what is being made ready not over yet?"""
    return function.ready_after is not None and not _over(embedded, function.ready_after)


def refusal(embedded: Embedded, function: Function) -> Status | None:
    """Why Lambda cannot fetch the function's image again; None where it can.

    A repository that is gone took its image with it. What Lambda says of an archived image is not recorded; it is taken
    for one that is not there.
    """
    uri = ImageUri.parse(function.image_uri)
    record = embedded.repository(uri.account, uri.region, uri.repository)
    if record is not None:
        decision = restoring(embedded, function.key, uri, record).decide(restoring=True)
        note_pull(embedded, None, uri, decision)
        if not decision.allowed:
            return IMAGE_DENIED
    key = RepositoryKey(uri.account, uri.region, uri.repository)
    image = embedded.images.find(key, digest=function.digest)
    return None if image and image.pullable else IMAGE_DELETED


def invoked(embedded: Embedded, function: Function) -> None:
    """Note that a function is invoked, in a unit of its own, unless that was noted a short while ago."""
    now = embedded.clock.now()
    if abs(now - (function.last_invoked or function.modified)) >= NOTED_EVERY:
        with embedded.database.write():
            embedded.functions.noted(function, now)


def wake(embedded: Embedded, function: Function) -> None:
    """Begin to restore a function that has gone idle, in a unit of its own; who asked for that is refused."""
    with embedded.database.write():
        current = embedded.functions.get(function.qualified)
        if current is None or current.state != function.state:  # somebody else was quicker
            return
        until, now = ready_after(embedded, "restoring"), embedded.clock.now()
        waking = replace(current, state=RESTORING, fetch=True, ready_after=until, last_invoked=now)
        embedded.functions.put(waking)
        if waking.ready_after is None:
            embedded.functions.conclude(waking, embedded.images.blobs)


def is_due(embedded: Embedded) -> bool:
    """Is something over that a function waits for, or has nobody invoked one for long enough?"""
    found = embedded.database.one(_SOONEST)
    if found is None or (found["ready"] is None and found["last"] is None):
        return False
    late = _longest_ago(embedded)
    return bool(
        (found["ready"] and embedded.database.one(_WAITING, *_bounds(embedded)))
        or (found["last"] and late and found["last"] <= late and embedded.database.one(_IDLE, late))
    )


def catch_up(embedded: Embedded) -> None:
    """Let functions be what time has made of them, in a unit that writes."""
    store = embedded.functions
    for function in store.listed(_WAITING, *_bounds(embedded)):
        store.conclude(function, embedded.images.blobs)
    if late := _longest_ago(embedded):
        for function in store.listed(_IDLE, late):
            store.become(function, transitions.gone_idle)


def _bounds(embedded: Embedded) -> tuple[str, str]:
    """Between which moments something is still waited for.

    What ends later than anything that begins now would, was begun before the clock was set back, or before the world
    was given other times: it is over.
    """
    now, times = embedded.clock.now(), embedded.settings.times
    return stored(now), stored(now + max(times.of("pending"), times.of("restoring")))


def _over(embedded: Embedded, moment: datetime) -> bool:
    first, last = _bounds(embedded)
    return not first < stored(moment) <= last


def _longest_ago(embedded: Embedded) -> str | None:
    idle = embedded.settings.times.of("idle")
    return stored(embedded.clock.now() - idle) if idle else None
