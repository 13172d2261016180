"""Managed policies: AWS's own, from the data file, and customers', from the state.

Of AWS's own only the version that is the default is known (`labkit.embedded.records.aws_policies`). Numbers of versions
are given once: after v2 was deleted the next is v3 all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from sqlite3 import Row
from typing import NamedTuple

from labkit.embedded.records import aws_policies
from labkit.embedded.records.aws_policies import AwsPolicy
from labkit.embedded.state.clock import read_stored, stored
from labkit.embedded.state.database import Database


@dataclass(frozen=True)
class ManagedPolicy:
    """A managed policy; ``account`` is None for AWS's own, ``default_version`` a number."""

    arn: str
    id: str
    account: str | None
    name: str
    path: str
    description: str | None
    created: datetime
    updated: datetime
    default_version: int


class PolicyVersion(NamedTuple):
    """One version of a managed policy."""

    number: int
    document: str
    created: datetime


class Usage(NamedTuple):
    """How many users, groups and roles of one account a policy is attached to, and how many have it as boundary."""

    attached: int
    boundaries: int


def find(db: Database, arn: str) -> ManagedPolicy | None:
    """The managed policy of this ARN, AWS's or a customer's."""
    if arn.startswith(aws_policies.PREFIX):
        found = aws_policies.find(arn)
        return of_aws(found) if found else None
    row = db.one("SELECT * FROM managed_policy WHERE arn = ?", arn)
    return of_customer(row) if row else None


def of_aws(policy: AwsPolicy) -> ManagedPolicy:
    """One of AWS's own policies."""
    created, updated = datetime.fromisoformat(policy.created), datetime.fromisoformat(policy.updated)
    number = int(policy.version.removeprefix("v"))
    return ManagedPolicy(policy.arn, policy.id, None, policy.name, policy.path, None, created, updated, number)


def of_customer(row: Row) -> ManagedPolicy:
    """A row of the table ``managed_policy``."""
    return ManagedPolicy(
        row["arn"],
        row["id"],
        row["account"],
        row["name"],
        row["path"],
        row["description"],
        read_stored(row["created"]),
        read_stored(row["updated"]),
        row["default_version"],
    )


def document(db: Database, arn: str) -> str | None:
    """The text of the default version of a managed policy, AWS's or a customer's; None where there is none."""
    if arn.startswith(aws_policies.PREFIX):
        return aws_policies.document(arn)
    row = db.one(
        "SELECT document FROM policy_version JOIN managed_policy ON policy = arn AND number = default_version "
        "WHERE arn = ?",
        arn,
    )
    return row["document"] if row else None


def versions(db: Database, policy: ManagedPolicy) -> list[PolicyVersion]:
    """The versions of a policy that there are, the newest first."""
    if policy.account is None:
        return [PolicyVersion(policy.default_version, str(aws_policies.document(policy.arn)), policy.updated)]
    rows = db.all("SELECT * FROM policy_version WHERE policy = ? ORDER BY number DESC", policy.arn)
    return [PolicyVersion(row["number"], row["document"], read_stored(row["created"])) for row in rows]


def add_version(db: Database, arn: str, text: str, now: datetime, *, default: bool) -> int:
    """Add a version to a customer's policy, which may become the default; the number that it gets."""
    db.run("UPDATE managed_policy SET last_version = last_version + 1, updated = ? WHERE arn = ?", stored(now), arn)
    row = db.one("SELECT last_version FROM managed_policy WHERE arn = ?", arn)
    number = int(row["last_version"]) if row else 0
    db.insert("policy_version", policy=arn, number=number, document=text, created=stored(now))
    if default:
        set_default(db, arn, number)
    return number


def set_default(db: Database, arn: str, number: int) -> None:
    """Let a version that there is be the one in force."""
    db.run("UPDATE managed_policy SET default_version = ? WHERE arn = ?", number, arn)


def usage(db: Database, arn: str, account: str) -> Usage:
    """Who uses a policy in an account."""
    attached = db.one(
        "SELECT count(*) AS number FROM attached_policy JOIN entity ON id = entity WHERE policy = ? AND account = ?",
        arn,
        account,
    )
    boundaries = db.one("SELECT count(*) AS number FROM entity WHERE boundary = ? AND account = ?", arn, account)
    return Usage(attached["number"] if attached else 0, boundaries["number"] if boundaries else 0)


def used_of_aws(db: Database, account: str, usages: Iterable[str]) -> Sequence[AwsPolicy]:
    """Those of AWS's own policies that an account uses, by name; ``usages``: as "attached" or as "boundary"."""
    queries = {
        "attached": "SELECT DISTINCT policy AS arn FROM attached_policy JOIN entity ON id = entity WHERE account = ?",
        "boundary": "SELECT DISTINCT boundary AS arn FROM entity WHERE account = ? AND boundary IS NOT NULL",
    }
    used = [{row["arn"] for row in db.all(queries[each], account)} for each in usages]
    arns = set.intersection(*used) if used else set()
    found = (aws_policies.find(arn) for arn in arns)
    return sorted((policy for policy in found if policy), key=lambda policy: policy.name)
