"""Where an account stands in an organization at this moment, and which of its organization's policies reach it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from labkit.embedded.records.principals import PolicyText
from labkit.embedded.state.database import Database
from labkit.pull.organization import Membership, path_through


@dataclass(frozen=True)
class Node:
    """One level of an organization, root, unit or account, with the policies attached to it, by type."""

    id: str
    policies: Mapping[str, tuple[PolicyText, ...]]


@dataclass(frozen=True)
class Place:
    """Where an account stands: organization, its management account, the ids of the levels from root to account."""

    organization: str
    management: str
    levels: tuple[str, ...]

    @property
    def membership(self) -> Membership:
        """The values of ``aws:PrincipalOrgID``, ``aws:PrincipalOrgPaths`` and their relatives."""
        return Membership(self.organization, (path_through(self.organization, self.levels[:-1]),))


_LEVELS = """
WITH RECURSIVE above (id, parent, height) AS (
    SELECT account, parent, 0 FROM member WHERE account = ?
    UNION ALL SELECT unit.id, unit.parent, height + 1 FROM unit JOIN above ON unit.id = above.parent
) SELECT id FROM above ORDER BY height DESC
"""


def place(db: Database, account: str) -> Place | None:
    """Where an account stands; None when it is in no organization."""
    row = db.one(
        "SELECT organization.id, management FROM member JOIN organization ON organization.id = organization "
        "WHERE account = ?",
        account,
    )
    if row is None:
        return None
    return Place(row["id"], row["management"], tuple(level["id"] for level in db.all(_LEVELS, account)))


def levels(db: Database, where: Place, kind: str) -> list[Node] | None:
    """The levels above an account with their policies of a type; None where the organization has not enabled it."""
    enabled = db.one("SELECT 1 FROM policy_type WHERE organization = ? AND type = ?", where.organization, kind)
    return [_node(db, where.organization, id, kind) for id in where.levels] if enabled else None


def _node(db: Database, organization: str, id: str, kind: str) -> Node:
    rows = db.all(
        "SELECT name, content FROM organization_attachment JOIN organization_policy "
        "ON organization_policy.organization = organization_attachment.organization AND id = policy "
        "WHERE target = ? AND organization_policy.organization = ? AND type = ? ORDER BY organization_attachment.rowid",
        id,
        organization,
        kind,
    )
    return Node(id, {kind: tuple((row["name"], row["content"]) for row in rows)})
