"""Opening the database of a lab home: recognised, checked, led forward, or refused whole and left as it is.

What the file is, is read from the first 100 bytes of it before SQLite touches anything: a foreign database, or one of a
newer program, is not even opened. Then SQLite's own check reads all of it, through a connection that cannot write.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Mapping
from pathlib import Path

from labkit.embedded.state import schema
from labkit.embedded.state.database import Database, StateError, connect
from labkit.errors import EmbeddedError
from labkit.ground.home import Home

_MAGIC = b"SQLite format 3\0"
_HEADER = 100
_VERSION_AT, _APPLICATION_AT = slice(60, 64), slice(68, 72)  # SQLite's file format, "The Database Header"
_BEFORE = ("moto.state", "labkit.json")
"""Files of the state of a home that was made before the state was a database."""


def open_database(
    home: Home,
    *,
    script: str | None = None,
    version: int = schema.VERSION,
    migrations: Mapping[int, str] | None = None,
) -> Database:
    """The state of a home, made where there is none yet. What is to be in it can be handed in, for tests.

    Raises `EmbeddedError` for a home from before, and for a database that is foreign, newer or damaged; each is left as
    it is. Raises `StateError` where the disk refuses.
    """
    if not home.database.exists():
        _refuse_before(home)
    return open_file(home.database, script=script, version=version, migrations=migrations)


def open_file(
    path: Path,
    *,
    script: str | None = None,
    version: int = schema.VERSION,
    migrations: Mapping[int, str] | None = None,
) -> Database:
    """The state in a file, wherever it lies; made where there is none. Raises what `open_database` raises."""
    alone = sys.platform == "emscripten"
    steps = schema.MIGRATIONS if migrations is None else migrations
    try:
        if not path.exists():
            _create(path, schema.script() if script is None else script, version)
        else:
            _migrate(path, checked_version(path, version), version, steps)
        return Database(path, alone=alone)
    except sqlite3.Error as error:
        raise _unusable(path, str(error)) from None
    except OSError as error:
        raise StateError(f"The state in {path} cannot be opened: {error.strerror}.") from None


def version_of(path: Path) -> int:
    """The version of the schema in a database file. Raises `EmbeddedError` for a file that is no state of a lab."""
    with path.open("rb") as file:
        header = file.read(_HEADER)
    if not header.startswith(_MAGIC) or len(header) < _HEADER:
        raise _unusable(path, "it is no SQLite database")
    if int.from_bytes(header[_APPLICATION_AT]) != schema.APPLICATION_ID:
        raise EmbeddedError(
            f"{path} is the database of another program. Move it away, or set LABKIT_HOME to another directory."
        )
    return int.from_bytes(header[_VERSION_AT])


def check_integrity(path: Path) -> None:
    """Let SQLite check all of a database file; nothing is written. Raises `EmbeddedError` where it finds damage."""
    # Where there is no WAL, SQLite need not make one to read.
    alone = "" if path.with_name(f"{path.name}-wal").exists() else "&immutable=1"
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro{alone}", uri=True)
    try:
        found = [str(row[0]) for row in connection.execute("PRAGMA quick_check(1)")]
    except sqlite3.Error as error:
        found = [str(error)]
    finally:
        connection.close()
    if found != ["ok"]:
        raise _unusable(path, found[0] if found else "the check says nothing")


def _refuse_before(home: Home) -> None:
    if any((home.state / name).exists() for name in _BEFORE):
        raise EmbeddedError(
            f"The lab home {home.root} was made by an earlier version of labkit, whose state this one cannot read. Run "
            "'labkit reset' to start the lab afresh there, or set LABKIT_HOME to another directory."
        )


def _create(path: Path, script: str, version: int) -> None:
    """Make the database beside its place and give it its name when it is whole."""
    temporary = path.with_name(f".{path.name}.new")
    for leftover in path.parent.glob(f"{temporary.name}*"):
        leftover.unlink()
    os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    connection = sqlite3.connect(temporary, isolation_level=None)
    try:
        connection.executescript(
            f"PRAGMA synchronous = FULL; PRAGMA application_id = {schema.APPLICATION_ID}; "
            f"PRAGMA user_version = {version}; BEGIN; {script} COMMIT;"
        )
        connection.execute("PRAGMA journal_mode = WAL")
    finally:
        connection.close()
    temporary.replace(path)


def checked_version(path: Path, version: int = schema.VERSION) -> int:
    """The version of the schema in a database file that this program can use. Raises `EmbeddedError` for any other."""
    found = version_of(path)
    if found > version:
        raise EmbeddedError(
            f"The state in {path} was written by a newer version of labkit (its schema is {found}, this program's "
            f"{version}). Use that version, or run 'labkit reset' to start the lab afresh."
        )
    check_integrity(path)
    return found


def _migrate(path: Path, found: int, version: int, migrations: Mapping[int, str]) -> None:
    """Lead the database forward, one version a transaction; a step that fails leaves the version before it."""
    if found == version:
        return
    connection = connect(path)
    try:
        connection.execute("PRAGMA foreign_keys = OFF")
        for number, statements in schema.steps(found, version, migrations):
            connection.executescript(f"BEGIN; {statements} PRAGMA user_version = {number}; COMMIT;")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()


def _unusable(path: Path, reason: str) -> EmbeddedError:
    return EmbeddedError(
        f"The state in {path} is damaged ({reason}). Run 'labkit snapshot load NAME' to go back to a snapshot, or "
        "'labkit reset' to start the lab afresh."
    )
