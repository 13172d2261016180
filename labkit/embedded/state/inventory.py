"""What a state has, in numbers: how much of each kind, and how many bytes.

For `labkit status`, and for what is said before something takes the place of a state.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from labkit.embedded.state.database import Database
from labkit.ground.home import Home

_KINDS = {
    "accounts": "account",
    "users": "entity WHERE kind = 'user'",
    "roles": "entity WHERE kind = 'role'",
    "repositories": "repository",
    "images": "image",
    "functions": "function WHERE version = '$LATEST'",
}


def contents(db: Database) -> dict[str, int]:
    """How many accounts, users, roles, repositories, images and functions there are in a state, by these names."""
    counts = ", ".join(f"(SELECT count(*) FROM {table}) AS {name}" for name, table in _KINDS.items())  # noqa: S608
    row = db.one(f"SELECT {counts}")
    return dict(row) if row else {}


def sizes(home: Home) -> dict[str, int]:
    """Bytes of the state, of blobs, of what functions run from, of snapshots and of the log; ``free``: on the disk."""
    return {
        "state": sum(size(path) for path in home.embedded.glob(f"{home.database.name}*")),
        "blobs": size(home.embedded / "images"),
        "functions": size(home.embedded / "functions"),
        "snapshots": size(home.snapshots),
        "log": size(home.log),
        "free": shutil.disk_usage(home.root).free,
    }


def size(path: Path) -> int:
    """The bytes of a file, or of all files in a folder; 0 where there is nothing."""
    if path.is_dir():
        return sum(size(each) for each in path.rglob("*") if each.is_file() and not each.is_symlink())
    try:
        return path.lstat().st_size
    except OSError:
        return 0
