"""Which accounts exist: only these can be named in a policy, and only in these can anything be.

An account exists because it has a profile, because an organization has made it, or because somebody has said that it
exists outside (``labkit up --account N``): then nothing of it is known here but its number.
"""

from __future__ import annotations

import logging
import secrets
from datetime import datetime
from typing import Literal

from labkit.embedded.state.clock import stored
from labkit.embedded.state.database import Database

_LOG = logging.getLogger(__name__)

Origin = Literal["profile", "organization", "outside"]
"""Why an account exists."""


def exists(db: Database, account: str) -> bool:
    """Whether there is an account of this number."""
    return db.one("SELECT 1 FROM account WHERE id = ?", account) is not None


def known(db: Database, account: str, named_in: str) -> bool:
    """Whether an account that a policy names exists; where not, the log says how to let it.

    ``named_in`` is what kind of policy it is, with its article.
    """
    found = exists(db, account)
    if not found:
        _LOG.warning(
            "%s was refused, since it names the account %s, which does not exist here; "
            "'labkit up --account %s' makes it exist",
            *(named_in, account, account),
        )
    return found


def add(db: Database, account: str, origin: Origin, now: datetime) -> None:
    """Let an account exist; one that does already stays as it is, but for an outside one that now gets a content."""
    db.run(
        "INSERT INTO account (id, origin, created) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE "
        "SET origin = excluded.origin WHERE account.origin = 'outside'",
        account,
        origin,
        stored(now),
    )


def numbers(db: Database, origin: Origin | None = None) -> list[str]:
    """The numbers of all accounts, or of those that exist for one reason, in order."""
    if origin is None:
        return [row["id"] for row in db.all("SELECT id FROM account ORDER BY id")]
    return [row["id"] for row in db.all("SELECT id FROM account WHERE origin = ? ORDER BY id", origin)]


def alias(db: Database, account: str) -> str | None:
    """The alias of an account, or None."""
    row = db.one("SELECT alias FROM account WHERE id = ?", account)
    return row["alias"] if row else None


def new_number(db: Database) -> str:
    """A number for a new account, at random, that no account has."""
    while True:
        number = str(10**11 + secrets.randbelow(9 * 10**11))
        if not exists(db, number):
            return number
