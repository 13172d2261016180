"""What a call names, looked up in the caller's organization: nobody sees anything of another one.

Everything is for the management account, but what the table says is for every member (delegated administrators are
not implemented). What applies to an account is read live, so a moved account is somewhere else at once.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labkit.embedded.protocol.calls import Call, Handler
from labkit.embedded.records import organization
from labkit.embedded.services.organizations.errors import refused
from labkit.embedded.state.database import Database

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded

Row = sqlite3.Row


@dataclass(frozen=True)
class Home:
    """The organization of a caller. ``account`` is the caller's, ``management`` manages the organization."""

    db: Database
    id: str
    management: str
    feature_set: str
    account: str

    def arn(self, kind: str, id: str) -> str:
        """The ARN of an ``account``, ``ou`` or ``root`` of this organization."""
        return f"arn:aws:organizations::{self.management}:{kind}/{self.id}/{id}"

    def policy_arn(self, policy: Row) -> str:
        """The ARN of a policy; AWS's own have one that no account stands in."""
        return organization.policy_arn(self.id, self.management, policy)

    # -- What is in it -----------------------------------------------------------------------------------------------

    @property
    def root(self) -> Row:
        """The root."""
        row = self.db.one("SELECT * FROM unit WHERE organization = ? AND parent IS NULL", self.id)
        return _present(row, "RootNotFoundException")

    def find_unit(self, id: str) -> Row | None:
        """The root or unit of that id."""
        return self.db.one("SELECT * FROM unit WHERE organization = ? AND id = ?", self.id, id)

    def find_member(self, account: str) -> Row | None:
        """The member of that account number."""
        return self.db.one("SELECT * FROM member WHERE organization = ? AND account = ?", self.id, account)

    def find_policy(self, id: str) -> Row | None:
        """The policy of that id, AWS's own included."""
        return self.db.one("SELECT * FROM organization_policy WHERE organization = ? AND id = ?", self.id, id)

    def parent(self, id: str, code: str = "ParentNotFoundException") -> Row:
        """The root or unit of that id. Raises the error of ``code``."""
        return _present(self.find_unit(id), code)

    def unit(self, id: str) -> Row:
        """The unit of that id. Raises OrganizationalUnitNotFoundException."""
        return _present(self.find_unit(id), "OrganizationalUnitNotFoundException")

    def member(self, account: str) -> Row:
        """The member of that account number. Raises AccountNotFoundException."""
        return _present(self.find_member(account), "AccountNotFoundException")

    def policy(self, id: str) -> Row:
        """The policy of that id. Raises PolicyNotFoundException."""
        return _present(self.find_policy(id), "PolicyNotFoundException")

    def has(self, id: str) -> bool:
        """Whether a root, unit or account of that id is in the organization."""
        return (self.find_member if id.isdigit() else self.find_unit)(id) is not None


def home_of(embedded: Embedded, account: str) -> Home | None:
    """The organization of an account; None where it is in none."""
    db = embedded.database
    row = db.one(
        "SELECT organization.* FROM member JOIN organization ON organization.id = organization WHERE account = ?",
        account,
    )
    return Home(db, row["id"], row["management"], row["feature_set"], account) if row else None


Work = Callable[["Embedded", Call, Home], dict[str, Any]]
"""What a handler does once the caller's organization is known."""


def for_members(work: Work) -> Handler:
    """The handler of an operation that every account of an organization may call."""

    def handle(embedded: Embedded, call: Call) -> dict[str, Any]:
        home = home_of(embedded, call.account)
        if home is None:
            raise refused("AWSOrganizationsNotInUseException")
        return work(embedded, call, home)

    return handle


def for_management(work: Work) -> Handler:
    """The handler of an operation that is for the management account."""

    def check(embedded: Embedded, call: Call, home: Home) -> dict[str, Any]:
        if call.account != home.management:
            raise refused("AccessDeniedException")
        return work(embedded, call, home)

    return for_members(check)


def _present(row: Row | None, code: str) -> Row:
    if row is None:
        raise refused(code)
    return row
