"""A home whose process does not run begins anew: from nothing, or from a snapshot.

The new state is made beside the old one and takes its place by one rename, so that a crash leaves the one or the other;
what lies around it (blobs, what functions run from) is named by digest, and is brought before and cleared away after.
The administrators keep the keys that they have now, so that clients that hold them, in a running kernel, go on working;
not where the state of now cannot be read.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from labkit.embedded.records import accounts, founding, keys, principals
from labkit.embedded.records.keys import UserKey
from labkit.embedded.state import world
from labkit.embedded.state.clock import SystemClock
from labkit.embedded.state.database import Database
from labkit.embedded.state.opening import open_database, open_file
from labkit.embedded.state.snapshots import Snapshot
from labkit.errors import EmbeddedError
from labkit.ground.files import discard, remove_tree, sync_folder
from labkit.ground.home import Home

RESTORED = "restored"
"""The setting of a state that comes from a snapshot and has not begun yet: the home's settings are to follow it."""


def start_afresh(home: Home) -> None:
    """Make a new state with the administrators of before; then remove images and what functions run from."""
    kept = _administrators(home)
    with _new_state(home) as db:
        now = SystemClock().now()
        for key in kept:
            accounts.add(db, key.account, "profile", now)
            founding.add_administrator(db, key.account, now, key)
    for directory in (home.state, home.embedded / "images", home.embedded / "functions"):
        discard(directory)


def start_all_afresh(home: Home) -> None:
    """Remove all that the home has, but what says that it is one and the locks that are held."""
    spared = {home.marker, home.embedded, home.start_lock, home.server_lock}
    for path in [*home.embedded.iterdir(), *home.root.iterdir()]:
        if path not in spared:
            remove_tree(path)
    home.aws.mkdir(mode=0o700)


def start_from(home: Home, snapshot: Snapshot) -> None:
    """Put a snapshot in force. Raises `EmbeddedError` for one that cannot be; then nothing is changed."""
    kept = _administrators(home)
    with _new_state(home, snapshot.database) as db:
        for key in kept:
            _keep_key(db, key)
        db.run("INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)", RESTORED, "1")


def _administrators(home: Home) -> list[UserKey]:
    """One key of the administrator of each account; none where the state cannot be read."""
    if not home.database.exists():
        return []
    try:
        db = open_database(home)
    except EmbeddedError:
        return []
    found: list[list[UserKey]] = []
    with suppress(EmbeddedError), db.read():
        rows = db.all("SELECT account FROM entity WHERE kind = 'user' AND name = ?", world.ADMINISTRATOR)
        users = [principals.find(db, row["account"], "user", world.ADMINISTRATOR) for row in rows]
        found = [keys.of_user(db, user.id)[:1] for user in users if user]
    db.close()
    return [key for each in found for key in each]


def _keep_key(db: Database, key: UserKey) -> None:
    """Let the administrator of the account, where the state has one, have the key that clients hold now."""
    user = principals.find(db, key.account, "user", world.ADMINISTRATOR)
    theirs = keys.of_user(db, user.id)[:1] if user else []
    for old in theirs:
        keys.exchange(db, old.id, key)


@contextmanager
def _new_state(home: Home, source: Path | None = None) -> Iterator[Database]:
    """A new state, or one from a file, to be filled; it takes the place of the home's when the block has ended."""
    staged = home.database.with_name(f".{home.database.name}.next")
    _remove(staged)
    try:
        if source is not None:
            _take_over(source, staged)
        db = open_file(staged)
        try:
            with db.write():
                yield db
        finally:
            db.close()
        _replace(home.database, staged)
    finally:
        _remove(staged)


def _take_over(source: Path, staged: Path) -> None:
    os.close(os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    shutil.copyfile(source, staged)
    connection = sqlite3.connect(staged)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()


def _replace(database: Path, staged: Path) -> None:
    """Put one database in the place of another. What the old one has in its WAL must not be found beside the new."""
    with staged.open("rb+") as file:
        os.fsync(file.fileno())
    if database.exists():
        _settle(database)
    staged.replace(database)
    sync_folder(database.parent)


def _settle(database: Path) -> None:
    connection = sqlite3.connect(database)
    try:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise EmbeddedError(f"The state in {database} cannot be replaced: {error}.") from None
    finally:
        connection.close()
    for end in ("-wal", "-shm"):
        database.with_name(database.name + end).unlink(missing_ok=True)


def _remove(database: Path) -> None:
    for end in ("", "-wal", "-shm"):
        database.with_name(database.name + end).unlink(missing_ok=True)
