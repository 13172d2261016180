"""Pull-through cache rules of a registry: for which repositories ECR would fetch images from elsewhere."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from labkit.embedded.state.clock import read_stored, stored
from labkit.embedded.state.database import Database

ROOT = "ROOT"
"""The prefix of a rule for every repository that no other rule is for."""


@dataclass(frozen=True)
class PullThroughRule:
    """One rule. ``upstream`` has where from, in the names of ECR's API, such as upstreamRegistryUrl."""

    prefix: str
    created: datetime
    upstream: Mapping[str, Any]

    def is_for(self, repository: str) -> bool:
        """Whether images of the repository of this name would be fetched by the rule: a ``/`` follows the prefix."""
        return self.prefix == ROOT or repository.startswith(self.prefix.rstrip("/") + "/")


def find(db: Database, account: str, region: str, prefix: str) -> PullThroughRule | None:
    """The rule of this very prefix, or None."""
    statement = "SELECT * FROM pull_through_rule WHERE account = ? AND region = ? AND prefix = ?"
    row = db.one(statement, account, region, prefix)
    return _rule(row) if row else None


def listed(db: Database, account: str, region: str) -> list[PullThroughRule]:
    """The rules of a registry, by prefix."""
    statement = "SELECT * FROM pull_through_rule WHERE account = ? AND region = ? ORDER BY prefix"
    return [_rule(row) for row in db.all(statement, account, region)]


def rule_for(db: Database, account: str, region: str, repository: str) -> PullThroughRule | None:
    """The rule by which images of a repository would be fetched, that of the longest prefix; None where none is."""
    found = [rule for rule in listed(db, account, region) if rule.is_for(repository)]
    return max(found, key=lambda rule: (rule.prefix != ROOT, len(rule.prefix)), default=None)


def put(db: Database, account: str, region: str, rule: PullThroughRule) -> None:
    """Add a rule, or change the one of this prefix."""
    db.run(
        "INSERT OR REPLACE INTO pull_through_rule (account, region, prefix, upstream, created) VALUES (?, ?, ?, ?, ?)",
        *(account, region, rule.prefix, json.dumps(dict(rule.upstream)), stored(rule.created)),
    )


def remove(db: Database, account: str, region: str, prefix: str) -> None:
    """Delete a rule."""
    statement = "DELETE FROM pull_through_rule WHERE account = ? AND region = ? AND prefix = ?"
    db.run(statement, account, region, prefix)


def _rule(row: sqlite3.Row) -> PullThroughRule:
    return PullThroughRule(row["prefix"], read_stored(row["created"]), json.loads(row["upstream"]))
