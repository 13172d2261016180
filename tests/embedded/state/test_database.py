"""Units that are in force whole or not at all, commits that are shared, readers that wait for nobody."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from labkit.embedded.state.database import Database, StateError
from labkit.embedded.state.opening import open_database
from labkit.ground.home import open_home


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    database = open_database(open_home(tmp_path / "home"))
    yield database
    database.close()


def put(db: Database, name: str, value: str = "") -> None:
    db.run("INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)", name, value)


def names(db: Database) -> list[str]:
    return [row["name"] for row in db.all("SELECT name FROM setting ORDER BY name")]


def as_others_see_it(db: Database) -> list[str]:
    """What is durable in the file, as another program reads it."""
    connection = sqlite3.connect(db.path)
    try:
        return [name for (name,) in connection.execute("SELECT name FROM setting ORDER BY name")]
    finally:
        connection.close()


class Fails:
    """A connection that fails at one statement, as a full disk makes it fail."""

    def __init__(self, connection: sqlite3.Connection, statement: str) -> None:
        self._connection = connection
        self._statement = statement

    def execute(self, sql: str, *params: Any) -> sqlite3.Cursor:
        if sql.startswith(self._statement):
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise error
        return self._connection.execute(sql, *params)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


def test_what_a_unit_has_written_is_in_the_file_when_it_ends(db: Database) -> None:
    with db.write():
        put(db, "a")
        assert as_others_see_it(db) == []
    assert as_others_see_it(db) == ["a"]


def test_a_unit_that_fails_leaves_nothing(db: Database) -> None:
    with pytest.raises(LookupError), db.write():
        put(db, "a")
        raise LookupError
    assert names(db) == as_others_see_it(db) == []


def test_what_a_unit_keeps_stays_when_the_rest_of_it_fails(db: Database) -> None:
    with pytest.raises(LookupError), db.write():
        put(db, "kept")
        db.keep()
        put(db, "lost")
        raise LookupError
    assert as_others_see_it(db) == ["kept"]


def test_units_inside_a_unit_are_one_with_it(db: Database) -> None:
    with pytest.raises(LookupError), db.write():
        with db.write(), db.read():
            put(db, "a")
            assert names(db) == ["a"]
        raise LookupError
    assert names(db) == []


def test_what_only_reads_cannot_write(db: Database) -> None:
    with db.read(), pytest.raises(RuntimeError), db.write():
        pass
    with db.read(), pytest.raises(RuntimeError):
        put(db, "a")
    with pytest.raises(RuntimeError):
        put(db, "a")
    with pytest.raises(RuntimeError):
        db.keep()


def in_another_thread(work: Callable[[], Any]) -> Any:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


def test_a_reader_sees_one_snapshot_whatever_is_written_meanwhile(db: Database) -> None:
    def write() -> None:
        with db.write():
            put(db, "a")

    with db.read():
        assert names(db) == []
        in_another_thread(write)
        assert names(db) == []
    assert names(db) == ["a"]


def test_a_reader_does_not_wait_for_a_writer(db: Database) -> None:
    with db.write():
        put(db, "a")
        assert in_another_thread(lambda: names(db)) == []


def test_writers_share_a_commit(db: Database) -> None:
    commits: list[str] = []
    db._writer.set_trace_callback(lambda sql: commits.append(sql) if sql == "COMMIT" else None)
    begun = threading.Barrier(9)

    def write(name: str) -> None:
        begun.wait()
        with db.write():
            put(db, name)

    with ThreadPoolExecutor(8) as pool, db._committing:  # who commits first has to wait until all have written
        done = [pool.submit(write, f"name-{n}") for n in range(8)]
        begun.wait()
        while db._batch is None or names_pending(db) < 8:
            pass
    for each in done:
        each.result()
    assert len(commits) == 1
    assert as_others_see_it(db) == [f"name-{n}" for n in range(8)]


def names_pending(db: Database) -> int:
    with db._writing:
        return int(db._writer.execute("SELECT count(*) FROM setting").fetchone()[0])


def test_nobody_is_told_that_it_worked_when_the_commit_fails(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def write(name: str) -> None:
        with db.write():
            put(db, name)

    monkeypatch.setattr(db, "_writer", Fails(db._writer, "COMMIT"))
    with ThreadPoolExecutor(4) as pool:
        done = [pool.submit(write, f"name-{n}") for n in range(4)]
    for each in done:
        with pytest.raises(StateError, match="the disk is full"):
            each.result()
    monkeypatch.undo()
    assert names(db) == as_others_see_it(db) == []
    write("a")
    assert as_others_see_it(db) == ["a"]


def test_a_full_disk_is_told_in_a_sentence_and_takes_nobody_with_it(db: Database) -> None:
    with db.write():
        put(db, "a")
    pages = db._writer.execute("PRAGMA page_count").fetchone()[0]
    db._writer.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StateError, match=r"the disk is full\. Make room, then try again"), db.write():
        put(db, "b", "x" * 1_000_000)
    db._writer.execute("PRAGMA max_page_count = 1000000")
    assert as_others_see_it(db) == ["a"]
    with db.write():
        put(db, "c")
    assert as_others_see_it(db) == ["a", "c"]


def test_what_comes_afterwards_comes_once_it_is_durable_and_never_after_a_failure(db: Database) -> None:
    seen: list[list[str]] = []
    with db.write():
        put(db, "a")
        with db.write():
            db.afterwards(lambda: seen.append(as_others_see_it(db)))
        assert seen == []
    assert seen == [["a"]]
    with pytest.raises(LookupError), db.write():
        db.afterwards(lambda: seen.append([]))
        raise LookupError
    assert seen == [["a"]]
    db.afterwards(lambda: seen.append(["at once"]))
    assert seen == [["a"], ["at once"]]


@pytest.mark.parametrize("reading", [True, False])
def test_a_row_that_cannot_be_read_is_set_aside_and_the_rest_stays(db: Database, reading: bool) -> None:
    with db.write():
        put(db, "good", "1")
        put(db, "bad", "{")
    with db.read() if reading else db.write():
        db.set_aside("setting", "name = ?", ("bad",), "its value is no JSON")
    assert names(db) == ["good"]
    kept = db.one("SELECT * FROM set_aside")
    assert kept is not None
    assert (kept["source"], kept["reason"]) == ("setting", "its value is no JSON")
    assert kept["content"] == '{"name": "bad", "value": "{"}'


def test_a_unit_that_changes_nothing_costs_no_commit(db: Database) -> None:
    commits: list[str] = []
    db._writer.set_trace_callback(commits.append)
    with db.write():
        names(db)
    assert "COMMIT" not in commits


def test_a_copy_is_complete_on_its_own(db: Database, tmp_path: Path) -> None:
    with db.write():
        put(db, "a")
    db.copy_to(tmp_path / "copy")
    connection = sqlite3.connect(tmp_path / "copy")
    assert connection.execute("SELECT name FROM setting").fetchall() == [("a",)]
    connection.close()


def test_every_commit_is_synchronized_with_the_disk(db: Database) -> None:
    assert db._writer.execute("PRAGMA synchronous").fetchone()[0] == 2
    assert db._writer.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert db._writer.execute("PRAGMA foreign_keys").fetchone()[0] == 1


def test_many_threads_write_and_read_and_nothing_is_lost(db: Database) -> None:
    def work(n: int) -> None:
        for i in range(20):
            with db.write():
                put(db, f"{n}-{i}")
            assert db.one("SELECT 1 FROM setting WHERE name = ?", f"{n}-{i}") is not None

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert len(as_others_see_it(db)) == 160


def test_one_connection_does_it_all_where_there_are_no_threads(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    open_database(home).close()
    db = Database(home.database, alone=True)
    with db.write():
        put(db, "a")
    with db.read():
        assert names(db) == ["a"]
    assert names(db) == ["a"]
    db.close()


def test_a_wrong_statement_is_a_fault_of_the_program_and_not_of_the_disk(db: Database) -> None:
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        db.one("SELECT * FROM nowhere")
    with pytest.raises(sqlite3.OperationalError), db.write():
        db.run("UPDATE nowhere SET a = 1")
