"""Member accounts: made, described, listed and moved.

CreateAccount is asynchronous on AWS: it answers IN_PROGRESS, and DescribeCreateAccountStatus tells when it is done and
which number the account has. Here the account exists when the call is answered; the answers are the same.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from labkit.embedded.protocol.calls import Call
from labkit.embedded.records import accounts, memberships
from labkit.embedded.services.organizations import tags
from labkit.embedded.services.organizations.errors import exceeded, invalid, refused
from labkit.embedded.services.organizations.lookup import Home, Row
from labkit.embedded.services.organizations.pages import page
from labkit.embedded.services.organizations.shapes import account_shape, request_shape
from labkit.embedded.state.clock import stored
from labkit.embedded.state.database import Database
from labkit.embedded.state.identifiers import new_id, new_word
from labkit.embedded.state.world import ACCESS_ROLE, ADMINISTRATOR_POLICY
from labkit.pull.policies import account_trust

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded

MOST = 10_000
"""Members of an organization: as many as AWS grants on request; it begins with 10 (Organizations quotas)."""


def create_account(embedded: Embedded, call: Call, home: Home) -> dict[str, Any]:
    """CreateAccount: in the root, with a role by which the management account administers it."""
    role = call.params.get("RoleName", ACCESS_ROLE)
    if role.startswith("AWSServiceRoleFor"):
        raise invalid("INVALID_ROLE_NAME")
    counted = home.db.one("SELECT count(*) AS members FROM member WHERE organization = ?", home.id)
    if counted and counted["members"] >= MOST:
        raise exceeded("ACCOUNT_NUMBER_LIMIT_EXCEEDED")
    now, taken = embedded.clock.now(), _is_taken(home.db, call.params["Email"])
    number = None if taken else _make(home, call, role, now)
    request = _remember(home, call, number, now)
    shown = request_shape(request)
    return {"CreateAccountStatus": {**{name: shown[name] for name in _AT_FIRST}, "State": "IN_PROGRESS"}}


_AT_FIRST = ("Id", "AccountName", "RequestedTimestamp")


def _make(home: Home, call: Call, role: str, now: datetime) -> str:
    number = accounts.new_number(home.db)
    accounts.add(home.db, number, "organization", now)
    memberships.add(home.db, home.id, number, home.root["id"], call.params["AccountName"], call.params["Email"], now)
    tags.put(home.db, number, call.params.get("Tags", []))
    id, trust = new_id("AROA", number, 21), json.dumps(account_trust(home.management))
    home.db.insert(
        "entity",
        id=id,
        account=number,
        kind="role",
        name=role,
        path="/",
        arn=f"arn:aws:iam::{number}:role/{role}",
        created=stored(now),
        trust_policy=trust,
        max_session=3600,
    )
    home.db.insert("attached_policy", entity=id, policy=ADMINISTRATOR_POLICY)
    return number


def _remember(home: Home, call: Call, number: str | None, now: datetime) -> Row:
    id = f"car-{new_word(32)}"
    home.db.insert(
        "account_request",
        id=id,
        organization=home.id,
        account=number,
        name=call.params["AccountName"],
        state="SUCCEEDED" if number else "FAILED",
        failure=None if number else "EMAIL_ALREADY_EXISTS",
        requested=stored(now),
        completed=stored(now),
    )
    return _request(home, id)


def _is_taken(db: Database, email: str) -> bool:
    return db.one("SELECT 1 FROM member WHERE email = ? COLLATE NOCASE", email) is not None


def describe_create_account_status(embedded: Embedded, call: Call, home: Home) -> dict[str, Any]:
    """DescribeCreateAccountStatus."""
    return {"CreateAccountStatus": request_shape(_request(home, call.params["CreateAccountRequestId"]))}


def list_create_account_status(embedded: Embedded, call: Call, home: Home) -> dict[str, Any]:
    """ListCreateAccountStatus, of all states or of those that are named."""
    states = call.params.get("States") or ["IN_PROGRESS", "SUCCEEDED", "FAILED"]
    sql = (
        "SELECT rowid AS position, * FROM account_request "
        "WHERE organization = ? AND state IN (SELECT value FROM json_each(?))"
    )
    return page(call, home, "CreateAccountStatuses", sql, (home.id, json.dumps(states)), request_shape)


def describe_account(embedded: Embedded, call: Call, home: Home) -> dict[str, Any]:
    """DescribeAccount."""
    return {"Account": account_shape(home, home.member(call.params["AccountId"]))}


def list_accounts(embedded: Embedded, call: Call, home: Home) -> dict[str, Any]:
    """ListAccounts, wherever they stand."""
    sql = "SELECT rowid AS position, * FROM member WHERE organization = ?"
    return page(call, home, "Accounts", sql, (home.id,), lambda row: account_shape(home, row))


def list_accounts_for_parent(embedded: Embedded, call: Call, home: Home) -> dict[str, Any]:
    """ListAccountsForParent: those directly below it."""
    parent = home.parent(call.params["ParentId"])["id"]
    sql = "SELECT rowid AS position, * FROM member WHERE parent = ?"
    return page(call, home, "Accounts", sql, (parent,), lambda row: account_shape(home, row))


def move_account(embedded: Embedded, call: Call, home: Home) -> dict[str, Any]:
    """MoveAccount: what applies to the account is another thing at once."""
    member = home.member(call.params["AccountId"])
    destination = home.parent(call.params["DestinationParentId"], "DestinationParentNotFoundException")["id"]
    if member["parent"] == destination:
        raise refused("DuplicateAccountException")
    if member["parent"] != call.params["SourceParentId"]:
        raise refused("SourceParentNotFoundException")
    memberships.move(home.db, member["account"], destination)
    return {}


def _request(home: Home, id: str) -> Row:
    row = home.db.one("SELECT * FROM account_request WHERE organization = ? AND id = ?", home.id, id)
    if row is None:
        raise refused("CreateAccountStatusNotFoundException")
    return row
