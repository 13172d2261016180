"""Aliases as they are kept: rows of the table ``function_alias``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from sqlite3 import Row
from typing import Any

from labkit.embedded.records import bindings
from labkit.embedded.services.lambda_.functions.record import new_revision
from labkit.embedded.state.database import Database
from labkit.pull.function import FunctionRef


@dataclass(frozen=True)
class Alias:
    """One alias, whose name is the qualifier of ``ref``.

    ``version`` is a number or ``$LATEST``; ``weights`` has another version and its share of invocations, 0 to 1.
    """

    ref: FunctionRef
    version: str
    description: str = ""
    weights: Mapping[str, float] = field(default_factory=dict)
    revision: str = field(default_factory=new_revision)

    @property
    def name(self) -> str:
        """The alias's name."""
        return self.ref.qualifier or ""

    @property
    def versions(self) -> set[str]:
        """The versions that it names."""
        return {self.version, *self.weights}

    def shape(self) -> dict[str, Any]:
        """The AliasConfiguration of Lambda's API."""
        routing = {"RoutingConfig": {"AdditionalVersionWeights": dict(self.weights)}} if self.weights else {}
        return {
            "AliasArn": self.ref.arn,
            "Name": self.name,
            "FunctionVersion": self.version,
            "Description": self.description,
            "RevisionId": self.revision,
            **routing,
        }


def find(db: Database, ref: FunctionRef) -> Alias | None:
    """The alias that the qualifier of ``ref`` names, or None."""
    row = db.one("SELECT * FROM function_alias WHERE arn = ? AND name = ?", ref.unqualified.arn, ref.qualifier or "")
    return _read(ref, row) if row else None


def page(db: Database, key: FunctionRef, version: str | None, after: str, limit: int) -> tuple[list[Alias], str | None]:
    """The next aliases of a function by name, or of one version of it, and the last name if there are more."""
    rows = db.all(
        "SELECT * FROM function_alias WHERE arn = ? AND name > ? AND (? IS NULL OR version = ?) ORDER BY name LIMIT ?",
        *(key.unqualified.arn, after, version, version, limit + 1),
    )
    return [_read(key, row) for row in rows[:limit]], rows[limit - 1]["name"] if len(rows) > limit else None


def naming(db: Database, key: FunctionRef, version: str) -> list[str]:
    """The names of a function's aliases that point to a version, or give it a share."""
    rows = db.all("SELECT * FROM function_alias WHERE arn = ? ORDER BY name", key.unqualified.arn)
    return [alias.name for row in rows if version in (alias := _read(key, row)).versions]


def put(db: Database, alias: Alias) -> None:
    """Store a new or changed alias in a unit that writes; its policy stays."""
    db.run(
        "INSERT INTO function_alias (arn, name, version, description, revision, weights) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (arn, name) DO UPDATE SET version = excluded.version, description = excluded.description, "
        "revision = excluded.revision, weights = excluded.weights",
        *(alias.ref.unqualified.arn, alias.name, alias.version, alias.description, alias.revision),
        json.dumps(dict(alias.weights)),
    )


def remove(db: Database, ref: FunctionRef) -> None:
    """Forget an alias with its policy, in a unit that writes; one that is not there does not matter."""
    bindings.unbind(db, ref.arn)
    db.run("DELETE FROM function_alias WHERE arn = ? AND name = ?", ref.unqualified.arn, ref.qualifier)


def _read(key: FunctionRef, row: Row) -> Alias:
    ref = replace(key, qualifier=row["name"])
    return Alias(ref, row["version"], row["description"], json.loads(row["weights"]), row["revision"])
