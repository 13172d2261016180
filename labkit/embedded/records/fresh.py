"""A fresh state in a home whose process does not run: all is new but the administrators' keys.

The keys stay so that clients that hold them, in a running kernel, go on working; not where the state cannot be read.
"""

from __future__ import annotations

from contextlib import suppress

from labkit.embedded.records import founding, keys, principals
from labkit.embedded.records.accounts import add
from labkit.embedded.records.keys import UserKey
from labkit.embedded.state import world
from labkit.embedded.state.clock import SystemClock
from labkit.embedded.state.opening import open_database
from labkit.errors import EmbeddedError
from labkit.ground.files import discard
from labkit.ground.home import Home


def start_afresh(home: Home) -> None:
    """Delete the state, the images and what functions run from; make a new state with the administrators of before."""
    kept = _administrators(home)
    for path in home.embedded.glob(f"*{home.database.name}*"):
        path.unlink(missing_ok=True)
    for directory in (home.state, home.embedded / "images", home.embedded / "functions"):
        discard(directory)
    db, now = open_database(home), SystemClock().now()
    try:
        with db.write():
            for key in kept:
                add(db, key.account, "profile", now)
                founding.add_administrator(db, key.account, now, key)
    finally:
        db.close()


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
