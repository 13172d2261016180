"""Users. Source: IAM API Reference, CreateUser, GetUser, UpdateUser, DeleteUser, ListUsers."""

from __future__ import annotations

from collections.abc import Sequence
from sqlite3 import Row
from typing import TYPE_CHECKING, Any

from labkit.embedded.records import tags as resource_tags
from labkit.embedded.services.iam import listing
from labkit.embedded.services.iam.entities import making, shapes, tags
from labkit.embedded.services.iam.entities.lookup import entity, own_user

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded
    from labkit.embedded.protocol.calls import Call


def create_user(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Make a user, with its boundary and tags."""
    boundary = making.asked_boundary(embedded, call)
    made = making.make(embedded, call, "user", call.params["UserName"], call.params.get("Path", "/"), boundary=boundary)
    tags.add(embedded, made.id, call.params.get("Tags", ()))
    return {"User": {**shapes.user(made), **shapes.more(made, resource_tags.of(embedded.database, made.id))}}


def get_user(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Describe a user; without a name the one who asks."""
    found = own_user(embedded, call)
    return {"User": {**shapes.user(found), **shapes.more(found, resource_tags.of(embedded.database, found.id))}}


def update_user(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Give a user another name or path; its keys, groups and policies stay, and policies that name it follow."""
    found = entity(embedded, call, "user")
    making.rename(embedded, found, call.params.get("NewUserName", found.name), call.params.get("NewPath", found.path))
    return {}


def delete_user(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Delete a user that is in no group and has no keys and no policies."""
    making.delete(embedded, entity(embedded, call, "user"))
    return {}


def list_users(embedded: Embedded, call: Call) -> dict[str, Any]:
    """The users below a path, by name."""

    def fetch(after: str, limit: int) -> Sequence[Row]:
        return below(embedded, call, "user", after, limit)

    return listing.page(embedded, call, "Users", fetch, shapes.listed_user)


def below(embedded: Embedded, call: Call, kind: str, after: str, limit: int) -> Sequence[Row]:
    """Entities of a kind in the caller's account whose path begins with PathPrefix, by name."""
    prefix = call.params.get("PathPrefix", "/")
    return embedded.database.all(
        "SELECT * FROM entity WHERE account = ? AND kind = ? AND name > ? AND substr(path, 1, ?) = ? "
        "ORDER BY name LIMIT ?",
        call.account,
        kind,
        after,
        len(prefix),
        prefix,
        limit,
    )
