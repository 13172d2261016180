"""Tags of anything that has them: an entity by its id, everything else by its ARN (of Organizations: by its id).

How many a resource may have, and which keys, is the business of its service.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from labkit.embedded.state.database import Database
from labkit.iam.arn import Arn

_BY_ID = {"user": "entity", "role": "entity", "instance-profile": "instance_profile"}
"""The tables of IAM whose rows have their tags by their id."""


def holder(db: Database, arn: Arn) -> str:
    """Under which name the tags of what an ARN names are kept; one under which there are none for what has no tags.

    A version or alias of a function has the function's tags (Lambda Developer Guide, "Using tags": they are applied at
    the level of the function).
    """
    if arn.service == "organizations":
        return arn.name
    if arn.is_a("lambda", "function"):
        return ":".join((*arn[:5], *arn.resource.split(":")[:2]))
    table = _BY_ID.get(arn.resource_type) if arn.service == "iam" else None
    if table is None:
        return str(arn)
    row = db.one(f"SELECT id FROM {table} WHERE arn = ?", str(arn))  # noqa: S608
    return row["id"] if row else ""


def of(db: Database, resource: str) -> dict[str, str]:
    """The tags of a resource, in the order of their keys."""
    return {row["key"]: row["value"] for row in db.all("SELECT key, value FROM tag WHERE resource = ?", resource)}


def put(db: Database, resource: str, tags: Mapping[str, str]) -> None:
    """Add tags to a resource, or give those that it has another value."""
    for key, value in tags.items():
        db.run("INSERT OR REPLACE INTO tag (resource, key, value) VALUES (?, ?, ?)", resource, key, value)


def remove(db: Database, resource: str, keys: Iterable[str]) -> None:
    """Take tags from a resource; those that it has not are passed over."""
    for key in keys:
        db.run("DELETE FROM tag WHERE resource = ? AND key = ?", resource, key)


def clear(db: Database, resource: str) -> None:
    """Forget all tags of a resource that is deleted."""
    db.run("DELETE FROM tag WHERE resource = ?", resource)


def merged(*layers: Mapping[str, str]) -> dict[str, str]:
    """Tags of one principal from several sources: later layers override earlier ones, regardless of case.

    (IAM User Guide, "Pass session tags in AWS STS": "New session tags override existing assumed role or federated user
    tags with the same tag key, regardless of case".) A key is written as the layer writes it that won.
    """
    found: dict[str, tuple[str, str]] = {}
    for layer in layers:
        found.update({key.lower(): (key, value) for key, value in layer.items()})
    return dict(found.values())
