"""Managed policies: made, described, listed, deleted. Source: IAM API Reference, CreatePolicy and its siblings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.embedded.records import aws_policies, managed_policies
from labkit.embedded.records import tags as resource_tags
from labkit.embedded.records.managed_policies import ManagedPolicy
from labkit.embedded.services.iam import listing, quotas
from labkit.embedded.services.iam.entities import tags
from labkit.embedded.services.iam.errors import refusal
from labkit.embedded.services.iam.policies import documents, lookup, shapes
from labkit.embedded.state.clock import stored
from labkit.embedded.state.identifiers import new_id

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded
    from labkit.embedded.protocol.calls import Call

_ID_LENGTH = 21
_USAGES = {"PermissionsPolicy": "attached", "PermissionsBoundary": "boundary"}
_USED = {
    "attached": "EXISTS (SELECT 1 FROM attached_policy WHERE policy = arn)",
    "boundary": "EXISTS (SELECT 1 FROM entity WHERE entity.boundary = managed_policy.arn)",
}


def create_policy(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Make a managed policy; its document is version v1."""
    documents.check(call.params["PolicyDocument"], "managed")
    made = _insert(embedded, call)
    tags.add(embedded, made.arn, call.params.get("Tags", ()))
    shown = shapes.policy(embedded, call, made)
    return {"Policy": {**shown, **shapes.tags(resource_tags.of(embedded.database, made.arn), always=False)}}


def _insert(embedded: Embedded, call: Call) -> ManagedPolicy:
    db, name, path = embedded.database, call.params["PolicyName"], call.params.get("Path", "/")
    taken = "SELECT 1 FROM managed_policy WHERE account = ? AND name = ? COLLATE NOCASE"
    if db.one(taken, call.account, name) is not None:
        raise refusal("policy exists", name)
    quotas.check_account(db, call.account, "policy")
    arn, now = f"arn:aws:iam::{call.account}:policy{path}{name}", embedded.clock.now()
    db.insert(
        "managed_policy",
        arn=arn,
        id=new_id("ANPA", call.account, _ID_LENGTH),
        account=call.account,
        name=name,
        path=path,
        description=call.params.get("Description"),
        created=stored(now),
        updated=stored(now),
        default_version=1,
        last_version=0,
    )
    managed_policies.add_version(db, arn, call.params["PolicyDocument"], now, default=True)
    found = managed_policies.find(db, arn)
    assert found is not None  # noqa: S101 - it has just been added
    return found


def get_policy(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Describe a managed policy, AWS's or the account's, with its tags and description."""
    found = lookup.policy(embedded, call)
    described = {} if found.description is None else {"Description": found.description}
    tagged = shapes.tags(resource_tags.of(embedded.database, found.arn), always=True)
    return {"Policy": {**shapes.policy(embedded, call, found), **described, **tagged}}


def delete_policy(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Delete a policy that nobody uses and that has no other version than the default one."""
    found, db = lookup.own_policy(embedded, call), embedded.database
    used = managed_policies.usage(db, found.arn, call.account)
    if used.attached or used.boundaries:
        raise refusal("policy in use")
    if len(managed_policies.versions(db, found)) > 1:
        raise refusal("has versions")
    resource_tags.clear(db, found.arn)
    db.run("DELETE FROM managed_policy WHERE arn = ?", found.arn)
    return {}


def list_policies(embedded: Embedded, call: Call) -> dict[str, Any]:
    """The account's policies and AWS's, each by name: those of a scope, below a path, or that somebody uses."""

    def fetch(after: str, limit: int) -> list[ManagedPolicy]:
        return _listed(embedded, call, after, limit)

    shown, more = listing.cut(embedded, call, fetch, _position)
    return {"Policies": [shapes.policy(embedded, call, each) for each in shown], **more}


def _position(policy: ManagedPolicy) -> str:
    """Where a policy stands in the list: the account's own before AWS's, each by name."""
    return f"{1 if policy.account is None else 0}{policy.name}"


def _listed(embedded: Embedded, call: Call, after: str, limit: int) -> list[ManagedPolicy]:
    scope, found = call.params.get("Scope", "All"), []
    if scope != "AWS" and not after.startswith("1"):
        found = _of_customer(embedded, call, after[1:], limit)
    if scope != "Local" and len(found) < limit:
        name = after[1:] if after.startswith("1") else ""
        prefix, policies = call.params.get("PathPrefix", "/"), _of_aws(embedded, call)
        fitting = (each for each in policies if each.name > name and each.path.startswith(prefix))
        found += [managed_policies.of_aws(each) for each, _ in zip(fitting, range(limit - len(found)), strict=False)]
    return found


def _usages(call: Call) -> list[str]:
    """How the policies that are asked for must be used."""
    named = call.params.get("PolicyUsageFilter")
    if named is not None:
        return [_USAGES[named]]
    return ["attached"] if call.params.get("OnlyAttached") else []


def _of_aws(embedded: Embedded, call: Call) -> Any:
    usages = _usages(call)
    return managed_policies.used_of_aws(embedded.database, call.account, usages) if usages else aws_policies.every()


def _of_customer(embedded: Embedded, call: Call, after: str, limit: int) -> list[ManagedPolicy]:
    prefix, used = call.params.get("PathPrefix", "/"), "".join(f" AND {_USED[each]}" for each in _usages(call))
    rows = embedded.database.all(
        f"SELECT * FROM managed_policy WHERE account = ? AND name > ? COLLATE NOCASE AND substr(path, 1, ?) = ?{used} "  # noqa: S608
        "ORDER BY name COLLATE NOCASE LIMIT ?",
        call.account,
        after,
        len(prefix),
        prefix,
        limit,
    )
    return [managed_policies.of_customer(row) for row in rows]
