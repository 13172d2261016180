"""Organizations made, changed and deleted: units, members, and the policies that AWS attaches by itself.

Where a type of policies is enabled, AWS attaches its own full-access policy to the root, every unit and every account,
those that come later too; where it is disabled, AWS detaches all policies of that type (Organizations User Guide,
"Enabling policy types", "Disabling policy types", "Resource control policies").
"""

from __future__ import annotations

from datetime import datetime

from labkit.embedded.records import tags
from labkit.embedded.state.clock import stored
from labkit.embedded.state.database import Database

_EVERYTHING = """{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",%s
      "Action": "*",
      "Resource": "*"
    }
  ]
}"""

FULL_ACCESS = {
    "SERVICE_CONTROL_POLICY": (
        "p-FullAWSAccess",
        "FullAWSAccess",
        "Allows access to every operation",
        _EVERYTHING % "",
    ),
    "RESOURCE_CONTROL_POLICY": (
        "p-RCPFullAWSAccess",
        "RCPFullAWSAccess",
        "Allows access to every resource",
        _EVERYTHING % '\n      "Principal": "*",',
    ),
}
"""AWS's own policy of each type that has one: its id, name, description and document."""

_TARGETS = "SELECT id FROM unit WHERE organization = ? UNION ALL SELECT account FROM member WHERE organization = ?"


# -- Organizations -------------------------------------------------------------------------------------------------


def create(
    db: Database, id: str, root: str, management: str, profile: str, now: datetime, feature_set: str = "ALL"
) -> None:
    """Make an organization with its root, its management account, and AWS's own policies; no type is enabled yet.

    ``profile`` names the management account, and its e-mail address is made from it.
    """
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
    _insert_member(db, id, management, root, profile, f"{profile}@example.com", now, joined_method="INVITED")


def delete(db: Database, id: str) -> None:
    """Delete an organization that only its management account is left of, with its units and policies."""
    db.run(f"DELETE FROM tag WHERE resource IN ({_TARGETS})", id, id)  # noqa: S608
    db.run("DELETE FROM tag WHERE resource IN (SELECT id FROM organization_policy WHERE organization = ?)", id)
    db.run("DELETE FROM member WHERE organization = ?", id)
    db.run("DELETE FROM unit WHERE organization = ?", id)
    db.run("DELETE FROM organization WHERE id = ?", id)


def rename(db: Database, management: str, id: str) -> None:
    """Give the organization of a management account another id; nothing else of it changes."""
    db.run("UPDATE organization SET id = ? WHERE management = ?", id, management)


def move_management(db: Database, old: str, new: str) -> None:
    """Make ``new`` the management account of the organization of ``old``, in its place."""
    db.run("UPDATE organization SET management = ? WHERE management = ?", new, old)
    db.run("UPDATE member SET account = ? WHERE account = ?", new, old)
    db.run("UPDATE organization_attachment SET target = ? WHERE target = ?", new, old)
    db.run("UPDATE OR REPLACE tag SET resource = ? WHERE resource = ?", new, old)


# -- Units and members ---------------------------------------------------------------------------------------------


def add_unit(db: Database, organization: str, id: str, parent: str, name: str, now: datetime) -> None:
    """Make a unit below a root or unit."""
    db.insert("unit", id=id, organization=organization, parent=parent, name=name, created=stored(now))
    attach_full_access(db, organization, id)


def remove_unit(db: Database, id: str) -> None:
    """Delete a unit that is empty, with its tags and what was attached to it."""
    _forget(db, id)
    db.run("DELETE FROM unit WHERE id = ?", id)


def add(db: Database, organization: str, account: str, parent: str, name: str, email: str, now: datetime) -> None:
    """Make an existing account a member, in a root or unit."""
    _insert_member(db, organization, account, parent, name, email, now, joined_method="CREATED")


def move(db: Database, account: str, parent: str) -> None:
    """Put a member into another root or unit."""
    db.run("UPDATE member SET parent = ? WHERE account = ?", parent, account)


def remove(db: Database, account: str) -> None:
    """Let a member leave, with its tags and what was attached to it; the account itself stays."""
    _forget(db, account)
    db.run("DELETE FROM member WHERE account = ?", account)


def _forget(db: Database, target: str) -> None:
    db.run("DELETE FROM organization_attachment WHERE target = ?", target)
    tags.clear(db, target)


# -- Types of policies ---------------------------------------------------------------------------------------------


def enable(db: Database, organization: str, kind: str) -> None:
    """Put policies of a type in force: AWS's own full-access policy, if there is one, is attached everywhere."""
    db.insert("policy_type", organization=organization, type=kind)
    if kind in FULL_ACCESS:
        for target in db.all(_TARGETS, organization, organization):
            _attach(db, organization, FULL_ACCESS[kind][0], target["id"])


def disable(db: Database, organization: str, kind: str) -> None:
    """Take policies of a type out of force: all of them are detached from everything."""
    db.run("DELETE FROM policy_type WHERE organization = ? AND type = ?", organization, kind)
    db.run(
        "DELETE FROM organization_attachment WHERE organization = ? AND policy IN "
        "(SELECT id FROM organization_policy WHERE organization = ? AND type = ?)",
        organization,
        organization,
        kind,
    )


def attach_full_access(db: Database, organization: str, target: str) -> None:
    """Attach AWS's own policies of the types that are enabled to a new root, unit or account."""
    for row in db.all("SELECT type FROM policy_type WHERE organization = ?", organization):
        if row["type"] in FULL_ACCESS:
            _attach(db, organization, FULL_ACCESS[row["type"]][0], target)


def _attach(db: Database, organization: str, policy: str, target: str) -> None:
    db.insert("organization_attachment", organization=organization, policy=policy, target=target)


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
