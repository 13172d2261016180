"""The Lambda functions of every account: rows of the state, and what belongs to them on disk and in processes.

    FunctionStore      rows, as values of `Function`, read and written in the unit of whoever calls
      .code            the unpacked images that functions run from (labkit.embedded.services.lambda_.invoke.code)
      .environments    the warm processes that run them (labkit.embedded.services.lambda_.invoke.environments)

What is on disk and in processes follows the rows: it is made, ended and removed once a row is durable, never before, so
that a call that is rolled back has done nothing. An image is made ready in the background and put in force in a unit of
its own. A process that dies meanwhile leaves a row that says so, and `FunctionStore.resume` takes the work up again.

A function outlives its image. Where the lab's own Python runs it, the unpacked code is enough; an image with an
interpreter of its own must be had again by any engine, so that its blobs are kept with the function.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future, wait
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from sqlite3 import Row
from typing import Any
from uuid import uuid4

from labkit.embedded.records import tags as resource_tags
from labkit.embedded.services.lambda_.functions import transitions
from labkit.embedded.services.lambda_.functions.record import Function, columns, read
from labkit.embedded.services.lambda_.functions.states import Status
from labkit.embedded.services.lambda_.invoke.code import CodeFailure, CodeStore
from labkit.embedded.services.lambda_.invoke.environments import Environments
from labkit.embedded.state.blobs import BlobStore
from labkit.embedded.state.clock import Clock, stored
from labkit.embedded.state.database import Database, StateError
from labkit.ground.threads import executor
from labkit.pull.function import LATEST, FunctionRef

_LOG = logging.getLogger(__name__)

_UNSETTLED = "(state = 'Pending' OR last_update = 'InProgress')"  # as the index function_unsettled has it
# A list that cannot be read must not stop the others: its row is set aside when it is next read.
_EACH = "SELECT item.value AS digest FROM function, json_each(iif(json_valid({0}), {0}, '[]')) AS item"
_NEEDED_BLOBS = (
    f"{_EACH.format('blobs')} WHERE {_UNSETTLED} AND ready IS NOT function.digest UNION {_EACH.format('running')}"
)


class FunctionStore:
    """All functions; code lies below ``home``. ``kept`` is told whose digests are in use when others have gone.

    ``waits`` tells whether it is too early for what is being made ready to be so, and ``refusal`` why an image cannot
    be fetched anew, if it cannot (`labkit.embedded.services.lambda_.functions.lifecycle`).
    """

    def __init__(
        self,
        home: Path,
        database: Database,
        clock: Clock,
        kept: Callable[[Collection[str]], object] | None = None,
        waits: Callable[[Function], bool] = lambda _: False,
        refusal: Callable[[Function], Status | None] = lambda _: None,
    ) -> None:
        self._db = database
        self._waits = waits
        self._refusal = refusal
        self.code = CodeStore(home / "code", self._needs)
        self.environments = Environments()
        self._kept = kept
        self._now = clock.now
        self._worker = executor(1, "make-ready")
        self._lock = threading.Lock()
        self._work: set[Future[None]] = set()
        self._resumed = False

    # -- Rows ------------------------------------------------------------------------------------------------------

    def get(self, key: FunctionRef) -> Function | None:
        """The function, or None."""
        row = self._db.one("SELECT * FROM function WHERE arn = ? AND version = ?", key.unqualified.arn, LATEST)
        return self._readable(row) if row else None

    def page(self, account: str, region: str, after: str, limit: int) -> tuple[list[Function], str | None]:
        """The next functions of an account in a region, by name, and the last name seen if there are more."""
        rows = self._db.all(
            "SELECT * FROM function WHERE account = ? AND region = ? AND version = ? AND name > ? "
            "ORDER BY name LIMIT ?",
            *(account, region, LATEST, after, limit + 1),
        )
        shown = [function for row in rows[:limit] if (function := self._readable(row))]
        return shown, rows[limit - 1]["name"] if len(rows) > limit else None

    def put(self, function: Function) -> None:
        """Store a new or changed function, in a unit that writes."""
        row = columns(function)
        changes = ", ".join(f"{name} = excluded.{name}" for name in row)
        self._db.run(
            f"INSERT INTO function ({', '.join(row)}) VALUES ({', '.join('?' * len(row))}) "  # noqa: S608 - our names
            f"ON CONFLICT (arn, version) DO UPDATE SET {changes}",
            *row.values(),
        )

    def revised(self, function: Function, **members: Any) -> Function:
        """The function after a change made by its author, now: a new revision, not stored yet."""
        return replace(function, modified=self._now(), revision=str(uuid4()), **members)

    def listed(self, query: str, *params: str) -> list[Function]:
        """The functions that a query of their table finds."""
        return [function for row in self._db.all(query, *params) if (function := self._readable(row))]

    def noted(self, key: FunctionRef, moment: datetime) -> None:
        """Somebody invokes a function, in a unit that writes."""
        where = (key.unqualified.arn, LATEST)
        self._db.run("UPDATE function SET last_invoked = ? WHERE arn = ? AND version = ?", stored(moment), *where)

    def become(self, function: Function, step: Callable[[Function], Function]) -> None:
        """Let a function be another one, in a unit that writes; what ran it is ended, and code that none needs goes."""
        self.put(after := step(function))
        left = {function.ready, function.digest} - {after.ready}
        self._db.afterwards(partial(self._clean_up, function.key.arn, left, self.environments.retire))

    def remove(self, function: Function) -> None:
        """Forget a function in a unit that writes; then end its processes and delete code that no other one runs."""
        arn = function.key.arn
        for table, column in (("function", "arn"), ("function_alias", "arn"), ("tag", "resource")):
            self._db.run(f"DELETE FROM {table} WHERE {column} = ?", arn)  # noqa: S608
        self._db.afterwards(partial(self._clean_up, arn, (function.digest, function.ready), self.environments.stop))

    def tag(self, key: FunctionRef, tags: Mapping[str, str]) -> None:
        """Add tags to a function, replacing those of the same key."""
        resource_tags.put(self._db, key.arn, tags)

    def untag(self, key: FunctionRef, names: Collection[str]) -> None:
        """Remove tags; those that are not there do not matter."""
        resource_tags.remove(self._db, key.arn, names)

    def needed_blobs(self) -> set[str]:
        """The blobs that some function still has to be made ready from or runs; they must outlive their repository."""
        return {row["digest"] for row in self._db.all(_NEEDED_BLOBS)}

    def _needs(self, digest: str) -> bool:
        return self._db.one("SELECT 1 FROM function WHERE digest = ? OR ready = ? LIMIT 1", digest, digest) is not None

    def _readable(self, row: Row) -> Function | None:
        try:
            return read(row)
        except ValueError as error:
            self._db.set_aside("function", "arn = ? AND version = ?", (row["arn"], row["version"]), str(error))
            return None

    # -- Made ready ------------------------------------------------------------------------------------------------

    def make_ready(self, key: FunctionRef, blobs: BlobStore) -> None:
        """Once the present unit is durable, unpack the function's image in the background.

        Then it becomes Active, or Failed with the reason.
        """
        self._db.afterwards(partial(self._begin, self._make_ready, key, blobs))

    def conclude(self, function: Function, blobs: BlobStore) -> None:
        """What a function waits for is over, in a unit that writes: it is ready, or what has come in the way is told.

        Only where its image is not unpacked yet does that go on in the background.
        """
        current = replace(function, ready_after=None)
        if current.fetch and (why := self._refusal(current)):
            self.become(current, partial(transitions.lost, why))
        elif self.code.has(current.digest):
            self.become(current, self._prepared(current, blobs))
        else:
            self.put(current)
            self.make_ready(current.key, blobs)

    def resume(self, blobs: BlobStore) -> None:
        """Take up what an earlier process left unfinished. Does so once; later calls do nothing."""
        if not self._resumed:
            self._db.afterwards(partial(self._take_up, blobs))

    def settle(self) -> None:
        """Wait until everything that was begun has been made ready."""
        while work := self._pending():
            wait(work)

    def close(self) -> None:
        """End all processes; unfinished work is taken up again by the next process."""
        self._worker.shutdown(wait=True, cancel_futures=True)
        self.environments.close()

    def _begin(self, work: Callable[..., None], *args: Any) -> None:
        try:
            future = self._worker.submit(work, *args)
        except RuntimeError:  # the lab is being stopped: the next process takes it up
            return
        with self._lock:
            self._work.add(future)
        future.add_done_callback(self._done)

    def _done(self, future: Future[None]) -> None:
        with self._lock:
            self._work.discard(future)
        if not future.cancelled() and (problem := future.exception()):
            _LOG.error("work on functions in the background failed", exc_info=problem)

    def _pending(self) -> list[Future[None]]:
        with self._lock:
            return list(self._work)

    def _take_up(self, blobs: BlobStore) -> None:
        with self._lock:
            first, self._resumed = not self._resumed, True
        if first:
            self._begin(self._resume, blobs)

    def _resume(self, blobs: BlobStore) -> None:
        self._collect(self.code.digests())
        for row in self._db.all(f"SELECT * FROM function WHERE {_UNSETTLED}"):  # noqa: S608
            if function := self._readable(row):
                self._make_ready(function.key, blobs)

    def _make_ready(self, key: FunctionRef, blobs: BlobStore) -> None:
        try:
            function = self.get(key)
            if function is not None and not function.settled:
                self._finish(function, self._prepared(function, blobs))
        except StateError as error:
            _LOG.error("%s stays as it is and is tried again: %s", key.arn, error)
            self._resumed = False  # the next call takes it up

    def _prepared(self, function: Function, blobs: BlobStore) -> Callable[[Function], Function]:
        """Unpack a function's image; what becomes of the function then."""
        try:
            self.code.prepare(function.digest, blobs)
            stand_in = self.code.config(function.digest).stands_in_for
            return partial(transitions.succeeded, () if stand_in else function.blobs)
        except CodeFailure as failure:
            return partial(transitions.failed, Status("Failed", failure.code, failure.reason))
        except Exception:
            _LOG.exception("the image of %s cannot be made ready", function.key.arn)
            reason = "The embedded AWS failed; its log says why."
            return partial(transitions.failed, Status("Failed", "InternalError", reason))

    def _finish(self, begun: Function, step: Callable[[Function], Function]) -> None:
        """Take the step unless the function has meanwhile been deleted or given another image, or it is too early."""
        with self._db.write():
            current = self.get(begun.key)
            if current is None or current.settled or current.digest != begun.digest:
                self._db.afterwards(partial(self._clean_up, begun.key.arn, (begun.digest,), self.environments.retire))
            elif not self._waits(current):
                why = self._refusal(current) if current.fetch else None
                self.become(current, partial(transitions.lost, why) if why else step)

    # -- Cleaned up ------------------------------------------------------------------------------------------------

    def _clean_up(self, arn: str, digests: Collection[str | None], end: Callable[[str], None]) -> None:
        """End a function's processes and delete code that may have become useless; what fails is for the log."""
        try:
            end(arn)
            self._collect([digest for digest in digests if digest])
        except Exception:
            _LOG.exception("what is left of %s could not be cleaned up", arn)

    def _collect(self, digests: Collection[str]) -> None:
        if self.code.collect(digests) and self._kept:
            rows = self._db.all("SELECT digest FROM function UNION SELECT ready FROM function WHERE ready IS NOT NULL")
            self._kept({row["digest"] for row in rows})
