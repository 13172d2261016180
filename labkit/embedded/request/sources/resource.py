"""Condition keys of what a request is about: the resource that the ARN names, and the account that owns it.

Tags are those of the resource as it is, so that one that is only being made has none (``aws:RequestTag`` has what it is
to get). ``iam:ResourceTag`` is for users and roles alone, ``ecr:ResourceTag`` for repositories; groups have no tags.
``iam:PermissionsBoundary`` is the boundary that the call is to set, where it sets one, else that of the user or role
that it changes. (Service Authorization Reference; IAM User Guide, "Delegating responsibility to others using
permissions boundaries".)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from labkit.embedded.records import principals, tags
from labkit.embedded.request.sources.asked import Asked, Family, Source
from labkit.embedded.state.clock import iso
from labkit.iam.arn import Arn, split
from labkit.iam.patterns import ContextValue

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded

SETS_BOUNDARY = ("CreateUser", "CreateRole", "PutUserPermissionsBoundary", "PutRolePermissionsBoundary")
"""The operations of IAM whose iam:PermissionsBoundary is the one that they set."""


def _organization(asked: Asked) -> str | None:
    return asked.embedded.membership(asked.owner).org_id


def _paths(asked: Asked) -> ContextValue | None:
    return asked.embedded.membership(asked.owner).paths or None


def _boundary(asked: Asked) -> str | None:
    if asked.call.operation in SETS_BOUNDARY:
        given: str | None = asked.call.params.get("PermissionsBoundary")
        return given
    target = principals.by_arn(asked.embedded.database, asked.access.resource)
    return target.boundary if target else None


def _tags(asked: Asked) -> Mapping[str, str]:
    """The tags of whatever the ARN names; none for what has no tags, and for what is not there."""
    db, arn = asked.embedded.database, split(asked.access.resource)
    return tags.of(db, tags.holder(db, arn)) if arn else {}


def _tags_of_entity(asked: Asked) -> Mapping[str, str]:
    arn = split(asked.access.resource)
    return _tags(asked) if arn and _is_entity(arn) else {}


def _is_entity(arn: Arn) -> bool:
    return arn.is_a("iam", "user") or arn.is_a("iam", "role")


SOURCES: Mapping[str, Source] = {
    "aws:resourceaccount": lambda asked: asked.owner,
    "aws:resourceorgid": _organization,
    "aws:resourceorgpaths": _paths,
    "iam:permissionsboundary": _boundary,
}
"""Keys of the owner and of the entity."""

FAMILIES: Mapping[str, Family] = {
    "aws:resourcetag": _tags,
    "ecr:resourcetag": _tags,
    "iam:resourcetag": _tags_of_entity,
}
"""The resource's tags."""


def keys_of_repository(embedded: Embedded, arn: str, account: str) -> dict[str, str | tuple[str, ...]]:
    """The condition keys that any request for a repository has now, whoever makes it: time, owner, tags."""
    now, found = embedded.clock.now(), tags.of(embedded.database, arn)
    return {
        "aws:CurrentTime": iso(now),
        "aws:EpochTime": str(int(now.timestamp())),
        **embedded.membership(account).context("Resource"),
        **{
            f"{family}/{name}": value
            for family in ("aws:ResourceTag", "ecr:ResourceTag")
            for name, value in found.items()
        },
    }
