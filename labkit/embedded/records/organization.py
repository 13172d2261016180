"""Where an account stands in an organization at this moment, and which of its organization's policies reach it.

Every call asks this several times, so each question is one quick query: up the tree from the account, by primary keys.
"""

from __future__ import annotations

import json
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


_PLACE = """
WITH RECURSIVE above (id, parent, organization, height) AS (
    SELECT account, parent, organization, 0 FROM member WHERE account = ?
    UNION ALL SELECT unit.id, unit.parent, above.organization, height + 1 FROM above JOIN unit ON unit.id = above.parent
) SELECT above.id, organization, management FROM above JOIN organization ON organization.id = above.organization
ORDER BY height DESC
"""
_UNITS = """
WITH RECURSIVE above (id, parent, height) AS (
    SELECT id, parent, 0 FROM unit WHERE id = ?
    UNION ALL SELECT unit.id, unit.parent, height + 1 FROM above JOIN unit ON unit.id = above.parent
) SELECT id FROM above ORDER BY height DESC
"""
_POLICIES = """
SELECT target, name, content FROM organization_attachment JOIN organization_policy
ON organization_policy.organization = organization_attachment.organization AND id = policy
WHERE target IN (SELECT value FROM json_each(?)) AND organization_policy.organization = ? AND type = ?
ORDER BY organization_attachment.rowid
"""


def place(db: Database, account: str) -> Place | None:
    """Where an account stands; None when it is in no organization."""
    rows = db.all(_PLACE, account)
    if not rows:
        return None
    return Place(rows[0]["organization"], rows[0]["management"], tuple(row["id"] for row in rows))


def units_to(db: Database, unit: str) -> tuple[str, ...]:
    """The ids from the root to a unit, both included; none where there is no such unit."""
    return tuple(row["id"] for row in db.all(_UNITS, unit))


def is_enabled(db: Database, organization: str, kind: str) -> bool:
    """Whether an organization has policies of a type in force."""
    return db.one("SELECT 1 FROM policy_type WHERE organization = ? AND type = ?", organization, kind) is not None


def levels(db: Database, where: Place, kind: str) -> list[Node] | None:
    """The levels above an account with their policies of a type; None where the organization has not enabled it."""
    if not is_enabled(db, where.organization, kind):
        return None
    found: dict[str, list[PolicyText]] = {id: [] for id in where.levels}
    for row in db.all(_POLICIES, json.dumps(where.levels), where.organization, kind):
        found[row["target"]].append((row["name"], row["content"]))
    return [Node(id, {kind: tuple(policies)}) for id, policies in found.items()]
