"""A function as it is kept: a row of the table ``function`` for ``$LATEST``, and one for every published version.

A record is a value: a change makes a new one. ``digest`` is the image that the function is configured with, ``ready``
the one that it runs: they differ while an image is being made ready, during which the old code serves.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from sqlite3 import Row
from typing import Any
from uuid import uuid4

from labkit.embedded.services.lambda_.functions.states import PENDING, SUCCESSFUL, Status
from labkit.embedded.state.clock import read_stored, stored
from labkit.pull.function import LATEST, FunctionRef


def new_revision() -> str:
    """What a RevisionId is from one change to the next."""
    return str(uuid4())


@dataclass(frozen=True)
class Function:
    """One version of a function: ``key`` has no qualifier, ``version`` is ``$LATEST`` or a number.

    ``image_uri`` is what its author wrote, ``resolved_uri`` the same by digest, ``digest`` the image's digest,
    ``blobs`` the manifest, configuration and layers that it takes to make it ready, ``ready`` the digest of the
    image that answers now, ``running`` the blobs that its containers are made from, where it has an interpreter of its
    own. ``options`` has what its author chose, in the names and forms of Lambda's API: Description, Timeout (seconds),
    MemorySize (MiB), Environment, Architectures and so on.

    ``serving`` has the role and options that invocations use as long as those above are not in force: while an update
    is in progress, and when it has failed. What is being made ready is not ready before ``ready_after``; ``fetch``:
    its image is fetched anew then, and may be refused or gone. ``last_invoked`` is exact to the hour.

    What follows is of ``$LATEST`` alone: ``published`` is the version that is the same as it, None after any update;
    ``concurrency`` is what is reserved for the function.
    """

    key: FunctionRef
    role: str
    image_uri: str
    resolved_uri: str
    digest: str
    blobs: tuple[str, ...]
    options: Mapping[str, Any]
    modified: datetime
    revision: str = field(default_factory=new_revision)
    state: Status = PENDING
    update: Status | None = None
    ready: str | None = None
    running: tuple[str, ...] = ()
    ready_after: datetime | None = None
    last_invoked: datetime | None = None
    serving: Mapping[str, Any] | None = None
    fetch: bool = False
    version: str = LATEST
    published: str | None = None
    concurrency: int | None = None

    @property
    def in_force(self) -> Function:
        """The function with the role and options that invocations use now."""
        return replace(self, **self.serving) if self.serving else self

    @property
    def qualified(self) -> FunctionRef:
        """This version, with ``$LATEST`` or its number as the qualifier; it names the row."""
        return replace(self.key, qualifier=self.version)

    @property
    def fingerprint(self) -> str:
        """What tells apart the running code and its configuration before and after a change."""
        used = self.in_force
        return sha256(json.dumps([used.ready, used.role, used.options], sort_keys=True).encode()).hexdigest()

    @property
    def settled(self) -> bool:
        """Is nothing being made ready?"""
        return self.state.value != "Pending" and (self.update or SUCCESSFUL).value != "InProgress"


def columns(function: Function) -> dict[str, str | int | None]:
    """The columns of a function's row, by their names."""
    key, update = function.key, function.update or (None, None, None)
    return {
        "arn": key.arn,
        "version": function.version,
        "account": key.account,
        "region": key.region,
        "name": key.name,
        "role": function.role,
        "image_uri": function.image_uri,
        "resolved_uri": function.resolved_uri,
        "digest": function.digest,
        "blobs": json.dumps(function.blobs),
        "ready": function.ready,
        "running": json.dumps(function.running),
        "options": json.dumps(function.options),
        "modified": stored(function.modified),
        "revision": function.revision,
        "published": function.published,
        "concurrency": function.concurrency,
        **dict(zip(("state", "state_code", "state_reason"), function.state, strict=True)),
        **dict(zip(("last_update", "last_update_code", "last_update_reason"), update, strict=True)),
        "ready_after": stored(function.ready_after) if function.ready_after else None,
        "last_invoked": stored(function.last_invoked) if function.last_invoked else None,
        "serving": json.dumps(function.serving) if function.serving else None,
        "fetch": function.fetch,
    }


def read(row: Row) -> Function:
    """The function that a row is. Raises ValueError for one that cannot be read."""
    return Function(
        FunctionRef(row["account"], row["region"], row["name"]),
        row["role"],
        row["image_uri"],
        row["resolved_uri"],
        row["digest"],
        _digests(row["blobs"]),
        _options(row["options"]),
        read_stored(row["modified"]),
        row["revision"],
        Status(row["state"], row["state_code"], row["state_reason"]),
        Status(row["last_update"], row["last_update_code"], row["last_update_reason"]) if row["last_update"] else None,
        row["ready"],
        _digests(row["running"]),
        read_stored(row["ready_after"]) if row["ready_after"] else None,
        read_stored(row["last_invoked"]) if row["last_invoked"] else None,
        _options(row["serving"]) if row["serving"] else None,
        bool(row["fetch"]),
        row["version"],
        row["published"],
        row["concurrency"],
    )


def _digests(text: str) -> tuple[str, ...]:
    found = json.loads(text)
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise ValueError(f"{text[:80]!r} is no list of digests")
    return tuple(found)


def _options(text: str) -> dict[str, Any]:
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError(f"{text[:80]!r} has no options of a function")
    return found
