"""Instance profiles: containers for one role. Terraform asks for those of a role before it deletes it.

Source: IAM API Reference, CreateInstanceProfile and its siblings; IAM User Guide, "Use instance profiles".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from sqlite3 import Row
from typing import TYPE_CHECKING, Any

from labkit.embedded.records import principals
from labkit.embedded.records import tags as resource_tags
from labkit.embedded.records.principals import EntityRecord
from labkit.embedded.services.iam import listing
from labkit.embedded.services.iam.entities import shapes, tags
from labkit.embedded.services.iam.entities.lookup import entity, modifiable_role
from labkit.embedded.services.iam.errors import refusal
from labkit.embedded.services.iam.quotas import ROLES_PER_PROFILE, check, check_account
from labkit.embedded.state.clock import stored
from labkit.embedded.state.database import Database
from labkit.embedded.state.identifiers import new_id

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded
    from labkit.embedded.protocol.calls import Call

_ID_LENGTH = 21


def create(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Make an instance profile without a role."""
    db, name, path = embedded.database, call.params["InstanceProfileName"], call.params.get("Path", "/")
    taken = db.one("SELECT 1 FROM instance_profile WHERE account = ? AND name = ? COLLATE NOCASE", call.account, name)
    if taken is not None:
        raise refusal("instance profile exists", name)
    check_account(db, call.account, "instance-profile")
    id = new_id("AIPA", call.account, _ID_LENGTH)
    db.insert(
        "instance_profile",
        id=id,
        account=call.account,
        name=name,
        path=path,
        arn=arn_of(call.account, path, name),
        created=stored(embedded.clock.now()),
    )
    tags.add(embedded, id, call.params.get("Tags", ()))
    return {"InstanceProfile": _shape(embedded, profile(embedded, call))}


def get(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Describe an instance profile and its role."""
    return {"InstanceProfile": _shape(embedded, profile(embedded, call))}


def delete(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Delete an instance profile that has no role."""
    found = profile(embedded, call)
    if found["role_id"] is not None:
        raise refusal("in instance profile")
    resource_tags.clear(embedded.database, found["id"])
    embedded.database.run("DELETE FROM instance_profile WHERE id = ?", found["id"])
    return {}


def add_role(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Put a role into an instance profile, which can hold one."""
    found, role = profile(embedded, call), modifiable_role(embedded, call)
    check(ROLES_PER_PROFILE, 0 if found["role_id"] is None else 1)
    embedded.database.run("UPDATE instance_profile SET role_id = ? WHERE id = ?", role.id, found["id"])
    return {}


def remove_role(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Take a role out of an instance profile. Raises NoSuchEntity where it is not in it."""
    found, role = profile(embedded, call), modifiable_role(embedded, call)
    if found["role_id"] != role.id:
        raise refusal("no role in instance profile", role.name, found["name"])
    embedded.database.run("UPDATE instance_profile SET role_id = NULL WHERE id = ?", found["id"])
    return {}


def list_all(embedded: Embedded, call: Call) -> dict[str, Any]:
    """The instance profiles below a path, by name."""
    prefix = call.params.get("PathPrefix", "/")

    def fetch(after: str, limit: int) -> Sequence[Row]:
        return embedded.database.all(
            "SELECT * FROM instance_profile WHERE account = ? AND name > ? AND substr(path, 1, ?) = ? "
            "ORDER BY name LIMIT ?",
            call.account,
            after,
            len(prefix),
            prefix,
            limit,
        )

    return _page(embedded, call, fetch)


def list_for_role(embedded: Embedded, call: Call) -> dict[str, Any]:
    """The instance profiles that hold a role, by name."""
    role = entity(embedded, call, "role")

    def fetch(after: str, limit: int) -> Sequence[Row]:
        return embedded.database.all(
            "SELECT * FROM instance_profile WHERE role_id = ? AND name > ? ORDER BY name LIMIT ?", role.id, after, limit
        )

    return _page(embedded, call, fetch)


def profile(embedded: Embedded, call: Call) -> Row:
    """The row of the instance profile that the call names. Raises NoSuchEntity."""
    name = call.params["InstanceProfileName"]
    found = embedded.database.one("SELECT * FROM instance_profile WHERE account = ? AND name = ?", call.account, name)
    if found is None:
        raise refusal("no instance profile", name)
    return found


def profile_id(embedded: Embedded, call: Call) -> str:
    """Under which name the tags of the instance profile that the call names are kept."""
    return str(profile(embedded, call)["id"])


def arn_of(account: str, path: str, name: str) -> str:
    """The ARN of an instance profile."""
    return f"arn:aws:iam::{account}:instance-profile{path}{name}"


def roles_of(db: Database, rows: Iterable[Row]) -> dict[str, EntityRecord]:
    """The roles in some instance profiles, by id."""
    ids = {row["role_id"] for row in rows if row["role_id"] is not None}
    return {id: role for id in ids if (role := principals.by_id(db, id)) is not None}


def _page(embedded: Embedded, call: Call, fetch: listing.Fetch) -> dict[str, Any]:
    found: dict[str, EntityRecord] = {}

    def with_roles(after: str, limit: int) -> Sequence[Row]:
        rows = fetch(after, limit)
        found.update(roles_of(embedded.database, rows))
        return rows

    def shape(row: Row) -> dict[str, Any]:
        return shapes.instance_profile(row, [found[row["role_id"]]] if row["role_id"] else [])

    return listing.page(embedded, call, "InstanceProfiles", with_roles, shape)


def _shape(embedded: Embedded, row: Row) -> dict[str, Any]:
    members = shapes.instance_profile(row, roles_of(embedded.database, [row]).values())
    found = resource_tags.of(embedded.database, row["id"])
    return {**members, "Tags": shapes.tag_list(found.items())} if found else members
