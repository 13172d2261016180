"""GetAccountAuthorizationDetails: who there is in an account, with all policies; in pages over all of it.

Users come first, then groups, roles, the account's policies and those of AWS's that it uses, each by name. A page reads
what belongs to its items in a handful of queries, whatever their number. Source: IAM API Reference.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from sqlite3 import Row
from typing import TYPE_CHECKING, Any, NamedTuple

from labkit.embedded.records import managed_policies
from labkit.embedded.records.managed_policies import ManagedPolicy
from labkit.embedded.records.principals import EntityRecord, record
from labkit.embedded.services.iam import listing
from labkit.embedded.services.iam.entities import shapes
from labkit.embedded.services.iam.policies import shapes as policy_shapes
from labkit.embedded.state.database import Database
from labkit.iam.arn import parse

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded
    from labkit.embedded.protocol.calls import Call

_KINDS = ("User", "Group", "Role", "LocalManagedPolicy", "AWSManagedPolicy")
"""What can be asked for with Filter, in the order in which it is listed."""


class _Item(NamedTuple):
    """Something that is listed: which of `_KINDS` it is, and what is known of it."""

    kind: int
    name: str
    found: EntityRecord | ManagedPolicy


def details(embedded: Embedded, call: Call) -> dict[str, Any]:
    """A page of users, groups, roles and policies."""

    def fetch(after: str, limit: int) -> Sequence[_Item]:
        return _items(embedded.database, call, after, limit)

    shown, further = listing.cut(embedded, call, fetch, lambda item: f"{item.kind}{item.name}")
    entities = [item.found for item in shown if isinstance(item.found, EntityRecord)]
    belongings = _Belongings(embedded.database, [found.id for found in entities])
    lists: dict[str, list[dict[str, Any]]] = {name: [] for name in _LISTS.values()}
    for found in entities:
        lists[_LISTS[found.kind]].append(_ENTITIES[found.kind](found, belongings))
    policies = [item.found for item in shown if isinstance(item.found, ManagedPolicy)]
    return {**lists, "Policies": [_policy(embedded, call, found) for found in policies], **further}


def _items(db: Database, call: Call, after: str, limit: int) -> list[_Item]:
    wanted = call.params.get("Filter") or _KINDS
    start, name = (int(after[0]), after[1:]) if after else (0, "")
    items: list[_Item] = []
    for number, kind in enumerate(_KINDS):
        if kind in wanted and number >= start and len(items) < limit:
            rest, begin = limit - len(items), name if number == start else ""
            items += [_Item(number, each.name, each) for each in _FETCH[kind](db, call.account, begin, rest)]
    return items


def _entities(kind: str) -> Callable[[Database, str, str, int], Iterable[EntityRecord]]:
    def fetch(db: Database, account: str, after: str, limit: int) -> Iterable[EntityRecord]:
        query = "SELECT * FROM entity WHERE account = ? AND kind = ? AND name > ? ORDER BY name LIMIT ?"
        return [record(row) for row in db.all(query, account, kind, after, limit)]

    return fetch


def _local(db: Database, account: str, after: str, limit: int) -> Iterable[ManagedPolicy]:
    query = (
        "SELECT * FROM managed_policy WHERE account = ? AND name > ? COLLATE NOCASE "
        "ORDER BY name COLLATE NOCASE LIMIT ?"
    )
    return [managed_policies.of_customer(row) for row in db.all(query, account, after, limit)]


def _of_aws(db: Database, account: str, after: str, limit: int) -> Iterable[ManagedPolicy]:
    used = managed_policies.used_of_aws(db, account, ["attached"])
    return [managed_policies.of_aws(each) for each in used if each.name > after][:limit]


_FETCH: Mapping[str, Callable[[Database, str, str, int], Iterable[EntityRecord] | Iterable[ManagedPolicy]]] = {
    "User": _entities("user"),
    "Group": _entities("group"),
    "Role": _entities("role"),
    "LocalManagedPolicy": _local,
    "AWSManagedPolicy": _of_aws,
}


class _Belongings:
    """What belongs to some users, groups and roles, by their ids: each kind of it read with one query."""

    def __init__(self, db: Database, ids: list[str]) -> None:
        def read(query: str) -> Mapping[str, list[Row]]:
            found: dict[str, list[Row]] = defaultdict(list)
            for row in db.all(query, json.dumps(ids)):
                found[row["owner"]].append(row)
            return found

        chosen = "IN (SELECT value FROM json_each(?))"
        self.inline = read(f"SELECT entity AS owner, name, document FROM inline_policy WHERE entity {chosen}")  # noqa: S608
        self.attached = read(f"SELECT entity AS owner, policy FROM attached_policy WHERE entity {chosen}")  # noqa: S608
        self.tags = read(f"SELECT resource AS owner, key, value FROM tag WHERE resource {chosen}")  # noqa: S608
        self.profiles = read(f"SELECT role_id AS owner, * FROM instance_profile WHERE role_id {chosen}")  # noqa: S608
        self.groups = read(
            "SELECT user_id AS owner, name FROM group_member JOIN entity ON id = group_id "  # noqa: S608
            f"WHERE user_id {chosen} ORDER BY name"
        )


def _common(found: EntityRecord, belongings: _Belongings, prefix: str) -> dict[str, Any]:
    inline = [
        {"PolicyName": row["name"], "PolicyDocument": shapes.encoded(row["document"])}
        for row in belongings.inline[found.id]
    ]
    attached = [
        {"PolicyName": parse(row["policy"]).name, "PolicyArn": row["policy"]} for row in belongings.attached[found.id]
    ]
    return {f"{prefix}PolicyList": inline, "AttachedManagedPolicies": attached}


def _more(found: EntityRecord, belongings: _Belongings) -> dict[str, Any]:
    return {"Tags": [], **shapes.more(found, {row["key"]: row["value"] for row in belongings.tags[found.id]})}


def _user(found: EntityRecord, belongings: _Belongings) -> dict[str, Any]:
    groups = {"GroupList": [row["name"] for row in belongings.groups[found.id]]}
    return {**shapes.user(found), **groups, **_common(found, belongings, "User"), **_more(found, belongings)}


def _group(found: EntityRecord, belongings: _Belongings) -> dict[str, Any]:
    return {**shapes.group(found), **_common(found, belongings, "Group")}


def _role(found: EntityRecord, belongings: _Belongings) -> dict[str, Any]:
    return {
        **shapes.new_role(found),
        "InstanceProfileList": [shapes.instance_profile(row, [found]) for row in belongings.profiles[found.id]],
        **_common(found, belongings, "Role"),
        **_more(found, belongings),
        "RoleLastUsed": shapes.last_used(found),
    }


_ENTITIES = {"user": _user, "group": _group, "role": _role}
_LISTS = {"user": "UserDetailList", "group": "GroupDetailList", "role": "RoleDetailList"}


def _policy(embedded: Embedded, call: Call, found: ManagedPolicy) -> dict[str, Any]:
    versions = managed_policies.versions(embedded.database, found)
    shown = [policy_shapes.version(each, found.default_version, document=True) for each in versions]
    described = {} if found.description is None else {"Description": found.description}
    return {**policy_shapes.policy(embedded, call, found), **described, "PolicyVersionList": shown}
