"""Repositories of ECR and their policies, as they are at this moment."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from labkit.embedded.records import bindings
from labkit.embedded.state.clock import read_stored
from labkit.embedded.state.database import Database
from labkit.iam.arn import RegistryHost


@dataclass(frozen=True)
class RepositoryRecord:
    """An ECR repository as it is at this moment; ``policy`` is the text of its policy or None.

    ``mutability`` is ECR's imageTagMutability, for example ``MUTABLE`` or ``IMMUTABLE``; ``exclusions`` are the filters
    of imageTagMutabilityExclusionFilters as ECR shows them.
    """

    arn: str
    account: str
    region: str
    name: str
    created: datetime
    policy: str | None
    mutability: str
    exclusions: tuple[Mapping[str, str], ...] = ()

    @property
    def uri(self) -> str:
        """The repository's name in its registry, without a tag."""
        return f"{RegistryHost(self.account, self.region)}/{self.name}"


def find(db: Database, account: str, region: str, name: str) -> RepositoryRecord | None:
    """The repository of this name, or None."""
    row = db.one("SELECT * FROM repository WHERE account = ? AND region = ? AND name = ?", account, region, name)
    if row is None:
        return None
    return RepositoryRecord(
        row["arn"],
        row["account"],
        row["region"],
        row["name"],
        read_stored(row["created"]),
        row["policy"],
        row["mutability"],
        tuple(json.loads(row["exclusions"])),
    )


def set_policy(db: Database, arn: str, text: str | None) -> None:
    """Write the policy of an existing repository as it is (None removes it), and bind the principals that it names."""
    db.run("UPDATE repository SET policy = ? WHERE arn = ?", text, arn)
    bindings.bind(db, arn, text)
