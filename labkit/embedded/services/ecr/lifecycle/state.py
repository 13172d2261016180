"""Lifecycle policies of repositories: their texts, when they were evaluated, when they are next; and previews."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from labkit.embedded.state.clock import read_stored, stored
from labkit.embedded.state.database import Database


@dataclass(frozen=True)
class LifecyclePolicy:
    """The policy of a repository, as ECR shows it, and when it was last evaluated (None: never)."""

    text: str
    evaluated: datetime | None


@dataclass(frozen=True)
class Preview:
    """What a policy would do: its text, and one entry for each image, in the order in which they would go."""

    text: str
    results: list[dict[str, Any]]


#: Asked before every call: without an order, which would make SQLite look at every repository instead of at the index.
DUE = "SELECT arn, lifecycle_due FROM repository WHERE lifecycle_due <= ? OR lifecycle_due > ?"


def find(db: Database, repository: str) -> LifecyclePolicy | None:
    """The lifecycle policy of the repository with this ARN, or None."""
    row = db.one("SELECT lifecycle_policy, lifecycle_evaluated FROM repository WHERE arn = ?", repository)
    if row is None or row["lifecycle_policy"] is None:
        return None
    evaluated = row["lifecycle_evaluated"]
    return LifecyclePolicy(row["lifecycle_policy"], read_stored(evaluated) if evaluated else None)


def put(db: Database, repository: str, text: str, due: datetime) -> None:
    """Give a repository a lifecycle policy, to be evaluated at ``due``."""
    statement = (
        "UPDATE repository SET lifecycle_policy = ?, lifecycle_evaluated = NULL, lifecycle_due = ? WHERE arn = ?"
    )
    db.run(statement, text, stored(due), repository)


def remove(db: Database, repository: str) -> None:
    """Take the lifecycle policy from a repository."""
    statement = (
        "UPDATE repository SET lifecycle_policy = NULL, lifecycle_evaluated = NULL, lifecycle_due = NULL WHERE arn = ?"
    )
    db.run(statement, repository)


def due(db: Database, now: datetime, latest: datetime) -> list[tuple[str, datetime]]:
    """Repositories by ARN whose policies are to be evaluated, and since when.

    Those that are to be later than ``latest`` are among them: the clock was ahead when that was said.
    """
    rows = db.all(DUE, stored(now), stored(latest))
    return sorted((row["arn"], read_stored(row["lifecycle_due"])) for row in rows)


def evaluated(db: Database, repository: str, moment: datetime | None, next_due: datetime) -> None:
    """Write down when a policy was evaluated last (None: it was not), and when it is to be next."""
    statement = (
        "UPDATE repository SET lifecycle_evaluated = coalesce(?, lifecycle_evaluated), lifecycle_due = ? WHERE arn = ?"
    )
    db.run(statement, stored(moment) if moment else None, stored(next_due), repository)


def keep_preview(db: Database, repository: str, preview: Preview) -> None:
    """Remember the last preview of a repository."""
    statement = "INSERT OR REPLACE INTO lifecycle_preview (repository, policy, results) VALUES (?, ?, ?)"
    db.run(statement, repository, preview.text, json.dumps(preview.results))


def find_preview(db: Database, repository: str) -> Preview | None:
    """The last preview of a repository, or None."""
    row = db.one("SELECT policy, results FROM lifecycle_preview WHERE repository = ?", repository)
    return Preview(row["policy"], json.loads(row["results"])) if row else None
