"""Where an account stands in an organization at this moment, and which of its organization's policies reach it.

Every call asks this several times, so each question is one quick query by primary keys. Up the tree that is a join for
each level that AWS allows, in less than half the time of a recursive query.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from sqlite3 import Row

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


DEEPEST = 5
"""How many levels of units there may be below the root (Organizations quotas)."""

_HEIGHTS = range(DEEPEST, 0, -1)
_ABOVE = f"LEFT JOIN unit AS unit{DEEPEST} ON unit{DEEPEST}.id = member.parent " + " ".join(
    f"LEFT JOIN unit AS unit{height - 1} ON unit{height - 1}.id = unit{height}.parent" for height in _HEIGHTS
)
_PLACE = (
    f"SELECT {', '.join(f'unit{height}.id' for height in range(DEEPEST + 1))}, account, organization.id, management "  # noqa: S608
    f"FROM member JOIN organization ON organization.id = member.organization {_ABOVE} WHERE account = ?"
)
_UNITS = """
WITH RECURSIVE above (id, parent, height) AS (
    SELECT id, parent, 0 FROM unit WHERE id = ?
    UNION ALL SELECT unit.id, unit.parent, height + 1 FROM above JOIN unit ON unit.id = above.parent
) SELECT id FROM above ORDER BY height DESC
"""
#: CROSS JOIN keeps the order, and the plus an index out: from the few levels to the few policies attached there,
#: not through all that is attached anywhere.
_POLICIES = """
SELECT attached.target, policy.name, policy.content, policy.id, policy.type, policy.aws_managed
FROM json_each(?) AS level
CROSS JOIN organization_attachment AS attached ON attached.target = level.value
CROSS JOIN organization_policy AS policy
ON policy.organization = attached.organization AND policy.id = attached.policy
WHERE +attached.organization = ? AND policy.type = ? ORDER BY level.key, attached.rowid
"""


def place(db: Database, account: str) -> Place | None:
    """Where an account stands; None when it is in no organization."""
    row = db.one(_PLACE, account)
    if row is None:
        return None
    *levels, organization, management = row
    return Place(organization, management, tuple(id for id in levels if id is not None))


def units_to(db: Database, unit: str) -> tuple[str, ...]:
    """The ids from the root to a unit, both included; none where there is no such unit."""
    return tuple(row["id"] for row in db.all(_UNITS, unit))


def is_enabled(db: Database, organization: str, kind: str) -> bool:
    """Whether an organization has policies of a type in force."""
    return db.one("SELECT 1 FROM policy_type WHERE organization = ? AND type = ?", organization, kind) is not None


def policy_arn(organization: str, management: str, policy: Row) -> str:
    """The ARN of a policy, of which ``policy`` has id, type and aws_managed; AWS's own name no account."""
    owner = "aws:policy" if policy["aws_managed"] else f"{management}:policy/{organization}"
    return f"arn:aws:organizations::{owner}/{policy['type'].lower()}/{policy['id']}"


def levels(db: Database, where: Place, kind: str) -> list[Node] | None:
    """The levels above an account with their policies of a type; None where the organization has not enabled it."""
    if not is_enabled(db, where.organization, kind):
        return None
    found: dict[str, list[PolicyText]] = {id: [] for id in where.levels}
    for row in db.all(_POLICIES, json.dumps(where.levels), where.organization, kind):
        arn = policy_arn(where.organization, where.management, row)
        found[row["target"]].append(PolicyText(row["name"], row["content"], arn))
    return [Node(id, {kind: tuple(policies)}) for id, policies in found.items()]
