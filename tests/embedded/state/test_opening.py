"""A database that is foreign, newer or damaged is refused whole and left as it is; an older one is led forward."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from labkit.embedded.state import schema
from labkit.embedded.state.opening import open_database
from labkit.errors import EmbeddedError
from labkit.ground.home import Home, open_home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = open_home(tmp_path / "home")
    db = open_database(made)
    with db.write():
        for n in range(500):
            db.insert("setting", name=f"name-{n}", value="x" * 100)
    db.close()
    return made


def damage(path: Path) -> None:
    """Write zeros over the second half of the file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2 :] = bytes(len(content) - len(content) // 2)
    path.write_bytes(content)


def make_foreign(path: Path) -> None:
    path.unlink()
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE theirs (name TEXT)")
    connection.close()


def make_newer(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    connection.close()


UNUSABLE: dict[str, tuple[Callable[[Path], object], str]] = {
    "damaged": (damage, "is damaged"),
    "no database": (lambda path: path.write_bytes(b"hello" * 100), "it is no SQLite database"),
    "empty": (lambda path: path.write_bytes(b""), "it is no SQLite database"),
    "of another program": (make_foreign, "is the database of another program"),
    "newer": (make_newer, "was written by a newer version of labkit"),
}


@pytest.mark.parametrize("kind", UNUSABLE)
def test_a_database_that_cannot_be_used_is_refused_and_left_as_it_is(home: Home, kind: str) -> None:
    spoil, sentence = UNUSABLE[kind]
    spoil(home.database)
    before = home.database.read_bytes()
    with pytest.raises(EmbeddedError, match=sentence):
        open_database(home)
    assert home.database.read_bytes() == before


def test_a_home_from_before_gets_a_sentence_and_keeps_what_it_has(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    home.state.mkdir()
    (home.state / "labkit.json").write_text("{}")
    with pytest.raises(EmbeddedError, match=r"made by an earlier version of labkit.*Run 'labkit reset'"):
        open_database(home)
    assert (home.state / "labkit.json").read_text() == "{}"
    assert not home.database.exists()


def test_the_state_is_its_owners_alone(home: Home) -> None:
    db = open_database(home)
    with db.write():
        db.insert("setting", name="a", value="")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in home.embedded.glob("state.sqlite3*")}
    db.close()
    assert modes == dict.fromkeys(["state.sqlite3", "state.sqlite3-wal", "state.sqlite3-shm"], 0o600)


def tables(home: Home) -> dict[str, object]:
    """What each table, index and trigger is, whatever the order of its columns and the words that made it."""
    connection = sqlite3.connect(home.database)
    found: dict[str, object] = {}
    for kind, name, sql in connection.execute("SELECT type, name, sql FROM sqlite_master").fetchall():
        if kind == "table":
            columns = connection.execute(f"PRAGMA table_xinfo({name})").fetchall()
            references = connection.execute(f"PRAGMA foreign_key_list({name})").fetchall()
            found[name] = sorted(column[1:] for column in columns), sorted(references)
        else:
            found[name] = " ".join(str(sql).split())
    connection.close()
    return found


FROZEN = sorted((Path(__file__).parent / "schemas").glob("version-*.sql"))
"""The tables of every version that was ever released, as they were then."""


@pytest.mark.parametrize("path", FROZEN, ids=lambda path: path.stem)
def test_what_an_old_version_made_becomes_what_this_one_makes(home: Home, tmp_path: Path, path: Path) -> None:
    old = open_home(tmp_path / "old")
    open_database(old, script=path.read_text("utf-8"), version=int(path.stem.partition("-")[2])).close()
    open_database(old).close()
    assert tables(old) == tables(home)


def test_every_version_is_kept_as_it_was() -> None:
    assert [path.stem for path in FROZEN] == [f"version-{number}" for number in range(1, schema.VERSION + 1)]


OLD = "CREATE TABLE pet (name TEXT) STRICT;"
STEPS = {
    2: "ALTER TABLE pet ADD COLUMN kind TEXT NOT NULL DEFAULT 'dog';",
    3: "CREATE TABLE owner (name TEXT) STRICT; INSERT INTO owner SELECT name || '''s' FROM pet;",
}


@pytest.fixture
def old(tmp_path: Path) -> Home:
    """A home whose database has an old schema and something in it."""
    home = open_home(tmp_path / "old")
    db = open_database(home, script=OLD, version=1)
    with db.write():
        db.insert("pet", name="Rex")
    db.close()
    return home


def test_an_older_database_is_led_forward_step_by_step_and_keeps_what_is_in_it(old: Home) -> None:
    db = open_database(old, version=3, migrations=STEPS)
    assert [tuple(row) for row in db.all("SELECT name, kind FROM pet")] == [("Rex", "dog")]
    assert [row["name"] for row in db.all("SELECT name FROM owner")] == ["Rex's"]
    db.close()
    with pytest.raises(EmbeddedError, match=r"its schema is 3, this program's 2"):
        open_database(old, version=2, migrations=STEPS)


def test_a_step_that_fails_leaves_the_version_before_it(old: Home) -> None:
    with pytest.raises(EmbeddedError):
        open_database(old, version=3, migrations={**STEPS, 3: "CREATE TABLE half (name TEXT) STRICT; INSERT INTO no;"})
    db = open_database(old, version=2, migrations=STEPS)
    assert db.all("SELECT name FROM sqlite_master WHERE name = 'half'") == []
    db.close()


def test_every_version_between_the_first_and_this_one_has_its_step() -> None:
    assert sorted(schema.MIGRATIONS) == list(range(2, schema.VERSION + 1))


def test_making_the_database_again_after_a_crash_in_the_middle_works(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    (home.embedded / ".state.sqlite3.new").write_bytes(b"half")
    open_database(home).close()
    assert [path.name for path in home.embedded.iterdir()] == ["state.sqlite3"]
