"""Users, groups and roles as they are at this moment, with the documents that limit them: what is decided on."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from labkit.embedded.records import managed_policies
from labkit.embedded.state.database import Database
from labkit.iam.arn import parse, split

Kind = Literal["user", "group", "role"]

PolicyText = tuple[str, str]
"""A policy: its name and its text."""

_NOTHING_ALLOWED = '{"Version": "2012-10-17", "Statement": []}'


@dataclass(frozen=True)
class Documents:
    """The policies of a user or role: inline, attached, and those of its groups; and its boundary."""

    identity: tuple[PolicyText, ...]
    boundary: PolicyText | None


@dataclass(frozen=True)
class EntityRecord:
    """A user, group or role. ``boundary`` is the ARN of a managed policy, ``max_session`` seconds, a role's alone."""

    id: str
    account: str
    kind: Kind
    name: str
    path: str
    arn: str
    boundary: str | None
    trust_policy: str | None
    max_session: int | None
    linked_service: str | None


def find(db: Database, account: str, kind: Kind, name: str) -> EntityRecord | None:
    """The user, group or role of this name."""
    return _record(db.one("SELECT * FROM entity WHERE account = ? AND kind = ? AND name = ?", account, kind, name))


def by_id(db: Database, id: str) -> EntityRecord | None:
    """The user, group or role with this id."""
    return _record(db.one("SELECT * FROM entity WHERE id = ?", id))


def by_arn(db: Database, arn: str) -> EntityRecord | None:
    """The user, group or role with this ARN, path included."""
    return _record(db.one("SELECT * FROM entity WHERE arn = ?", arn))


def role(db: Database, arn: str) -> EntityRecord | None:
    """The role with this ARN, or None."""
    named = split(arn)
    found = by_arn(db, arn) if named is not None and named.is_a("iam", "role") else None
    return found if found and found.kind == "role" else None


def tags(db: Database, resource: str) -> dict[str, str]:
    """The tags of an entity (by its id) or of anything else (by its ARN)."""
    return {row["key"]: row["value"] for row in db.all("SELECT key, value FROM tag WHERE resource = ?", resource)}


def documents(db: Database, entity: EntityRecord) -> Documents:
    """The policies of a user with those of its groups, or of a role; the boundary of either."""
    owners = (
        "SELECT ?1 AS id UNION ALL SELECT group_id FROM group_member WHERE user_id = ?1"
        if entity.kind == "user"
        else "SELECT ?1 AS id"
    )
    inline = db.all(f"SELECT name, document FROM inline_policy WHERE entity IN ({owners})", entity.id)  # noqa: S608
    attached = db.all(f"SELECT policy FROM attached_policy WHERE entity IN ({owners})", entity.id)  # noqa: S608
    identity = [(row["name"], row["document"]) for row in inline]
    for row in attached:
        text = managed_policies.document(db, row["policy"])
        if text is not None:
            identity.append((parse(row["policy"]).name, text))
    return Documents(tuple(identity), _boundary(db, entity.boundary))


def _boundary(db: Database, arn: str | None) -> PolicyText | None:
    if arn is None:
        return None
    # A boundary whose policy is gone leaves nothing that it allows.
    return parse(arn).name, managed_policies.document(db, arn) or _NOTHING_ALLOWED


_MEMBERS = tuple(EntityRecord.__dataclass_fields__)


def _record(row: sqlite3.Row | None) -> EntityRecord | None:
    if row is None:
        return None
    columns: Mapping[str, object] = dict(row)
    return EntityRecord(**{name: columns[name] for name in _MEMBERS})  # type: ignore[arg-type]
