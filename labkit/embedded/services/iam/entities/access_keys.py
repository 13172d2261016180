"""Access keys of users: two at most of each. Source: IAM API Reference, CreateAccessKey and its siblings."""

from __future__ import annotations

from collections.abc import Sequence
from sqlite3 import Row
from typing import TYPE_CHECKING, Any

from labkit.embedded.records import keys
from labkit.embedded.records.keys import UserKey
from labkit.embedded.records.uses import Use
from labkit.embedded.services.iam import listing
from labkit.embedded.services.iam.entities.lookup import own_user
from labkit.embedded.services.iam.errors import refusal
from labkit.embedded.services.iam.quotas import ACCESS_KEYS_PER_USER, check
from labkit.embedded.state.clock import read_stored
from labkit.embedded.state.identifiers import new_id, new_secret

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded
    from labkit.embedded.protocol.calls import Call


def create_access_key(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Make a key; the secret is shown this once."""
    user = own_user(embedded, call)
    check(ACCESS_KEYS_PER_USER, len(keys.of_user(embedded.database, user.id)))
    key = UserKey(
        id=new_id("AKIA", call.account),
        secret=new_secret(),
        account=call.account,
        user=user.name,
        user_arn=user.arn,
        user_id=user.id,
        created=embedded.clock.now(),
    )
    keys.put(embedded.database, key)
    return {
        "AccessKey": {
            "UserName": key.user,
            "AccessKeyId": key.id,
            "Status": key.status,
            "SecretAccessKey": key.secret,
            "CreateDate": key.created,
        }
    }


def list_access_keys(embedded: Embedded, call: Call) -> dict[str, Any]:
    """The keys of a user, without their secrets, oldest first."""
    user = own_user(embedded, call)

    def fetch(after: str, limit: int) -> Sequence[Row]:
        return embedded.database.all(
            "SELECT id, status, created, rowid AS number FROM access_key WHERE user_id = ? AND rowid > ? "
            "ORDER BY rowid LIMIT ?",
            user.id,
            int(after or 0),
            limit,
        )

    def shape(row: Row) -> dict[str, Any]:
        created = read_stored(row["created"])
        return {"UserName": user.name, "AccessKeyId": row["id"], "Status": row["status"], "CreateDate": created}

    return listing.page(embedded, call, "AccessKeyMetadata", fetch, shape, "number")


def update_access_key(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Make a key Active or Inactive; Expired is a state that nobody can ask for."""
    status = call.params["Status"]
    key = _key(embedded, call)
    if status not in ("Active", "Inactive"):
        raise refusal("bad status", status)
    keys.set_status(embedded.database, key.id, status)
    return {}


def delete_access_key(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Delete a key."""
    keys.remove(embedded.database, _key(embedded, call).id)
    return {}


def last_used(embedded: Embedded, call: Call) -> dict[str, Any]:
    """When a key of the account was last used, by whom, and for what. Raises NoSuchEntity."""
    id = call.params["AccessKeyId"]
    row = embedded.database.one(
        "SELECT access_key.*, name FROM access_key JOIN entity ON entity.id = user_id "
        "WHERE access_key.id = ? AND account = ?",
        id,
        call.account,
    )
    if row is None:
        raise refusal("no access key", id)
    return {"UserName": row["name"], "AccessKeyLastUsed": _use(row, embedded.uses.pending(id))}


def _use(row: Row, newer: Use | None) -> dict[str, Any]:
    if newer is not None:
        return {"LastUsedDate": newer.moment, "ServiceName": newer.service, "Region": newer.region}
    if row["last_used"] is None:
        return {"ServiceName": "N/A", "Region": "N/A"}
    return {
        "LastUsedDate": read_stored(row["last_used"]),
        "ServiceName": row["last_used_service"],
        "Region": row["last_used_region"],
    }


def _key(embedded: Embedded, call: Call) -> UserKey:
    """The key that the call names, of the user that it names. Raises NoSuchEntity."""
    user, id = own_user(embedded, call), call.params["AccessKeyId"]
    found = next((key for key in keys.of_user(embedded.database, user.id) if key.id == id), None)
    if found is None:
        raise refusal("no access key", id)
    return found
