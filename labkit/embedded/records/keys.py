"""Access keys of users, and sessions of roles and users.

A key belongs to its user by the user's id, so it follows a user that is renamed and goes with one that is deleted. A
session names its role by ARN and id; whether that role still exists is asked when the session is used. Secrets stand in
the database and in the profiles of the lab home, and nowhere else.
"""

from __future__ import annotations

import hmac
import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from labkit.embedded.state.clock import read_stored, stored
from labkit.embedded.state.database import Database
from labkit.embedded.state.identifiers import new_id, new_secret, new_token
from labkit.iam import Policy


@dataclass(frozen=True)
class UserKey:
    """A long-term access key of an IAM user; ``status`` is Active or Inactive, ``created`` an aware datetime."""

    id: str
    secret: str = field(repr=False)
    account: str
    user: str
    user_arn: str
    user_id: str
    created: datetime
    status: str = "Active"


class SessionPolicy(NamedTuple):
    """A session policy: its text, and the ARN of the managed policy that it is; empty for one given as a document."""

    text: str
    arn: str = ""

    def compiled(self) -> Policy:
        """The policy for the engine."""
        return Policy.parse(self.text, "session policy", self.arn)


@dataclass(frozen=True)
class Session:
    """Temporary credentials: of a role (``role_id`` is set), or of the user who asked for them.

    ``arn`` is the session's ARN as STS shows it, ``principal_arn`` that of the role or user. ``policies`` are
    session policies; ``issued`` and ``expires`` are aware datetimes. ``tags`` are session tags, those of the role or
    user not among them; ``transitive`` are the keys of those that go on to the next role. ``context`` has the condition
    keys that came with a web identity.
    """

    id: str
    secret: str = field(repr=False)
    token: str = field(repr=False)
    account: str
    arn: str
    principal_arn: str
    user_id: str
    issued: datetime
    expires: datetime
    role_id: str | None = None
    parent: str | None = None  # the user's access key, for a user's session
    policies: tuple[SessionPolicy, ...] | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    source_identity: str | None = None
    transitive: tuple[str, ...] = ()
    context: Mapping[str, str | list[str]] = field(default_factory=dict)

    @property
    def inherited(self) -> dict[str, str]:
        """The tags that go on to the session of a role that is assumed with this one."""
        keys = {key.lower() for key in self.transitive}
        return {key: value for key, value in self.tags.items() if key.lower() in keys}

    def accepts(self, token: str | None) -> bool:
        """Whether this is the session's token; compared in constant time."""
        return hmac.compare_digest(self.token.encode(), (token or "").encode())

    def expired(self, now: datetime) -> bool:
        """Whether the session has ended."""
        return now >= self.expires


def new_session(account: str, now: datetime, seconds: int, **members: Any) -> Session:
    """Temporary credentials that begin ``now``; ``members`` are the other members of `Session`."""
    return Session(
        id=new_id("ASIA", account),
        secret=new_secret(),
        token=new_token(),
        account=account,
        issued=now,
        expires=now + timedelta(seconds=seconds),
        **members,
    )


_KEY = (
    "SELECT access_key.*, entity.account, entity.name AS user, entity.arn AS user_arn "
    "FROM access_key JOIN entity ON entity.id = access_key.user_id "
)


def find(db: Database, access_key: str) -> UserKey | Session | None:
    """The key or session with this id."""
    row = db.one(_KEY + "WHERE access_key.id = ?", access_key)
    if row is not None:
        return _key(row)
    row = db.one("SELECT * FROM session WHERE id = ?", access_key)
    return _session(row) if row else None


def of_user(db: Database, user_id: str) -> list[UserKey]:
    """The access keys of a user, oldest first."""
    return [_key(row) for row in db.all(_KEY + "WHERE user_id = ? ORDER BY access_key.rowid", user_id)]


def put(db: Database, key: UserKey) -> None:
    """Add an access key to an existing user."""
    db.insert(
        "access_key",
        id=key.id,
        user_id=key.user_id,
        secret=key.secret,
        status=key.status,
        created=stored(key.created),
    )


def exchange(db: Database, access_key: str, key: UserKey) -> None:
    """Let the user of an access key have another one in its place."""
    db.run(
        "UPDATE access_key SET id = ?, secret = ?, status = ?, created = ? WHERE id = ?",
        key.id,
        key.secret,
        key.status,
        stored(key.created),
        access_key,
    )


def set_status(db: Database, access_key: str, status: str) -> None:
    """Make a key Active or Inactive."""
    db.run("UPDATE access_key SET status = ? WHERE id = ?", status, access_key)


def remove(db: Database, access_key: str) -> None:
    """Forget an access key, and the sessions that it has asked for."""
    db.run("DELETE FROM access_key WHERE id = ?", access_key)


def open_session(db: Database, session: Session, now: datetime) -> None:
    """Add a session; those that have ended are forgotten on this occasion."""
    db.run("DELETE FROM session WHERE expires <= ?", stored(now))
    db.insert(
        "session",
        id=session.id,
        secret=session.secret,
        token=session.token,
        account=session.account,
        arn=session.arn,
        principal_arn=session.principal_arn,
        user_id=session.user_id,
        role_id=session.role_id,
        parent=session.parent,
        policies=None if session.policies is None else json.dumps(session.policies),
        tags=json.dumps(dict(session.tags)),
        issued=stored(session.issued),
        expires=stored(session.expires),
        source_identity=session.source_identity,
        transitive=json.dumps(session.transitive),
        context=json.dumps(dict(session.context)),
    )


def _key(row: sqlite3.Row) -> UserKey:
    return UserKey(
        id=row["id"],
        secret=row["secret"],
        account=row["account"],
        user=row["user"],
        user_arn=row["user_arn"],
        user_id=row["user_id"],
        created=read_stored(row["created"]),
        status=row["status"],
    )


def _session(row: sqlite3.Row) -> Session:
    columns = dict(row)
    return Session(
        **{
            **columns,
            "policies": _policies(row["policies"]),
            "tags": json.loads(row["tags"]),
            "transitive": tuple(json.loads(row["transitive"])),
            "context": json.loads(row["context"]),
            "issued": read_stored(row["issued"]),
            "expires": read_stored(row["expires"]),
        }
    )


def _policies(text: str | None) -> tuple[SessionPolicy, ...] | None:
    """The session policies of a row; those that version 1 of the schema wrote are texts alone."""
    if text is None:
        return None
    return tuple(SessionPolicy(each) if isinstance(each, str) else SessionPolicy(*each) for each in json.loads(text))
