"""Repositories of ECR and their policies, as they are at this moment."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from labkit.embedded.records import bindings, tags
from labkit.embedded.state.clock import read_stored, stored
from labkit.embedded.state.database import Database
from labkit.iam.arn import RegistryHost, parse
from labkit.pull.stored_policy import rewritten


@dataclass(frozen=True)
class RepositoryRecord:
    """An ECR repository as it is at this moment; ``policy`` is the text of its policy or None.

    ``mutability`` is ECR's imageTagMutability, for example ``MUTABLE`` or ``IMMUTABLE``; ``exclusions`` are the filters
    of imageTagMutabilityExclusionFilters and ``encryption`` is encryptionConfiguration, both as ECR shows them.
    """

    arn: str
    account: str
    region: str
    name: str
    created: datetime
    policy: str | None
    mutability: str
    exclusions: tuple[Mapping[str, str], ...] = ()
    scan_on_push: bool = False
    encryption: Mapping[str, str] = field(default_factory=lambda: {"encryptionType": "AES256"})

    @property
    def uri(self) -> str:
        """The repository's name in its registry, without a tag."""
        return f"{RegistryHost(self.account, self.region)}/{self.name}"


def find(db: Database, account: str, region: str, name: str) -> RepositoryRecord | None:
    """The repository of this name, or None."""
    row = db.one("SELECT * FROM repository WHERE account = ? AND region = ? AND name = ?", account, region, name)
    return _record(row) if row else None


def listed(db: Database, account: str, region: str, after: str, most: int) -> list[RepositoryRecord]:
    """At most so many repositories of a registry, by name, from the first behind ``after``."""
    rows = db.all(
        "SELECT * FROM repository WHERE account = ? AND region = ? AND name > ? ORDER BY name LIMIT ?",
        *(account, region, after, most),
    )
    return [_record(row) for row in rows]


def add(db: Database, record: RepositoryRecord) -> None:
    """Add a repository, whose name is not taken in its registry."""
    db.insert(
        "repository",
        arn=record.arn,
        account=record.account,
        region=record.region,
        name=record.name,
        created=stored(record.created),
        policy=record.policy,
        mutability=record.mutability,
        exclusions=json.dumps(record.exclusions),
        scan_on_push=record.scan_on_push,
        encryption=json.dumps(dict(record.encryption)),
    )


def remove(db: Database, arn: str) -> None:
    """Forget a repository, its policy and its tags; its images have been forgotten before."""
    bindings.unbind(db, arn)
    tags.clear(db, arn)
    db.run("DELETE FROM repository WHERE arn = ?", arn)


def set_mutability(db: Database, arn: str, mutability: str, exclusions: tuple[Mapping[str, str], ...]) -> None:
    """Say which tags of a repository may be moved from now on."""
    db.run(
        "UPDATE repository SET mutability = ?, exclusions = ? WHERE arn = ?", mutability, json.dumps(exclusions), arn
    )


def set_original(db: Database, arn: str, original: str) -> None:
    """Say that the images of a repository came by replication, from the repository with the ARN ``original``."""
    db.run("UPDATE repository SET replica_of = ? WHERE arn = ?", original, arn)


def set_scan_on_push(db: Database, arn: str, scans: bool) -> None:
    """Say whether a repository shows that its images are scanned when they are pushed."""
    db.run("UPDATE repository SET scan_on_push = ? WHERE arn = ?", scans, arn)


def set_policy(db: Database, arn: str, text: str | None) -> str | None:
    """Set the policy of an existing repository, or remove it, and bind the principals that it names.

    Answers the text that is stored: ECR writes a policy anew (`labkit.pull.stored_policy`).
    """
    shown = None if text is None else rewritten(text, parse(arn).partition)
    db.run("UPDATE repository SET policy = ? WHERE arn = ?", shown, arn)
    bindings.bind(db, arn, shown)
    return shown


def _record(row: sqlite3.Row) -> RepositoryRecord:
    return RepositoryRecord(
        row["arn"],
        row["account"],
        row["region"],
        row["name"],
        read_stored(row["created"]),
        row["policy"],
        row["mutability"],
        tuple(json.loads(row["exclusions"])),
        bool(row["scan_on_push"]),
        json.loads(row["encryption"]),
    )
