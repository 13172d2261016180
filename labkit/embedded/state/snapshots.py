"""Snapshots: a state with all that it names, kept under a name in the lab home, to begin from again.

    <home>/embedded/snapshots/NAME/snapshot.json    when and by which version it was made, and what is in it
                               .../state.sqlite3    the database, complete and on its own
                               .../blobs/           the blobs that it names (`labkit.embedded.state.blobs`)
                               .../code/            what functions run from whose image is not there any more

A snapshot is written beside its place and gets its name when
all of it is on the disk. While it is made nobody commits, so that the database and the files that it names belong
together.

Nothing here puts a snapshot in force: that is `labkit.embedded.records.fresh`.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any

from labkit.embedded.state import schema, snapshot_files
from labkit.embedded.state.blobs import BlobStore
from labkit.embedded.state.clock import SystemClock, iso
from labkit.embedded.state.database import Database
from labkit.embedded.state.inventory import contents, size
from labkit.embedded.state.opening import check_integrity, version_of
from labkit.errors import EmbeddedError, UsageError
from labkit.ground import VERSION
from labkit.ground.files import discard, disk_trouble, remove_tree, sync_folder
from labkit.ground.home import Home

_MARK = "labkit-snapshot"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_FORM = 1


@dataclass(frozen=True)
class Snapshot:
    """A snapshot of a lab home.

    ``created`` is ISO text in UTC, ``schema`` the version of the database's schema, ``version`` that of the labkit that
    made it. ``contents`` says how many there are of a kind, by its name, ``digests`` which blobs it has.
    """

    name: str
    created: str
    schema: int
    version: str
    contents: Mapping[str, int]
    digests: Sequence[str]
    path: Path

    @property
    def database(self) -> Path:
        """The file of its database."""
        return self.path / "state.sqlite3"

    @property
    def size(self) -> int:
        """The bytes of its files, with those that it shares with the lab."""
        return size(self.path)

    @property
    def blobs(self) -> BlobStore:
        """Its blobs."""
        return snapshot_files.blobs_of(self.path)

    def code(self, digest: str) -> Path:
        """Where it has the unpacked image of this digest, if it has it."""
        return self.path / "code" / digest.removeprefix("sha256:")

    def check(self) -> None:
        """Raises `EmbeddedError` for a snapshot that this program cannot load, or that is damaged."""
        try:
            version = version_of(self.database)
            check_integrity(self.database)
        except (EmbeddedError, OSError):
            raise self._damaged("its database cannot be read") from None
        if version > schema.VERSION:
            raise _newer(self.name, self.version)
        for digest in self.digests:
            if not _is_whole(self.blobs.path(digest), digest):
                raise self._damaged(f"{digest} cannot be read")

    def _damaged(self, reason: str) -> EmbeddedError:
        return EmbeddedError(f"The snapshot {self.name} is damaged, and was not loaded: {reason}.")


def save(home: Home, db: Database, name: str) -> Snapshot:
    """Keep the present state of a home under a name. Raises `UsageError` for a name that will not do or that another
    snapshot has, and `EmbeddedError` where the disk refuses; then there is no such snapshot."""
    check_name(name)
    _check_free(home, name)
    folder = home.snapshots
    temporary = folder / f".{name}.{token_hex(4)}"
    with _disk(f"The snapshot {name} cannot be made"):
        folder.mkdir(mode=0o700, exist_ok=True)
        temporary.mkdir(mode=0o700)
        try:
            with db.still():
                found = contents(db)
                db.copy_to(temporary / "state.sqlite3")
                digests = snapshot_files.keep_files(home, db, temporary)
            _settle(temporary / "state.sqlite3")
            made = Snapshot(name, iso(SystemClock().now()), schema.VERSION, VERSION, found, digests, folder / name)
            _describe(made, temporary)
            temporary.rename(made.path)
            sync_folder(folder)
        finally:
            discard(temporary)
    return made


def bring_files(home: Home, snapshot: Snapshot) -> None:
    """Let the lab have the blobs and the code of a snapshot again. Raises `EmbeddedError` where the disk refuses."""
    with _disk(f"The snapshot {snapshot.name} cannot be loaded"):
        snapshot_files.bring_files(home, snapshot.path, snapshot.digests)


def listed(home: Home) -> list[Snapshot]:
    """The snapshots of a home, by name; a folder that is none is left out."""
    found = []
    for path in sorted(home.snapshots.glob("[!.]*")):
        with suppress(EmbeddedError):
            found.append(_read(path))
    return found


def find(home: Home, name: str) -> Snapshot:
    """The snapshot of this name. Raises `UsageError` where there is none, `EmbeddedError` for one that is damaged."""
    path = home.snapshots / check_name(name)
    if not path.is_dir():
        names = ", ".join(each.name for each in listed(home))
        there = f"There are {names}" if names else "Make one: labkit snapshot save NAME"
        raise UsageError(f"There is no snapshot {name}. {there}.")
    return _read(path)


def delete(home: Home, name: str) -> None:
    """Forget a snapshot; what it alone had is deleted. Raises `UsageError` where there is none."""
    path = home.snapshots / check_name(name)
    if not path.is_dir():
        find(home, name)
    gone = path.with_name(f".{name}.{token_hex(4)}")
    with _disk(f"The snapshot {name} cannot be deleted"):
        path.rename(gone)
        remove_tree(gone)


def check_name(name: str) -> str:
    """Return the name of a snapshot as it is. Raises `UsageError` for one that cannot be a folder's everywhere."""
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"A snapshot cannot be named {name!r}: use up to 64 letters, digits, dots, dashes and underscores, with a "
            "letter or a digit first."
        )
    return name


