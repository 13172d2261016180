"""The key ring: access keys of users, and sessions of roles. labkit's own, so that no secret is in moto's state.

A user that has a key cannot be deleted (IAM answers DeleteConflict), so a key needs no look at the user to say who
signed with it: the embedded AWS can answer GetCallerIdentity before moto has come up. A session names its role by ARN
and id; whether that role still exists is asked when the session is used.
"""

from __future__ import annotations

import base64
import hmac
import secrets
import string
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_FIRST_ACCOUNT = 549_755_813_888  # what AWS's ids count from


@dataclass(frozen=True)
class UserKey:
    """A long-term access key of an IAM user; ``status`` is Active or Inactive, ``created`` an ISO date."""

    id: str
    secret: str = field(repr=False)
    account: str
    user: str
    user_arn: str
    user_id: str
    created: str
    status: str = "Active"


@dataclass(frozen=True)
class Session:
    """Temporary credentials: of a role (``role_id`` is set), or of the user who asked for them.

    ``arn`` is the session's ARN as STS shows it, ``principal_arn`` that of the role or user. ``policies`` are session
    policies, as texts; ``issued`` and ``expires`` are ISO dates.
    """

    id: str
    secret: str = field(repr=False)
    token: str = field(repr=False)
    account: str
    arn: str
    principal_arn: str
    user_id: str
    issued: str
    expires: str
    role_id: str | None = None
    parent: str | None = None  # the user's access key, for a user's session
    policies: tuple[str, ...] | None = None
    tags: dict[str, str] = field(default_factory=dict)

    def accepts(self, token: str | None) -> bool:
        """Whether this is the session's token; compared in constant time."""
        return hmac.compare_digest(self.token.encode(), (token or "").encode())

    def expired(self, now: datetime) -> bool:
        """Whether the session has ended."""
        return now >= datetime.fromisoformat(self.expires)


def new_session(account: str, now: datetime, seconds: int, **members: Any) -> Session:
    """Temporary credentials that begin ``now``; ``members`` are the other members of `Session`."""
    return Session(
        id=new_id("ASIA", account),
        secret=new_secret(),
        token=new_token(),
        account=account,
        issued=now.isoformat(),
        expires=(now + timedelta(seconds=seconds)).isoformat(),
        **members,
    )


class KeyRing:
    """All keys and sessions. ``changed`` says whether something is to be written.

    The two tables are replaced and never altered, so that they can be read and written to disk without a lock.
    """

    def __init__(self) -> None:
        self._users: dict[str, UserKey] = {}
        self._sessions: dict[str, Session] = {}
        self.changed = False

    def find(self, access_key: str) -> UserKey | Session | None:
        """The key or session with this id."""
        return self._users.get(access_key) or self._sessions.get(access_key)

    def of_user(self, account: str, user: str) -> Iterator[UserKey]:
        """The access keys of a user, oldest first."""
        return (key for key in self._users.values() if (key.account, key.user) == (account, user))

    def put(self, key: UserKey) -> None:
        """Add an access key, or replace the one with its id."""
        self._users = {**self._users, key.id: key}
        self.changed = True

    def set_status(self, key: UserKey, status: str) -> None:
        """Make a key Active or Inactive."""
        self.put(replace(key, status=status))

    def remove(self, key: UserKey) -> None:
        """Forget an access key, and the sessions that it has asked for."""
        self._users = {id: kept for id, kept in self._users.items() if id != key.id}
        self._sessions = {id: session for id, session in self._sessions.items() if session.parent != key.id}
        self.changed = True

    def keep_only(self, user: str) -> None:
        """Forget every session, and the keys of all users with another name."""
        self._users = {id: key for id, key in self._users.items() if key.user == user}
        self._sessions = {}
        self.changed = True

    def open(self, session: Session, now: datetime) -> None:
        """Add a session; those that have ended are forgotten on this occasion."""
        alive = {id: kept for id, kept in self._sessions.items() if not kept.expired(now)}
        self._sessions = {**alive, session.id: session}
        self.changed = True

    def to_dict(self) -> dict[str, Any]:
        """All of it as JSON-able data."""
        return {
            "users": [asdict(key) for key in self._users.values()],
            "sessions": [asdict(session) for session in self._sessions.values()],
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> KeyRing:
        """The inverse of `to_dict`; raises TypeError or KeyError for anything else."""
        ring = cls()
        ring._users = {item["id"]: UserKey(**item) for item in data["users"]}
        for item in data["sessions"]:
            policies = item["policies"]
            session = Session(**{**item, "policies": None if policies is None else tuple(policies)})
            ring._sessions[session.id] = session
        return ring


def new_id(prefix: str, account: str, length: int = 20) -> str:
    """A new id as AWS makes them: ``AKIA``, ``ASIA``, ``AIDA`` or ``AROA``, the account in base 32, random letters."""
    number = int(account)
    place = base64.b32encode((number // 2 + _FIRST_ACCOUNT).to_bytes(5, "big")).decode()
    half = _BASE32[16:] if number % 2 else _BASE32[:16]
    start = prefix + place + secrets.choice(half)
    return start + "".join(secrets.choice(_BASE32) for _ in range(length - len(start)))


def account_of(id: str) -> str | None:
    """The account that is written into an id (`new_id`), or None where there is none."""
    try:
        number = (int.from_bytes(base64.b32decode(id[4:12]), "big") - _FIRST_ACCOUNT) * 2
        number += _BASE32.index(id[12]) >= 16
    except (ValueError, IndexError):
        return None
    return f"{number:012d}" if 0 <= number < 10**12 else None


def new_secret() -> str:
    """A new secret access key: 40 characters."""
    alphabet = string.ascii_letters + string.digits + "+/"
    return "".join(secrets.choice(alphabet) for _ in range(40))


def new_token() -> str:
    """A new session token, opaque, in the length and alphabet of AWS's."""
    return "IQoJb3JpZ2luX2VjE" + base64.b64encode(secrets.token_bytes(240)).decode()
