"""Groups and who is in them. Source: IAM API Reference, CreateGroup, GetGroup, AddUserToGroup and their siblings."""

from __future__ import annotations

from collections.abc import Sequence
from sqlite3 import Row
from typing import TYPE_CHECKING, Any

from labkit.embedded.services.iam import listing
from labkit.embedded.services.iam.entities import making, shapes
from labkit.embedded.services.iam.entities.lookup import entity
from labkit.embedded.services.iam.entities.users import below
from labkit.embedded.services.iam.errors import refusal
from labkit.embedded.services.iam.quotas import GROUPS_PER_USER, check

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded
    from labkit.embedded.protocol.calls import Call


def create_group(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Make a group."""
    made = making.make(embedded, call, "group", call.params["GroupName"], call.params.get("Path", "/"))
    return {"Group": shapes.group(made)}


def get_group(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Describe a group, and its users by name, in pages."""
    found = entity(embedded, call, "group")

    def fetch(after: str, limit: int) -> Sequence[Row]:
        return embedded.database.all(
            "SELECT entity.* FROM group_member JOIN entity ON entity.id = user_id WHERE group_id = ? AND name > ? "
            "ORDER BY name LIMIT ?",
            found.id,
            after,
            limit,
        )

    return {"Group": shapes.group(found), **listing.page(embedded, call, "Users", fetch, shapes.listed_user)}


def update_group(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Give a group another name or path; its users and policies stay."""
    found = entity(embedded, call, "group")
    making.rename(embedded, found, call.params.get("NewGroupName", found.name), call.params.get("NewPath", found.path))
    return {}


def delete_group(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Delete a group that has no users and no policies."""
    making.delete(embedded, entity(embedded, call, "group"))
    return {}


def list_groups(embedded: Embedded, call: Call) -> dict[str, Any]:
    """The groups below a path, by name."""

    def fetch(after: str, limit: int) -> Sequence[Row]:
        return below(embedded, call, "group", after, limit)

    return listing.page(embedded, call, "Groups", fetch, shapes.listed_group)


def list_groups_for_user(embedded: Embedded, call: Call) -> dict[str, Any]:
    """The groups that a user is in, by name."""
    user = entity(embedded, call, "user")

    def fetch(after: str, limit: int) -> Sequence[Row]:
        return embedded.database.all(
            "SELECT entity.* FROM group_member JOIN entity ON entity.id = group_id WHERE user_id = ? AND name > ? "
            "ORDER BY name LIMIT ?",
            user.id,
            after,
            limit,
        )

    return listing.page(embedded, call, "Groups", fetch, shapes.listed_group)


def add_user(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Put a user into a group; one that is in it already stays in it."""
    group, user = entity(embedded, call, "group"), entity(embedded, call, "user")
    members = embedded.database.all("SELECT group_id FROM group_member WHERE user_id = ?", user.id)
    if group.id not in [row["group_id"] for row in members]:
        check(GROUPS_PER_USER, len(members))
        embedded.database.insert("group_member", group_id=group.id, user_id=user.id)
    return {}


def remove_user(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Take a user out of a group. Raises NoSuchEntity where it is not in it."""
    group, user = entity(embedded, call, "group"), entity(embedded, call, "user")
    gone = embedded.database.run("DELETE FROM group_member WHERE group_id = ? AND user_id = ?", group.id, user.id)
    if not gone:
        raise refusal("not a member", user.name, group.name)
    return {}
