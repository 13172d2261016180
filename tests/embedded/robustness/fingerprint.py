"""Everything that an embedded AWS keeps, as one value: two are alike where nothing has changed between them."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from pathlib import Path


class Fingerprint:
    """Reads the state of a lab home from outside, through a connection of its own.

    The database is read whole only when somebody has committed to it since the last time.
    """

    def __init__(self, home: Path) -> None:
        self._folder = home / "embedded"
        database = self._folder / "state.sqlite3"
        self._connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
        self._version, self._rows = -1, ""

    def taken(self) -> tuple[str, tuple[tuple[str, int], ...]]:
        """The rows of all tables, and names and sizes of all files beside the database."""
        (version,) = self._connection.execute("PRAGMA data_version").fetchone()
        if version != self._version:
            self._version, self._rows = version, digest(self._connection)
        return self._rows, tuple(sorted(_files(self._folder)))

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def digest(connection: sqlite3.Connection) -> str:
    """A digest of all rows of all tables, but for uses of keys and roles, and events: a refused call is both."""
    taken = hashlib.sha256()
    tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
    for (table,) in connection.execute(tables).fetchall():
        if table in ("event", "event_resource"):
            continue
        names = [row[1] for row in connection.execute(f'PRAGMA table_info("{table}")')]
        kept = ", ".join(f'"{name}"' for name in names if not name.startswith("last_used"))
        for row in sorted(map(repr, connection.execute(f'SELECT {kept} FROM "{table}"').fetchall())):
            taken.update(f"{table}{row}\n".encode(errors="surrogatepass"))
    return taken.hexdigest()


def _files(folder: Path) -> list[tuple[str, int]]:
    found = []
    for place, _, names in os.walk(folder):
        found += [
            (str(path), path.stat().st_size)
            for name in names
            if not (path := Path(place, name)).name.startswith("state.sqlite3")
        ]
    return found
