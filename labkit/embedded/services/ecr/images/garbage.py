"""What becomes of the bytes that nothing needs any more: noted in the same unit, deleted once that is durable.

Who lets go of a blob notes it in the table ``discarded_blob``. `Garbage.collect` looks at these alone, however many
blobs there are: what something still refers to is struck off the list, what a function is still made from waits on it,
the rest is deleted. That happens after the commit, and under the lock for writes with one more look, so that no file
goes that another call has been promised in between, and none that a crash would need again.

A crash, or a unit that was undone, can leave a file of which no row ever came to know. These are looked for when a
process begins and once a day, and noted like the others.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime, timedelta

from labkit.embedded.state.blobs import BlobStore
from labkit.embedded.state.clock import stored
from labkit.embedded.state.database import Database

_LOG = logging.getLogger(__name__)

LAYER_LIFETIME = timedelta(days=1)
"""How long a layer that no image needs stays after it was last pushed, mounted or asked for."""

_TIDY_EVERY, _SWEEP_EVERY = timedelta(hours=1), timedelta(days=1)
_NEVER = datetime.min.replace(tzinfo=UTC)
_NEEDED = (
    "(EXISTS (SELECT 1 FROM layer WHERE layer.digest = {0}) OR EXISTS (SELECT 1 FROM image WHERE image.digest = {0}))"
)


class Garbage:
    """The blobs that are to be deleted. What it does is part of the present write unit, or a unit of its own."""

    def __init__(self, database: Database, blobs: BlobStore, now: Callable[[], datetime]) -> None:
        self._db = database
        self._blobs = blobs
        self._now = now
        self._tidied = self._swept = _NEVER

    def discard(self, digests: Iterable[str]) -> None:
        """Note blobs that something has let go of; they may still be needed elsewhere."""
        for digest in digests:
            self._db.run("INSERT OR IGNORE INTO discarded_blob VALUES (?)", digest)

    def discard_all(self, repository: str) -> None:
        """Note everything that a repository holds."""
        for table in ("image", "layer"):
            self._db.run(
                f"INSERT OR IGNORE INTO discarded_blob SELECT digest FROM {table} WHERE repository = ?",  # noqa: S608
                repository,
            )

    def release(self, repository: str, blobs: Collection[str]) -> None:
        """An image that named these blobs is gone: note which of them no other image of its repository names."""
        self._db.run(
            "UPDATE layer SET used = 0 WHERE repository = ? AND digest IN (SELECT value FROM json_each(?)) AND NOT "
            "EXISTS (SELECT 1 FROM image_part AS other WHERE other.repository = layer.repository "
            "AND other.digest = layer.digest)",
            *(repository, json.dumps(list(blobs))),
        )

    def collect(self, pinned: Collection[str] = ()) -> list[str]:
        """Forget layers that no image needs and nobody asked for within a day; delete what nothing needs any more.

        What is ``pinned`` stays. Returns the digests of the files that are deleted as soon as this is durable.
        """
        with self._db.write():
            oldest = stored(self._now() - LAYER_LIFETIME)
            for statement in (
                "INSERT OR IGNORE INTO discarded_blob SELECT digest FROM layer WHERE used = 0 AND linked < ?",
                "DELETE FROM layer WHERE used = 0 AND linked < ?",
            ):
                self._db.run(statement, oldest)
            self._db.run(f"DELETE FROM discarded_blob WHERE {_NEEDED.format('discarded_blob.digest')}")  # noqa: S608
            left = [row["digest"] for row in self._db.all("SELECT digest FROM discarded_blob")]
            gone = [digest for digest in left if digest not in pinned and digest in self._blobs]
            for digest in set(left).difference(gone, pinned):
                self._db.run("DELETE FROM discarded_blob WHERE digest = ?", digest)
            if gone:
                self._db.afterwards(lambda: self._delete(gone))
            return gone

    @property
    def tidying_is_due(self) -> bool:
        """Is it long since something was collected?"""
        return abs(self._now() - self._tidied) >= _TIDY_EVERY  # the clock can have been set back

    def tidy(self, pinned: Callable[[], Collection[str]]) -> None:
        """Collect, and give up uploads that nobody continues; at times look for files that no row knows of."""
        self._tidied = self._now()
        self._blobs.give_up()
        unknown: list[str] = []
        if abs(self._tidied - self._swept) >= _SWEEP_EVERY:
            self._swept = self._tidied
            with self._db.read():
                unknown = [digest for digest in self._blobs if not self._needed(digest)]
        with self._db.write():
            self.discard(unknown)
            self.collect(pinned())

    def _needed(self, digest: str) -> bool:
        return self._db.one(f"SELECT 1 WHERE {_NEEDED.format('?')}", digest, digest) is not None

    def _delete(self, digests: Iterable[str]) -> None:
        # Who promises a blob does so in a write unit; none runs beside this one.
        with self._db.write():
            for digest in digests:
                if not self._needed(digest):
                    try:
                        self._blobs.delete(digest)
                    except OSError as error:
                        _LOG.warning("the blob %s stays for now: %s", digest, error.strerror)
