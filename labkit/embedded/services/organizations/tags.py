"""Tags of accounts, units, the root and policies; AWS's own policies have none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from labkit.embedded.protocol.calls import Call
from labkit.embedded.records import tags as records
from labkit.embedded.services.organizations.errors import exceeded, invalid, refused
from labkit.embedded.services.organizations.lookup import Home
from labkit.embedded.services.organizations.pages import whole
from labkit.embedded.state.database import Database

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded

MOST = 50
"""Tags of one resource (Organizations quotas)."""


def tag_resource(embedded: Embedded, call: Call, home: Home) -> dict[str, Any]:
    """TagResource: new tags, and new values for those that are there."""
    put(home.db, _resource(home, call.params["ResourceId"]), call.params["Tags"])
    return {}


def untag_resource(embedded: Embedded, call: Call, home: Home) -> dict[str, Any]:
    """UntagResource; keys that are not there are passed over."""
    resource = _resource(home, call.params["ResourceId"])
    _refuse_system(call.params["TagKeys"])
    records.remove(home.db, resource, call.params["TagKeys"])
    return {}


def list_tags_for_resource(embedded: Embedded, call: Call, home: Home) -> dict[str, Any]:
    """ListTagsForResource: there are never more than fit on one page."""
    found = records.of(home.db, _resource(home, call.params["ResourceId"]))
    return whole(call, "Tags", [{"Key": key, "Value": value} for key, value in found.items()])


def put(db: Database, resource: str, tags: Sequence[dict[str, str]]) -> None:
    """Give a resource tags beside those that it has. Raises InvalidInput- or ConstraintViolationException."""
    keys = [tag["Key"] for tag in tags]
    _refuse_system(keys)
    if len(set(keys)) < len(keys):
        raise invalid("DUPLICATE_TAG_KEY")
    if len(records.of(db, resource).keys() | set(keys)) > MOST:
        raise exceeded("MAX_TAG_LIMIT_EXCEEDED")
    records.put(db, resource, {tag["Key"]: tag["Value"] for tag in tags})


def _refuse_system(keys: Sequence[str]) -> None:
    if any(key.lower().startswith("aws:") for key in keys):
        raise invalid("INVALID_SYSTEM_TAGS_PARAMETER")


def _resource(home: Home, id: str) -> str:
    policy = home.find_policy(id)
    if policy and policy["aws_managed"]:
        raise invalid("TARGET_NOT_SUPPORTED")
    if not policy and not home.has(id):
        raise refused("TargetNotFoundException")
    return id
