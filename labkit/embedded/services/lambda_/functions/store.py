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
import random
import threading
from collections.abc import Callable, Collection
from concurrent.futures import Future, wait
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from sqlite3 import Row
from typing import Any

from labkit.embedded.records import bindings
from labkit.embedded.services.lambda_.functions import transitions
from labkit.embedded.services.lambda_.functions.record import Function, columns, new_revision, read
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
_NUMBER = "CAST(version AS INTEGER)"  # 0 for $LATEST
_NEEDED_BLOBS = (
    f"{_EACH.format('blobs')} WHERE {_UNSETTLED} AND ready IS NOT function.digest UNION {_EACH.format('running')}"
)


class FunctionStore:
    """All functions; code lies below ``home``. ``kept`` is told whose digests are in use when others have gone.

    ``waits`` tells whether it is too early for what is being made ready to be so, and ``refusal`` why an image cannot
    be fetched anew, if it cannot (`labkit.embedded.services.lambda_.functions.lifecycle`).
    ``draw`` answers the numbers, from 0 up to 1, by which aliases share out invocations.
    """

    draw: Callable[[], float] = staticmethod(random.random)

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

    def get(self, ref: FunctionRef) -> Function | None:
        """A version of a function by its number, ``$LATEST`` where there is no qualifier, or None."""
        version = ref.qualifier or LATEST
        row = self._db.one("SELECT * FROM function WHERE arn = ? AND version = ?", ref.unqualified.arn, version)
        return self._readable(row) if row else None

    def page(
        self, account: str, region: str, after: str, limit: int, all_versions: bool = False
    ) -> tuple[list[Function], str | None]:
        """The next functions of an account in a region, by name, and where the last one stands if there are more.

        With ``all_versions`` those that are published too, each function's ``$LATEST`` first.
        """
        which = "" if all_versions else f"version = '{LATEST}' AND "
        name, _, number = after.partition(":")
        rows = self._db.all(
            f"SELECT * FROM function WHERE account = ? AND region = ? AND {which}"  # noqa: S608
            f"(name, {_NUMBER}) > (?, ?) ORDER BY name, {_NUMBER} LIMIT ?",
            *(account, region, name, int(number or -1), limit + 1),
        )
        last = rows[limit - 1] if len(rows) > limit else None
        return self._readables(rows[:limit]), f"{last['name']}:{_number(last)}" if last else None

    def versions(self, key: FunctionRef, after: int, limit: int) -> tuple[list[Function], int | None]:
        """The next versions of a function, ``$LATEST`` first as number 0, and the last number if there are more."""
        rows = self._db.all(
            f"SELECT * FROM function WHERE arn = ? AND {_NUMBER} > ? ORDER BY {_NUMBER} LIMIT ?",  # noqa: S608
            *(key.unqualified.arn, after, limit + 1),
        )
        return self._readables(rows[:limit]), _number(rows[limit - 1]) if len(rows) > limit else None

    def number(self, key: FunctionRef) -> str:
        """A number for a new version of a function, in a unit that writes; one that was never given before."""
        arn = key.unqualified.arn
        self._db.run(
            "INSERT INTO function_number (arn, last) VALUES (?, 1) ON CONFLICT (arn) DO UPDATE SET last = last + 1", arn
        )
        row = self._db.one("SELECT last FROM function_number WHERE arn = ?", arn)
        assert row is not None  # noqa: S101 - it has just been written
        return str(row["last"])

    def count(self, account: str, region: str) -> int:
        """How many functions an account has in a region."""
        return self._sum("count(*)", account, region)

    def reserved(self, account: str, region: str) -> int:
        """How many concurrent invocations are reserved for functions of an account in a region."""
        return self._sum("coalesce(sum(concurrency), 0)", account, region)

    def _sum(self, of: str, *place: str) -> int:
        where = f"account = ? AND region = ? AND version = '{LATEST}'"
        row = self._db.one(f"SELECT {of} AS number FROM function WHERE {where}", *place)  # noqa: S608
        return int(row["number"]) if row else 0

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
        """The function after a change made by its author, now: a new revision, like no version; not stored yet."""
        return replace(function, modified=self._now(), revision=new_revision(), published=None, **members)

    def listed(self, query: str, *params: str) -> list[Function]:
        """The functions that a query of their table finds."""
        return self._readables(self._db.all(query, *params))

    def noted(self, version: Function, moment: datetime) -> None:
        """Somebody invokes a version of a function, in a unit that writes."""
        where = (version.key.arn, version.version)
        self._db.run("UPDATE function SET last_invoked = ? WHERE arn = ? AND version = ?", stored(moment), *where)

    def become(self, function: Function, step: Callable[[Function], Function]) -> None:
        """Let a function be another one, in a unit that writes; what ran it is ended, and code that none needs goes.

        The RevisionId changes with it (recorded on AWS for the end of Pending and of InProgress).
        """
        self.put(after := replace(step(function), revision=new_revision()))
        left = {function.ready, function.digest} - {after.ready}
        self._db.afterwards(partial(self._clean_up, function.qualified.arn, left, self.environments.retire))

    def remove(self, key: FunctionRef) -> None:
        """Forget a function with its versions, aliases, policies and tags, in a unit that writes."""
        arn = key.unqualified.arn
        versions = self._readables(self._db.all("SELECT * FROM function WHERE arn = ?", arn))
        bindings.unbind_function(self._db, arn)
        for table, column in (("function", "arn"), ("function_alias", "arn"), ("tag", "resource")):
            self._db.run(f"DELETE FROM {table} WHERE {column} = ?", arn)  # noqa: S608
        for version in versions:
            self._gone(version)

    def remove_version(self, version: Function) -> None:
        """Forget a published version in a unit that writes."""
        bindings.unbind(self._db, version.qualified.arn)
        self._db.run("DELETE FROM function WHERE arn = ? AND version = ?", version.key.arn, version.version)
        self._gone(version)

    def _gone(self, version: Function) -> None:
        """Once this is durable, end a version's processes and delete code that no other one runs."""
        left = (version.digest, version.ready)
        self._db.afterwards(partial(self._clean_up, version.qualified.arn, left, self.environments.stop))

    def needed_blobs(self) -> set[str]:
        """The blobs that some function still has to be made ready from or runs; they must outlive their repository."""
        return {row["digest"] for row in self._db.all(_NEEDED_BLOBS)}

    def _needs(self, digest: str) -> bool:
        return self._db.one("SELECT 1 FROM function WHERE digest = ? OR ready = ? LIMIT 1", digest, digest) is not None

    def _readables(self, rows: list[Row]) -> list[Function]:
        return [function for row in rows if (function := self._readable(row))]

    def _readable(self, row: Row) -> Function | None:
        try:
            return read(row)
        except ValueError as error:
            self._db.set_aside("function", "arn = ? AND version = ?", (row["arn"], row["version"]), str(error))
            return None

    # -- Made ready ------------------------------------------------------------------------------------------------

    def make_ready(self, ref: FunctionRef, blobs: BlobStore) -> None:
        """Once the present unit is durable, unpack the image of a version, or of ``$LATEST``, in the background.

        Then it becomes Active, or Failed with the reason.
        """
        self._db.afterwards(partial(self._begin, self._make_ready, ref, blobs))

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
            self.make_ready(current.qualified, blobs)

    def resume(self, blobs: BlobStore) -> None:
        """Take up what an earlier process left unfinished. Does so once; later calls do nothing."""
        if not self._resumed:
            self._db.afterwards(partial(self._take_up, blobs))

    def settle(self) -> None:
        """Wait until all that was begun has been made ready, and what was invoked in the background has ended."""
        while work := self._pending():
            wait(work)
        self.environments.settle()

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
                self._make_ready(function.qualified, blobs)

    def _make_ready(self, ref: FunctionRef, blobs: BlobStore) -> None:
        try:
            function = self.get(ref)
            if function is not None and not function.settled:
                self._finish(function, self._prepared(function, blobs))
        except StateError as error:
            _LOG.error("%s stays as it is and is tried again: %s", ref.arn, error)
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
            _LOG.exception("the image of %s cannot be made ready", function.qualified.arn)
            reason = "The embedded AWS failed; its log says why."
            return partial(transitions.failed, Status("Failed", "InternalError", reason))

    def _finish(self, begun: Function, step: Callable[[Function], Function]) -> None:
        """Take the step unless the function has meanwhile been deleted or given another image, or it is too early."""
        with self._db.write():
            current = self.get(begun.qualified)
            if current is None or current.settled or current.digest != begun.digest:
                self._db.afterwards(
                    partial(self._clean_up, begun.qualified.arn, (begun.digest,), self.environments.retire)
                )
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


def _number(row: Row) -> int:
    return 0 if row["version"] == LATEST else int(row["version"])
