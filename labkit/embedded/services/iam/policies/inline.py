"""Inline policies of users, groups and roles: the same operations for each of the three.

Sources: IAM API Reference, PutRolePolicy and its siblings; IAM User Guide, "IAM and AWS STS quotas": all inline
policies of one user, group or role together may have so many characters, white space not counted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from sqlite3 import Row
from typing import TYPE_CHECKING, Any

from labkit.embedded.records.principals import EntityRecord, Kind
from labkit.embedded.services.iam import listing
from labkit.embedded.services.iam.entities import lookup as entities
from labkit.embedded.services.iam.entities.shapes import encoded
from labkit.embedded.services.iam.errors import refusal
from labkit.embedded.services.iam.policies import documents
from labkit.embedded.services.iam.quotas import INLINE_SIZES

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded
    from labkit.embedded.protocol.calls import Call

Run = Callable[["Embedded", "Call"], dict[str, Any]]
"""A handler."""


def putting(kind: Kind) -> Run:
    """The handler that writes an inline policy, new or in place of the one of that name."""

    def handler(embedded: Embedded, call: Call) -> dict[str, Any]:
        found, name, text = changed(embedded, call, kind), call.params["PolicyName"], call.params["PolicyDocument"]
        documents.check(text, "identity")
        embedded.database.run(
            "INSERT INTO inline_policy (entity, name, document) VALUES (?, ?, ?) "
            "ON CONFLICT (entity, name) DO UPDATE SET document = excluded.document",
            found.id,
            name,
            text,
        )
        _check_size(embedded, found)
        return {}

    return handler


def getting(kind: Kind) -> Run:
    """The handler that shows one inline policy, its document URL-encoded."""

    def handler(embedded: Embedded, call: Call) -> dict[str, Any]:
        found = entities.entity(embedded, call, kind)
        row = _row(embedded, call, found)
        named = {entities.PARAMETERS[kind]: found.name, "PolicyName": row["name"]}
        return {**named, "PolicyDocument": encoded(row["document"])}

    return handler


def deleting(kind: Kind) -> Run:
    """The handler that deletes an inline policy."""

    def handler(embedded: Embedded, call: Call) -> dict[str, Any]:
        found = changed(embedded, call, kind)
        row = _row(embedded, call, found)
        embedded.database.run("DELETE FROM inline_policy WHERE entity = ? AND name = ?", found.id, row["name"])
        return {}

    return handler


def listing_names(kind: Kind) -> Run:
    """The handler that lists the names of inline policies."""

    def handler(embedded: Embedded, call: Call) -> dict[str, Any]:
        found = entities.entity(embedded, call, kind)

        def fetch(after: str, limit: int) -> Sequence[Row]:
            return embedded.database.all(
                "SELECT name FROM inline_policy WHERE entity = ? AND name > ? ORDER BY name LIMIT ?",
                found.id,
                after,
                limit,
            )

        return listing.page(embedded, call, "PolicyNames", fetch, lambda row: row["name"])

    return handler


def changed(embedded: Embedded, call: Call, kind: Kind) -> EntityRecord:
    """The user, group or role whose policies a call changes. Raises NoSuchEntity, UnmodifiableEntity."""
    return entities.modifiable_role(embedded, call) if kind == "role" else entities.entity(embedded, call, kind)


def _row(embedded: Embedded, call: Call, found: EntityRecord) -> Row:
    name = call.params["PolicyName"]
    row = embedded.database.one("SELECT * FROM inline_policy WHERE entity = ? AND name = ?", found.id, name)
    if row is None:
        raise refusal("no inline policy", found.kind, name)
    return row


def _check_size(embedded: Embedded, found: EntityRecord) -> None:
    """Raise LimitExceeded where the inline policies are too long together; what was written is then undone."""
    rows = embedded.database.all("SELECT document FROM inline_policy WHERE entity = ?", found.id)
    if sum(documents.size(row["document"]) for row in rows) > INLINE_SIZES[found.kind]:
        raise refusal("inline too long", INLINE_SIZES[found.kind], found.kind, found.name)
