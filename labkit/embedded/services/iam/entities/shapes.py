"""Users, groups, roles and instance profiles in the shapes of IAM's API.

Listings show less than the operations that get one entity: no tags, boundary or last use (IAM API Reference, ListUsers
and ListRoles, "resource-listing operations return a subset"). Documents are URL-encoded after RFC 3986.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from sqlite3 import Row
from typing import Any
from urllib.parse import quote

from labkit.embedded.records.principals import EntityRecord, record
from labkit.embedded.records.uses import Use
from labkit.embedded.state.clock import read_stored

Members = dict[str, Any]

DEFAULT_SESSION = 3600
"""How long a role's sessions may last where nobody has said otherwise, in seconds."""


def encoded(document: str) -> str:
    """A policy document as IAM's answers show it."""
    return quote(document, safe="")


def user(found: EntityRecord) -> Members:
    """A user as listings show it."""
    return _entity(found, "User")


def group(found: EntityRecord) -> Members:
    """A group."""
    return _entity(found, "Group")


def new_role(found: EntityRecord) -> Members:
    """A role as CreateRole answers it: without MaxSessionDuration, as recorded."""
    members = _entity(found, "Role")
    members["AssumeRolePolicyDocument"] = encoded(found.trust_policy or "")
    if found.description is not None:
        members["Description"] = found.description
    return members


def role(found: EntityRecord) -> Members:
    """A role as listings show it."""
    return {**new_role(found), "MaxSessionDuration": found.max_session or DEFAULT_SESSION}


def listed_user(row: Row) -> Members:
    """A row of the table ``entity`` as ListUsers shows it."""
    return user(record(row))


def listed_group(row: Row) -> Members:
    """A row of the table ``entity`` as ListGroups shows it."""
    return group(record(row))


def listed_role(row: Row) -> Members:
    """A row of the table ``entity`` as ListRoles shows it."""
    return role(record(row))


def more(found: EntityRecord, tags: Mapping[str, str]) -> Members:
    """What is shown of one user or role beyond what listings show: its boundary and its tags, where it has any."""
    members: Members = {}
    if found.boundary is not None:
        members["PermissionsBoundary"] = {
            "PermissionsBoundaryType": "Policy",
            "PermissionsBoundaryArn": found.boundary,
        }
    if tags:
        members["Tags"] = tag_list(tags.items())
    return members


def last_used(found: EntityRecord, newer: Use | None = None) -> Members:
    """When a role was last used; empty for one that never was. ``newer`` is a use that is not written yet."""
    if newer is not None:
        return {"LastUsedDate": newer.moment, "Region": newer.region}
    if found.last_used is None:
        return {}
    return {"LastUsedDate": read_stored(found.last_used), "Region": found.last_used_region}


def tag_list(tags: Iterable[tuple[str, str]]) -> list[Members]:
    """Tags as IAM shows them."""
    return [{"Key": key, "Value": value} for key, value in tags]


def instance_profile(row: Row, roles: Iterable[EntityRecord]) -> Members:
    """A row of the table ``instance_profile`` with its role, if it has one."""
    return {
        "Path": row["path"],
        "InstanceProfileName": row["name"],
        "InstanceProfileId": row["id"],
        "Arn": row["arn"],
        "CreateDate": read_stored(row["created"]),
        "Roles": [new_role(each) for each in roles],
    }


def _entity(found: EntityRecord, kind: str) -> Members:
    return {
        "Path": found.path,
        f"{kind}Name": found.name,
        f"{kind}Id": found.id,
        "Arn": found.arn,
        "CreateDate": read_stored(found.created),
    }
