"""Organizations made and changed: units, members, and the policies that AWS attaches by itself.

Where a type of policies is enabled, AWS attaches its own full-access policy to the root, every unit and every account,
those that come later too (Organizations User Guide, "SCP evaluation" and "Resource control policies").
"""

from __future__ import annotations

from datetime import datetime

from labkit.embedded.state.clock import stored
from labkit.embedded.state.database import Database

FULL_ACCESS = {
    "SERVICE_CONTROL_POLICY": (
        "p-FullAWSAccess",
        "FullAWSAccess",
        "Allows access to every operation",
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}',
    ),
    "RESOURCE_CONTROL_POLICY": (
        "p-RCPFullAWSAccess",
        "RCPFullAWSAccess",
        "Allow access to every resource",
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}',
    ),
}
"""AWS's own policy of each type that has one: its id, name, description and document."""


def create(db: Database, id: str, root: str, management: str, now: datetime, feature_set: str = "ALL") -> None:
    """Make an organization with its root, its management account, and AWS's own policies."""
    db.insert("organization", id=id, management=management, feature_set=feature_set, created=stored(now))
    db.insert("unit", id=root, organization=id, parent=None, name="Root", created=stored(now))
    for kind, (policy, name, description, content) in FULL_ACCESS.items():
        db.insert(
            "organization_policy",
            organization=id,
            id=policy,
            type=kind,
            name=name,
            description=description,
            content=content,
            aws_managed=1,
        )
    email = "management@example.com"
    _insert_member(db, id, management, root, "management", email, now, joined_method="INVITED")


def add_unit(db: Database, organization: str, id: str, parent: str, name: str, now: datetime) -> None:
    """Make a unit below a root or unit."""
    db.insert("unit", id=id, organization=organization, parent=parent, name=name, created=stored(now))
    attach_full_access(db, organization, id)


def add(db: Database, organization: str, account: str, parent: str, name: str, email: str, now: datetime) -> None:
    """Make an existing account a member, in a root or unit."""
    _insert_member(db, organization, account, parent, name, email, now, joined_method="CREATED")


def move(db: Database, account: str, parent: str) -> None:
    """Put a member into another root or unit."""
    db.run("UPDATE member SET parent = ? WHERE account = ?", parent, account)


def remove(db: Database, account: str) -> None:
    """Let a member leave, with what was attached to it; the account itself stays."""
    db.run("DELETE FROM organization_attachment WHERE target = ?", account)
    db.run("DELETE FROM member WHERE account = ?", account)


def rename(db: Database, management: str, id: str) -> None:
    """Give the organization of a management account another id; nothing else of it changes."""
    db.run("UPDATE organization SET id = ? WHERE management = ?", id, management)


def move_management(db: Database, old: str, new: str) -> None:
    """Make ``new`` the management account of the organization of ``old``, in its place."""
    db.run("UPDATE organization SET management = ? WHERE management = ?", new, old)
    db.run("UPDATE member SET account = ? WHERE account = ?", new, old)
    db.run("UPDATE organization_attachment SET target = ? WHERE target = ?", new, old)


def attach_full_access(db: Database, organization: str, target: str) -> None:
    """Attach AWS's own policies of the types that are enabled to a new root, unit or account."""
    for row in db.all("SELECT type FROM policy_type WHERE organization = ?", organization):
        if row["type"] in FULL_ACCESS:
            db.run(
                "INSERT OR IGNORE INTO organization_attachment (organization, policy, target) VALUES (?, ?, ?)",
                organization,
                FULL_ACCESS[row["type"]][0],
                target,
            )


def _insert_member(
    db: Database,
    organization: str,
    account: str,
    parent: str,
    name: str,
    email: str,
    now: datetime,
    joined_method: str,
) -> None:
    db.insert(
        "member",
        account=account,
        organization=organization,
        parent=parent,
        name=name,
        email=email,
        status="ACTIVE",
        joined=stored(now),
        joined_method=joined_method,
    )
    attach_full_access(db, organization, account)
