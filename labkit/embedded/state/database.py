"""The database: SQLite, one writer, readers that wait for nobody, and commits that writers share.

    read()     one snapshot for all that is read inside; a writer is never waited for
    write()    what is done inside is in force together or not at all, and durable when the block ends

One connection writes. Who writes holds the lock for as long as the work takes and lets go of it before the commit; who
waits for the commit first commits for everybody whose work is done by then. So a commit's fsync, that of the WAL
(``synchronous=FULL``; on macOS a real one, ``fullfsync``), is paid once for many callers, and nobody is answered before
it. A unit that fails is rolled back to its savepoint and takes nobody else with it; where the commit itself fails
(a full disk), everybody in it is told, and nothing of it is in force.

Which connection a statement uses is the thread's present unit's; so functions take the `Database` and do not care.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labkit.embedded.state.clock import SystemClock, stored
from labkit.errors import EmbeddedError

_LOG = logging.getLogger(__name__)
_PRAGMAS = (
    "PRAGMA foreign_keys = ON",
    "PRAGMA synchronous = FULL",
    "PRAGMA fullfsync = ON",
    "PRAGMA checkpoint_fullfsync = ON",
    "PRAGMA busy_timeout = 5000",
    "PRAGMA cache_size = -1024",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA trusted_schema = OFF",
)
_TRIED = 1 << 16  # bytes
_MOST_KNOWN = 64  # rows that a unit remembers
_SENTENCES = {
    sqlite3.SQLITE_FULL: "the disk is full. Make room, then try again",
    sqlite3.SQLITE_READONLY: "it cannot be written to. Make its folder writable, then try again",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened. Is its folder there, and may it be written to?",
    sqlite3.SQLITE_IOERR: "the disk refuses to read or write it. Look at the disk, then try again",
    sqlite3.SQLITE_CORRUPT: "it is damaged. Run 'labkit snapshot load', or 'labkit reset' to start the lab afresh",
    sqlite3.SQLITE_NOTADB: "it is damaged. Run 'labkit snapshot load', or 'labkit reset' to start the lab afresh",
    sqlite3.SQLITE_BUSY: "another program holds it. End that one, then try again",
}


class StateError(EmbeddedError):
    """The state cannot be read or written; nothing of what was asked for is in force."""


@dataclass
class _Batch:
    """The units that one commit makes durable."""

    changed: bool = False
    over: bool = False
    error: Exception | None = None


@dataclass
class _Unit:
    """What a thread is doing now."""

    connection: sqlite3.Connection
    writes: bool
    kept: bool = False
    known: dict[tuple[str, tuple[Any, ...]], sqlite3.Row | None] = field(default_factory=dict)
    afterwards: list[Callable[[], object]] = field(default_factory=list)


class Database:
    """The state of one lab home, opened by `labkit.embedded.state.opening`. Raises `StateError` where the disk does.

    ``alone`` says that there are no threads (in a browser): one connection does it all, and nothing is shared.
    """

    def __init__(self, path: Path, *, alone: bool = False) -> None:
        self.path = path
        self._alone = alone
        self._local = threading.local()
        self._writing = threading.Lock()
        self._committing = threading.Lock()
        self._batch: _Batch | None = None
        self._writer = connect(path, alone=alone)
        self._idle: list[sqlite3.Connection] = []
        self._trouble: str | None = None

    # -- Units -----------------------------------------------------------------------------------------------------

    @contextmanager
    def read(self) -> Iterator[None]:
        """One snapshot of the state for this thread; inside another unit, that unit's."""
        if self._unit is not None:
            yield
            return
        with self._reader() as connection:
            unit = self._local.unit = _Unit(connection, writes=False)
            try:
                connection.execute("BEGIN")
                yield
            finally:
                self._local.unit = None
                connection.rollback()
        _run(unit.afterwards)

    @contextmanager
    def write(self) -> Iterator[None]:
        """A unit that is in force as a whole and durable when the block ends; inside another one, part of it."""
        if self._unit is not None:
            if not self._unit.writes:
                raise RuntimeError("What only reads cannot write.")
            yield
            return
        unit, mine = _Unit(self._writer, writes=True), False
        try:
            with self._writing:
                batch = self._begin()
                changes = self._writer.total_changes
                self._local.unit = unit
                try:
                    self._writer.execute("SAVEPOINT unit")
                    yield
                    self._writer.execute("RELEASE unit")
                except BaseException:
                    self._undo(batch)
                    changes = self._writer.total_changes
                    raise
                finally:
                    self._local.unit = None
                    mine = unit.kept or self._writer.total_changes != changes
                    self._leave(batch, mine)
        except sqlite3.Error as error:
            raise self._meaning(error) from error
        finally:
            if mine:
                self._settle(batch)
        _run(unit.afterwards)

    def keep(self) -> None:
        """Let what this write unit has done so far stay, even if the rest of it fails."""
        unit = self._unit
        if unit is None or not unit.writes:
            raise RuntimeError("There is no unit that writes.")
        self._writer.execute("RELEASE unit")
        self._writer.execute("SAVEPOINT unit")
        unit.kept = True

    def afterwards(self, work: Callable[[], object]) -> None:
        """Do something once the present unit is durable, never if it fails; at once where there is no unit."""
        if self._unit is None:
            work()
        else:
            self._unit.afterwards.append(work)

    # -- Statements ------------------------------------------------------------------------------------------------

    def one(self, sql: str, *params: Any) -> sqlite3.Row | None:
        """The first row of a query, or None; asked again within a unit that has not written since, it is known."""
        unit, question = self._unit, (sql, params)
        if unit is not None and question in unit.known:
            return unit.known[question]
        found: sqlite3.Row | None = self._execute(sql, params, lambda cursor: cursor.fetchone())
        if unit is not None and len(unit.known) < _MOST_KNOWN:
            unit.known[question] = found
        return found

    def all(self, sql: str, *params: Any) -> list[sqlite3.Row]:
        """All rows of a query."""
        found: list[sqlite3.Row] = self._execute(sql, params, lambda cursor: cursor.fetchall())
        return found

    def run(self, sql: str, *params: Any) -> int:
        """Execute a statement in a write unit; how many rows it has changed."""
        if self._unit is None or not self._unit.writes:
            raise RuntimeError("Only a write unit changes the state.")
        self._unit.known.clear()
        return int(self._execute(sql, params, lambda cursor: cursor.rowcount))

    def insert(self, table: str, **columns: Any) -> None:
        """Add a row in a write unit."""
        marks = ", ".join("?" * len(columns))
        self.run(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", *columns.values())  # noqa: S608

    def set_aside(self, table: str, where: str, params: tuple[Any, ...], reason: str) -> None:
        """Take rows that cannot be read out of their table and keep them beside it; the log says so.

        In a unit that reads this is done as soon as it has ended.
        """

        def move() -> None:
            with self.write():
                for row in self.all(f"SELECT * FROM {table} WHERE {where}", *params):  # noqa: S608
                    content = json.dumps(dict(row), default=repr)
                    moment = stored(SystemClock().now())
                    self.insert("set_aside", source=table, content=content, reason=reason, moment=moment)
                    self.run(f"DELETE FROM {table} WHERE {where}", *params)  # noqa: S608
                    _LOG.error("a row of %s was set aside: %s", table, reason)

        if self._unit is None or self._unit.writes:
            move()
        else:
            self._unit.afterwards.append(move)

    # -- As a whole ------------------------------------------------------------------------------------------------

    @contextmanager
    def still(self) -> Iterator[None]:
        """Nobody commits while the block lasts; it does not write itself."""
        if self._alone:  # there is nobody else, and one connection cannot copy what it is writing
            yield
            return
        with self.write():
            yield

    def copy_to(self, path: Path) -> None:
        """Write all that is committed into a new database file, complete and on its own."""
        target = sqlite3.connect(path)
        try:
            with self._reader() as source:
                source.backup(target)
        finally:
            target.close()

    def close(self) -> None:
        """Let go of the file; what was acknowledged is in it."""
        with self._committing, self._writing:
            for connection in [*self._idle, self._writer]:
                connection.close()
            self._idle.clear()

    def _meaning(self, error: sqlite3.Error) -> Exception:
        """The sentence for what the disk refuses; a fault of the program stays what it is."""
        return self.sentence(error) if _code(error) in _SENTENCES else error

    def sentence(self, error: sqlite3.Error) -> StateError:
        """What SQLite's error means for whoever asked."""
        code = _code(error)
        found = StateError(f"The state in {self.path}: {_SENTENCES.get(code, str(error))}.")
        if code in _SENTENCES and self._trouble != str(found):
            self._trouble = str(found)
            _LOG.error("%s", found)
        return found

    def trouble_now(self) -> str | None:
        """The sentence for which the state could not be read or written last; None where it can be now.

        Where it could not, this is tried, with more than what fits into the room that a full disk always has somewhere.
        """
        if self._trouble is not None:
            with suppress(StateError):
                with self.write():
                    self.run("INSERT OR REPLACE INTO setting (name, value) VALUES ('tried', ?)", " " * _TRIED)
                with self.write():
                    self.run("DELETE FROM setting WHERE name = 'tried'")
                self._trouble = None
        return self._trouble

    @property
    def _unit(self) -> _Unit | None:
        return getattr(self._local, "unit", None)

    def _execute(self, sql: str, params: tuple[Any, ...], take: Callable[[sqlite3.Cursor], Any]) -> Any:
        try:
            if self._unit is not None:
                return take(self._unit.connection.execute(sql, params))
            with self._reader() as connection:
                return take(connection.execute(sql, params))
        except sqlite3.Error as error:
            raise self._meaning(error) from error

    @contextmanager
    def _reader(self) -> Iterator[sqlite3.Connection]:
        if self._alone:
            yield self._writer
            return
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = connect(self.path)
        try:
            yield connection
        finally:
            self._idle.append(connection)

    # -- Writing (all of it under the lock) --------------------------------------------------------------------------

    def _begin(self) -> _Batch:
        if self._batch is None:
            self._writer.execute("BEGIN IMMEDIATE")
            self._batch = _Batch()
        return self._batch

    def _undo(self, batch: _Batch) -> None:
        """Take back what the unit has done; where SQLite took everything back by itself, all of the batch is lost."""
        if self._writer.in_transaction:
            self._writer.execute("ROLLBACK TO unit")
            self._writer.execute("RELEASE unit")
        else:
            batch.error = StateError(f"The state in {self.path} could not be written; nothing was changed.")
            self._end(batch)

    def _leave(self, batch: _Batch, changed: bool) -> None:
        """Let the next one write; a batch that has nothing to commit ends at once."""
        batch.changed = batch.changed or changed
        if not batch.changed and not batch.over:
            self._writer.rollback()
            self._end(batch)

    def _settle(self, batch: _Batch) -> None:
        """Wait until the batch is durable, and see to it where nobody else does."""
        with self._committing:
            if not batch.over:
                with self._writing:
                    self._commit(batch)
        if batch.error is not None:
            raise batch.error

    def _commit(self, batch: _Batch) -> None:
        try:
            self._writer.execute("COMMIT")
        except sqlite3.Error as error:
            batch.error = self.sentence(error)
            if self._writer.in_transaction:
                self._writer.rollback()
        self._end(batch)

    def _end(self, batch: _Batch) -> None:
        batch.over = True
        self._batch = None


def connect(path: Path, *, alone: bool = False) -> sqlite3.Connection:
    """A connection with the lab's settings; transactions begin and end where the code says so."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=512)
    connection.row_factory = sqlite3.Row
    if alone:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    for pragma in _PRAGMAS:
        connection.execute(pragma)
    return connection


def _run(works: list[Callable[[], object]]) -> None:
    for work in works:
        work()


def _code(error: sqlite3.Error) -> int:
    """SQLite's primary result code."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF
