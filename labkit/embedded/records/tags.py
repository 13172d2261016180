"""Tags of anything that has them: an entity by its id, everything else by its ARN (of Organizations: by its id).

How many a resource may have, and which keys, is the business of its service.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from labkit.embedded.state.database import Database


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
