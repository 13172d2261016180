"""Users, groups and roles as they are at this moment, with the documents that limit them: what is decided on."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Literal, NamedTuple

from labkit.check.values import IAM_ENTITY
from labkit.embedded.records import managed_policies
from labkit.embedded.state.database import Database
from labkit.iam import Policy
from labkit.iam.arn import parse, split

Kind = Literal["user", "group", "role"]


class PolicyText(NamedTuple):
    """A policy: its name, its text, and its ARN where it has one."""

    name: str
    text: str
    arn: str = ""

    def compiled(self) -> Policy:
        """The policy for the engine."""
        return Policy.parse(self.text, self.name, self.arn)


_INLINE = (
    "SELECT name, document FROM inline_policy WHERE entity IN "
    "(SELECT ? UNION ALL SELECT group_id FROM group_member WHERE user_id = ?)"
)
_ATTACHED = (
    "SELECT policy FROM attached_policy WHERE entity IN "
    "(SELECT ? UNION ALL SELECT group_id FROM group_member WHERE user_id = ?)"
)
_NOTHING_ALLOWED = '{"Version": "2012-10-17", "Statement": []}'


@dataclass(frozen=True)
class Documents:
    """The policies of a user or role: inline, attached, and those of its groups; and its boundary."""

    identity: tuple[PolicyText, ...]
    boundary: PolicyText | None


@dataclass(frozen=True)
class Holdings:
    """What a user, group or role has itself: inline policies by name, ARNs of attached ones, ids of its groups, the
    ARN of its boundary."""

    inline: dict[str, str] = field(default_factory=dict)
    attached: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    boundary: str | None = None

    @property
    def text(self) -> str:
        """All of it as one text, which `read` reads."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, text: str | None) -> Holdings:
        """The holdings that a text means; None: there are none."""
        return cls(**json.loads(text)) if text else cls()


NOTHING = Holdings()

Seen = Callable[[str, str | None], str | None]
"""From a holder (an ARN, or `trust_of` one) and the text that it has to the text that it is taken to have."""


@dataclass(frozen=True)
class EntityRecord:
    """A user, group or role. ``boundary`` is the ARN of a managed policy; what follows it is a role's alone.

    ``created`` and ``last_used`` are dates as the state keeps them, ``max_session`` is in seconds, and
    ``linked_service`` the service of a service-linked role.
    """

    id: str
    account: str
    kind: Kind
    name: str
    path: str
    arn: str
    created: str
    boundary: str | None
    description: str | None
    trust_policy: str | None
    max_session: int | None
    linked_service: str | None
    last_used: str | None
    last_used_region: str | None


def find(db: Database, account: str, kind: Kind, name: str) -> EntityRecord | None:
    """The user, group or role of this name."""
    row = db.one("SELECT * FROM entity WHERE account = ? AND kind = ? AND name = ?", account, kind, name)
    return record(row) if row else None


def by_id(db: Database, id: str) -> EntityRecord | None:
    """The user, group or role with this id."""
    row = db.one("SELECT * FROM entity WHERE id = ?", id)
    return record(row) if row else None


def by_arn(db: Database, arn: str) -> EntityRecord | None:
    """The user, group or role with this ARN, path included."""
    row = db.one("SELECT * FROM entity WHERE arn = ?", arn)
    return record(row) if row else None


def exists(db: Database, principal: str) -> bool:
    """Does the user or role that a policy names by its ARN, or the role of a session, exist?

    ``*`` and federated users, who are nowhere listed, always do.
    """
    entity = IAM_ENTITY.fullmatch(principal)
    if entity is None or (entity["sts"] and not entity["role"]):
        return True
    if entity["role"]:  # a session names its role without the path
        return find(db, entity["sts"], "role", entity["role"]) is not None
    return by_arn(db, principal) is not None


def role(db: Database, arn: str) -> EntityRecord | None:
    """The role with this ARN, or None."""
    named = split(arn)
    found = by_arn(db, arn) if named is not None and named.is_a("iam", "role") else None
    return found if found and found.kind == "role" else None


def documents(db: Database, entity: EntityRecord, seen: Seen | None = None) -> Documents:
    """The policies of a user with those of its groups, or of a role; the boundary of either.

    ``seen`` says what is taken for the text of each holder, where that is not what it has.
    """
    if seen is not None:
        return _seen_documents(db, entity, seen)
    inline = db.all(_INLINE, entity.id, entity.id)
    attached = db.all(_ATTACHED, entity.id, entity.id)
    identity = [PolicyText(row["name"], row["document"]) for row in inline]
    for row in attached:
        text = managed_policies.document(db, row["policy"])
        if text is not None:
            identity.append(_managed(row["policy"], text))
    return Documents(tuple(identity), _boundary(db, entity.boundary))


def holdings(db: Database, entity: EntityRecord) -> Holdings:
    """What a user, group or role has itself."""
    inline = db.all("SELECT name, document FROM inline_policy WHERE entity = ? ORDER BY name", entity.id)
    attached = db.all("SELECT policy FROM attached_policy WHERE entity = ? ORDER BY rowid", entity.id)
    groups = db.all("SELECT group_id FROM group_member WHERE user_id = ? ORDER BY group_id", entity.id)
    return Holdings(
        {row["name"]: row["document"] for row in inline},
        [row["policy"] for row in attached],
        [row["group_id"] for row in groups],
        entity.boundary,
    )


def trust_of(arn: str) -> str:
    """How the trust policy of a role is named as a holder of its own."""
    return f"trust {arn}"


def _seen_documents(db: Database, entity: EntityRecord, seen: Seen) -> Documents:
    def of(holder: EntityRecord) -> Holdings:
        return Holdings.read(seen(holder.arn, holdings(db, holder).text))

    def managed(arn: str) -> str | None:
        return seen(arn, managed_policies.document(db, arn))

    own = of(entity)
    groups = [of(group) for id in own.groups if (group := by_id(db, id))]
    inline = [PolicyText(*policy) for each in (own, *groups) for policy in each.inline.items()]
    attached = [_managed(arn, text) for each in (own, *groups) for arn in each.attached if (text := managed(arn))]
    boundary = _managed(own.boundary, managed(own.boundary) or _NOTHING_ALLOWED) if own.boundary else None
    return Documents((*inline, *attached), boundary)


def _boundary(db: Database, arn: str | None) -> PolicyText | None:
    if arn is None:
        return None
    # A boundary whose policy is gone leaves nothing that it allows.
    return _managed(arn, managed_policies.document(db, arn) or _NOTHING_ALLOWED)


def _managed(arn: str, text: str) -> PolicyText:
    return PolicyText(parse(arn).name, text, arn)


_MEMBERS = tuple(EntityRecord.__dataclass_fields__)


def record(row: sqlite3.Row) -> EntityRecord:
    """A row of the table ``entity`` as a record; further columns of the row are left out."""
    return EntityRecord(*(row[name] for name in _MEMBERS))
