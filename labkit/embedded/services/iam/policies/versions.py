"""Versions of managed policies: five at most, of which one is in force. Source: IAM API Reference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.embedded.records import managed_policies
from labkit.embedded.records.managed_policies import PolicyVersion
from labkit.embedded.services.iam import listing
from labkit.embedded.services.iam.errors import refusal
from labkit.embedded.services.iam.policies import documents, lookup, shapes
from labkit.embedded.services.iam.quotas import VERSIONS

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded
    from labkit.embedded.protocol.calls import Call


def create_version(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Add a version, which may become the one in force."""
    db, found, now = embedded.database, lookup.own_policy(embedded, call), embedded.clock.now()
    text, default = call.params["PolicyDocument"], bool(call.params.get("SetAsDefault"))
    documents.check(text, "managed")
    if len(managed_policies.versions(db, found)) >= VERSIONS:
        raise refusal("too many versions", VERSIONS)
    number = managed_policies.add_version(db, found.arn, text, now, default=default)
    in_force = number if default else found.default_version
    return {"PolicyVersion": shapes.version(PolicyVersion(number, text, now), in_force)}


def get_version(embedded: Embedded, call: Call) -> dict[str, Any]:
    """A version with its document."""
    found = lookup.policy(embedded, call)
    version = lookup.version(embedded, call, found)
    return {"PolicyVersion": shapes.version(version, found.default_version, document=True)}


def list_versions(embedded: Embedded, call: Call) -> dict[str, Any]:
    """The versions, the newest first."""
    found = lookup.policy(embedded, call)
    everything = managed_policies.versions(embedded.database, found)

    def fetch(after: str, limit: int) -> list[PolicyVersion]:
        left = [each for each in everything if not after or each.number < int(after)]
        return left[:limit]

    shown, more = listing.cut(embedded, call, fetch, lambda version: str(version.number))
    return {"Versions": [shapes.version(each, found.default_version) for each in shown], **more}


def set_default_version(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Put a version into force, for everybody who has the policy."""
    found = lookup.own_policy(embedded, call)
    version = lookup.version(embedded, call, found)
    managed_policies.set_default(embedded.database, found.arn, version.number)
    return {}


def delete_version(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Delete a version that is not in force."""
    found = lookup.own_policy(embedded, call)
    version = lookup.version(embedded, call, found)
    if version.number == found.default_version:
        raise refusal("default version")
    embedded.database.run("DELETE FROM policy_version WHERE policy = ? AND number = ?", found.arn, version.number)
    return {}
