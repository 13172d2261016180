"""Making an entity and letting it go: its name, its id, its ARN, the quota of its account, what is bound to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from labkit.embedded.records import bindings, managed_policies, principals
from labkit.embedded.records import tags as resource_tags
from labkit.embedded.records.principals import EntityRecord, Kind
from labkit.embedded.services.iam.errors import refusal
from labkit.embedded.services.iam.quotas import check_account
from labkit.embedded.state.clock import stored
from labkit.embedded.state.identifiers import new_id
from labkit.iam.arn import account_of

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded
    from labkit.embedded.protocol.calls import Call

_PREFIXES: Mapping[Kind, str] = {"user": "AIDA", "group": "AGPA", "role": "AROA"}
_ID_LENGTH = 21


def arn_of(account: str, kind: str, path: str, name: str) -> str:
    """The ARN of an entity, path included."""
    return f"arn:aws:iam::{account}:{kind}{path}{name}"


def make(embedded: Embedded, call: Call, kind: Kind, name: str, path: str, **columns: Any) -> EntityRecord:
    """Add an entity to the caller's account; ``columns`` are further columns of its row.

    Raises EntityAlreadyExists where the name is taken, in whatever case, and LimitExceeded.
    """
    require_free(embedded, call.account, kind, name)
    check_account(embedded.database, call.account, kind)
    id, arn = new_id(_PREFIXES[kind], call.account, _ID_LENGTH), arn_of(call.account, kind, path, name)
    row = {"id": id, "account": call.account, "kind": kind, "name": name, "path": path, "arn": arn}
    embedded.database.insert("entity", **row, created=stored(embedded.clock.now()), **columns)
    found = principals.by_id(embedded.database, id)
    assert found is not None  # noqa: S101 - it has just been added
    return found


def asked_boundary(embedded: Embedded, call: Call) -> str | None:
    """The ARN of the permissions boundary that the call asks for, or None; NoSuchEntity for one that is not there."""
    arn: str | None = call.params.get("PermissionsBoundary")
    if arn is None:
        return None
    own = account_of(arn) in (call.account, "aws")
    if not own or managed_policies.document(embedded.database, arn) is None:
        raise refusal("no boundary", arn)
    return arn


def require_free(embedded: Embedded, account: str, kind: Kind, name: str, but: str | None = None) -> None:
    """Raise EntityAlreadyExists if there is an entity of that name, in whatever case; ``but`` is one id that may."""
    taken = embedded.database.one(
        "SELECT id FROM entity WHERE account = ? AND kind = ? AND name = ? COLLATE NOCASE", account, kind, name
    )
    if taken is not None and taken["id"] != but:
        raise refusal(f"{kind} exists", name)


def rename(embedded: Embedded, found: EntityRecord, name: str, path: str) -> None:
    """Give a user or group another name or path, and so another ARN; what names it or is named by its id follows."""
    require_free(embedded, found.account, found.kind, name, but=found.id)
    arn = arn_of(found.account, found.kind, path, name)
    embedded.database.run("UPDATE entity SET name = ?, path = ?, arn = ? WHERE id = ?", name, path, arn, found.id)
    if arn != found.arn:
        bindings.renamed(embedded.database, found.id, found.arn, arn)


_CONFLICTS = (
    ("has members", "SELECT 1 FROM group_member WHERE user_id = ?"),
    ("has members", "SELECT 1 FROM group_member WHERE group_id = ?"),
    ("has access keys", "SELECT 1 FROM access_key WHERE user_id = ?"),
    ("in instance profile", "SELECT 1 FROM instance_profile WHERE role_id = ?"),
    ("has attached policies", "SELECT 1 FROM attached_policy WHERE entity = ?"),
    ("has inline policies", "SELECT 1 FROM inline_policy WHERE entity = ?"),
)
"""What must be gone before an entity can be deleted. In which order AWS looks is not documented."""


def delete(embedded: Embedded, found: EntityRecord) -> None:
    """Delete an entity that nothing hangs on; policies that name it show its id from now on. Raises DeleteConflict."""
    db = embedded.database
    for matter, query in _CONFLICTS:
        if db.one(f"{query} LIMIT 1", found.id) is not None:
            raise refusal(matter)
    erase(embedded, found)


def erase(embedded: Embedded, found: EntityRecord) -> None:
    """Delete an entity on which nothing hangs any more."""
    db = embedded.database
    resource_tags.clear(db, found.id)
    db.run("DELETE FROM entity WHERE id = ?", found.id)
    bindings.unbind(db, found.arn)
    bindings.deleted(db, found.id, found.arn)