def sweep(home: Home) -> None:
    """Remove what a killed process has left of a snapshot that it was making or deleting."""
    for path in home.snapshots.glob(".*"):
        discard(path)


def _check_free(home: Home, name: str) -> None:
    taken = {each.name.lower(): each.name for each in home.snapshots.glob("[!.]*")}  # some disks do not tell case
    if name.lower() in taken:
        raise UsageError(f"There is a snapshot {taken[name.lower()]} already. Delete it first, or choose another name.")


def _newer(name: str, version: str) -> EmbeddedError:
    return EmbeddedError(f"The snapshot {name} was made by a newer version of labkit ({version}). Use that version.")


def _is_whole(path: Path, digest: str) -> bool:
    try:
        with path.open("rb") as file:
            return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}" == digest
    except OSError:
        return False


def _settle(database: Path) -> None:
    """Let the copy be one file, as small as can be, and on the disk."""
    database.chmod(0o600)
    connection = sqlite3.connect(database, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("VACUUM")
    finally:
        connection.close()
    _sync(database)


def _describe(snapshot: Snapshot, folder: Path) -> None:
    described = {
        _MARK: _FORM,
        "created": snapshot.created,
        "schema": snapshot.schema,
        "version": snapshot.version,
        "contents": dict(snapshot.contents),
        "digests": list(snapshot.digests),
    }
    path = folder / "snapshot.json"
    path.write_text(json.dumps(described, indent=2) + "\n", "utf-8")
    _sync(path)


def _read(path: Path) -> Snapshot:
    try:
        found: dict[str, Any] = json.loads((path / "snapshot.json").read_text("utf-8"))
        if found.pop(_MARK) > _FORM:
            raise _newer(path.name, found["version"])
        return Snapshot(path.name, path=path, **found)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        raise EmbeddedError(
            f"The snapshot {path.name} is damaged. 'labkit snapshot delete {path.name}' deletes it."
        ) from None


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


@contextmanager
def _disk(failed: str) -> Iterator[None]:
    """Errors of the disk, SQLite's too, as one sentence."""
    try:
        yield
    except OSError as error:
        raise EmbeddedError(f"{failed}: {disk_trouble(error) or error.strerror}.") from None
    except sqlite3.Error as error:
        raise EmbeddedError(f"{failed}: {error}.") from None
