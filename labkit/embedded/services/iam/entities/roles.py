"""Roles. Source: IAM API Reference, CreateRole, GetRole, UpdateRole, UpdateAssumeRolePolicy, DeleteRole, ListRoles."""

from __future__ import annotations

from collections.abc import Sequence
from sqlite3 import Row
from typing import TYPE_CHECKING, Any

from labkit.embedded.records import bindings
from labkit.embedded.records import tags as resource_tags
from labkit.embedded.services.iam import listing
from labkit.embedded.services.iam.entities import linked_roles, making, shapes, tags, trust
from labkit.embedded.services.iam.entities.lookup import entity, modifiable_role
from labkit.embedded.services.iam.entities.users import below
from labkit.embedded.services.iam.errors import refusal

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded
    from labkit.embedded.protocol.calls import Call


def create_role(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Make a role, with its trust policy, boundary and tags; not below the path of service-linked roles."""
    if call.params.get("Path", "/").startswith(linked_roles.PATH):
        raise refusal("reserved path", linked_roles.PATH)
    document = trust.checked(embedded, call.params["AssumeRolePolicyDocument"])
    made = making.make(
        embedded,
        call,
        "role",
        call.params["RoleName"],
        call.params.get("Path", "/"),
        trust_policy=document,
        boundary=making.asked_boundary(embedded, call),
        description=call.params.get("Description"),
        max_session=call.params.get("MaxSessionDuration", shapes.DEFAULT_SESSION),
    )
    bindings.bind(embedded.database, made.arn, document)
    tags.add(embedded, made.id, call.params.get("Tags", ()))
    return {"Role": {**shapes.new_role(made), **shapes.more(made, resource_tags.of(embedded.database, made.id))}}


def get_role(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Describe a role."""
    found = entity(embedded, call, "role")
    members = {**shapes.role(found), "RoleLastUsed": shapes.last_used(found, embedded.uses.pending(found.id))}
    return {"Role": {**members, **shapes.more(found, resource_tags.of(embedded.database, found.id))}}


def update_role(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Give a role another description or another longest session."""
    found = modifiable_role(embedded, call)
    embedded.database.run(
        "UPDATE entity SET description = ?, max_session = ? WHERE id = ?",
        call.params.get("Description", found.description),
        call.params.get("MaxSessionDuration", found.max_session),
        found.id,
    )
    return {}


def update_role_description(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Give a role another description, and describe it."""
    update_role(embedded, call)
    return {"Role": shapes.role(entity(embedded, call, "role"))}


def update_trust_policy(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Give a role another trust policy; whom it names is bound anew."""
    found = modifiable_role(embedded, call)
    document = trust.checked(embedded, call.params["PolicyDocument"])
    embedded.database.run("UPDATE entity SET trust_policy = ? WHERE id = ?", document, found.id)
    bindings.bind(embedded.database, found.arn, document)
    return {}


def delete_role(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Delete a role that has no policies and is in no instance profile."""
    making.delete(embedded, modifiable_role(embedded, call))
    return {}


def list_roles(embedded: Embedded, call: Call) -> dict[str, Any]:
    """The roles below a path, by name."""

    def fetch(after: str, limit: int) -> Sequence[Row]:
        return below(embedded, call, "role", after, limit)

    return listing.page(embedded, call, "Roles", fetch, shapes.listed_role)
