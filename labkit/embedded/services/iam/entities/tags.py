"""Tags of users, roles and instance profiles: at most 50 of each, and no two whose keys differ in case alone.

Source: IAM User Guide, "Tags for IAM resources"; the texts are those of public logs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from sqlite3 import Row
from typing import TYPE_CHECKING, Any

from labkit.embedded.records.principals import Kind
from labkit.embedded.services.iam import listing
from labkit.embedded.services.iam.entities.lookup import entity, modifiable_role
from labkit.embedded.services.iam.errors import refusal
from labkit.embedded.services.iam.quotas import TAGS

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded
    from labkit.embedded.protocol.calls import Call

Owner = Callable[["Embedded", "Call"], str]
"""Finds what a call is about, and answers under which name its tags are kept. Raises NoSuchEntity."""


def of(kind: Kind) -> Owner:
    """The tags of the user or role that a call names."""
    return lambda embedded, call: entity(embedded, call, kind).id


def of_role_to_change(embedded: Embedded, call: Call) -> str:
    """The tags of the role that a call names, unless only AWS may change it."""
    return modifiable_role(embedded, call).id


def add(embedded: Embedded, resource: str, tags: Iterable[dict[str, str]]) -> None:
    """Add tags, or give those that are there another value. Raises InvalidInput and LimitExceeded."""
    db = embedded.database
    given = list(tags)
    if len({tag["Key"].lower() for tag in given}) < len(given):
        raise refusal("duplicate tags")
    for tag in given:
        # A key that is there in another case is the same tag, and is written as it was given last.
        db.run("DELETE FROM tag WHERE resource = ? AND key = ? COLLATE NOCASE", resource, tag["Key"])
        db.insert("tag", resource=resource, key=tag["Key"], value=tag.get("Value", ""))
    number = db.one("SELECT count(*) AS number FROM tag WHERE resource = ?", resource)
    if number is not None and number["number"] > TAGS:
        raise refusal("too many tags")


def tagging(owner: Owner) -> Callable[[Embedded, Call], dict[str, Any]]:
    """The handler of a Tag… operation."""

    def handler(embedded: Embedded, call: Call) -> dict[str, Any]:
        add(embedded, owner(embedded, call), call.params["Tags"])
        return {}

    return handler


def untagging(owner: Owner) -> Callable[[Embedded, Call], dict[str, Any]]:
    """The handler of an Untag… operation; keys that are not there are no error."""

    def handler(embedded: Embedded, call: Call) -> dict[str, Any]:
        resource = owner(embedded, call)
        for key in call.params["TagKeys"]:
            embedded.database.run("DELETE FROM tag WHERE resource = ? AND key = ?", resource, key)
        return {}

    return handler


def listing_tags(owner: Owner) -> Callable[[Embedded, Call], dict[str, Any]]:
    """The handler of a List…Tags operation: sorted by key."""

    def handler(embedded: Embedded, call: Call) -> dict[str, Any]:
        resource = owner(embedded, call)

        def fetch(after: str, limit: int) -> Sequence[Row]:
            return embedded.database.all(
                "SELECT key, value FROM tag WHERE resource = ? AND key > ? ORDER BY key LIMIT ?", resource, after, limit
            )

        return listing.page(embedded, call, "Tags", fetch, _shape, "key")

    return handler


def _shape(row: Row) -> dict[str, str]:
    return {"Key": row["key"], "Value": row["value"]}
