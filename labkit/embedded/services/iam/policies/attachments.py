"""Managed policies attached to users, groups and roles, and who uses a policy.

Sources: IAM API Reference, AttachRolePolicy and its siblings, ListEntitiesForPolicy; IAM User Guide, "IAM and AWS STS
quotas".
"""

from __future__ import annotations

from collections.abc import Sequence
from sqlite3 import Row
from typing import TYPE_CHECKING, Any

from labkit.embedded.records import aws_policies
from labkit.embedded.records.principals import EntityRecord, Kind
from labkit.embedded.services.iam import listing, quotas
from labkit.embedded.services.iam.entities import lookup as entities
from labkit.embedded.services.iam.errors import refusal
from labkit.embedded.services.iam.policies import lookup
from labkit.embedded.services.iam.policies.inline import Run, changed
from labkit.iam.arn import parse

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded
    from labkit.embedded.protocol.calls import Call

_SERVICE_ROLES = f"{aws_policies.PREFIX}/aws-service-role/"
_MEMBERS: dict[Kind, str] = {"group": "PolicyGroups", "user": "PolicyUsers", "role": "PolicyRoles"}


def attaching(kind: Kind) -> Run:
    """The handler that attaches a policy; one that is attached already stays so."""

    def handler(embedded: Embedded, call: Call) -> dict[str, Any]:
        found = changed(embedded, call, kind)
        arn = lookup.attachable(embedded, call, call.params["PolicyArn"]).arn
        if arn.startswith(_SERVICE_ROLES):
            raise refusal("service role policy")
        if not _is_attached(embedded, found, arn):
            quotas.check(quotas.ATTACHED[kind], _count(embedded, found))
            embedded.database.insert("attached_policy", entity=found.id, policy=arn)
        return {}

    return handler


def detaching(kind: Kind) -> Run:
    """The handler that detaches a policy."""

    def handler(embedded: Embedded, call: Call) -> dict[str, Any]:
        found, arn = changed(embedded, call, kind), call.params["PolicyArn"]
        lookup.policy(embedded, call)
        if not embedded.database.run("DELETE FROM attached_policy WHERE entity = ? AND policy = ?", found.id, arn):
            raise refusal("no policy", arn)
        return {}

    return handler


def listing_attached(kind: Kind) -> Run:
    """The handler that lists the attached policies, in the order in which they were attached."""

    def handler(embedded: Embedded, call: Call) -> dict[str, Any]:
        found, prefix = entities.entity(embedded, call, kind), call.params.get("PathPrefix", "/")

        def fetch(after: str, limit: int) -> Sequence[Row]:
            # The path of a policy begins where its ARN says "policy", six fields in.
            return embedded.database.all(
                "SELECT policy, rowid AS number FROM attached_policy WHERE entity = ? AND rowid > ? "
                "AND substr(policy, instr(policy, ':policy/') + 7, ?) = ? ORDER BY rowid LIMIT ?",
                found.id,
                int(after or 0),
                len(prefix),
                prefix,
                limit,
            )

        return listing.page(embedded, call, "AttachedPolicies", fetch, _attached, "number")

    return handler


def list_entities_for_policy(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Who in the account has a policy attached, or as boundary: groups, roles and users, in pages over all three."""
    found = lookup.policy(embedded, call)

    def fetch(after: str, limit: int) -> Sequence[Row]:
        return _users(embedded, call, found.arn, after, limit)

    rows, more = listing.cut(embedded, call, fetch, lambda row: str(row["position"]))
    shown: dict[str, Any] = {member: [] for member in _MEMBERS.values()}
    for row in rows:
        word = str(row["kind"]).capitalize()
        shown[_MEMBERS[row["kind"]]].append({f"{word}Name": row["name"], f"{word}Id": row["id"]})
    return {**shown, **more}


# Ids of those who use a policy, by what is asked for.
_USES = {
    "PermissionsPolicy": "SELECT entity FROM attached_policy WHERE policy = ?",
    "PermissionsBoundary": "SELECT id FROM entity WHERE boundary = ?",
}


def _users(embedded: Embedded, call: Call, arn: str, after: str, limit: int) -> Sequence[Row]:
    usage, prefix = call.params.get("PolicyUsageFilter"), call.params.get("PathPrefix", "/")
    queries = [_USES[usage]] if usage else list(_USES.values())
    return embedded.database.all(
        "SELECT id, kind, name, kind || '/' || name AS position FROM entity WHERE id IN "  # noqa: S608
        f"({' UNION '.join(queries)}) AND account = ? AND position > ? AND substr(path, 1, ?) = ? "
        "AND ? IN ('', kind) ORDER BY position LIMIT ?",
        *[arn] * len(queries),
        call.account,
        after,
        len(prefix),
        prefix,
        call.params.get("EntityFilter", "").lower(),
        limit,
    )


def _attached(row: Row) -> dict[str, str]:
    return {"PolicyName": parse(row["policy"]).name, "PolicyArn": row["policy"]}


def _is_attached(embedded: Embedded, found: EntityRecord, arn: str) -> bool:
    query = "SELECT 1 FROM attached_policy WHERE entity = ? AND policy = ?"
    return embedded.database.one(query, found.id, arn) is not None


def _count(embedded: Embedded, found: EntityRecord) -> int:
    row = embedded.database.one("SELECT count(*) AS number FROM attached_policy WHERE entity = ?", found.id)
    return row["number"] if row else 0
