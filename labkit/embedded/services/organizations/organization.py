"""An organization as a whole: made by the account that will manage it, described, left, and deleted."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from labkit.embedded.protocol.calls import Call
from labkit.embedded.records import memberships
from labkit.embedded.services.organizations.errors import exceeded, refused
from labkit.embedded.services.organizations.lookup import Home, home_of
from labkit.embedded.state.clock import read_stored
from labkit.embedded.state.identifiers import new_word

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded

YOUNGEST = timedelta(days=4)
"""How old an account must be that leaves the organization which has made it (API Reference, WAIT_PERIOD_ACTIVE)."""
_SCP = "SERVICE_CONTROL_POLICY"


def create_organization(embedded: Embedded, call: Call) -> dict[str, Any]:
    """CreateOrganization: with all features, service control policies are enabled at once."""
    if home_of(embedded, call.account):
        raise refused("AlreadyInOrganizationException")
    db, id, feature_set = embedded.database, f"o-{new_word(10)}", call.params.get("FeatureSet", "ALL")
    profile = next(
        (name for name, number in embedded.settings.accounts.items() if number == call.account), call.account
    )
    memberships.create(db, id, _new_root(embedded), call.account, profile, embedded.clock.now(), feature_set)
    if feature_set == "ALL":
        memberships.enable(db, id, _SCP)
    return describe_organization(embedded, call, Home(db, id, call.account, feature_set, call.account))


def describe_organization(embedded: Embedded, call: Call, home: Home) -> dict[str, Any]:
    """DescribeOrganization. AvailablePolicyTypes says which may be enabled, not which are (ListRoots does)."""
    available = [{"Type": _SCP, "Status": "ENABLED"}] if home.feature_set == "ALL" else []
    shown = {
        "Id": home.id,
        "Arn": f"arn:aws:organizations::{home.management}:organization/{home.id}",
        "FeatureSet": home.feature_set,
        "MasterAccountArn": home.arn("account", home.management),
        "MasterAccountId": home.management,
        "MasterAccountEmail": home.member(home.management)["email"],
        "AvailablePolicyTypes": available,
    }
    return {"Organization": shown}


def delete_organization(embedded: Embedded, call: Call, home: Home) -> dict[str, Any]:
    """DeleteOrganization: units and policies go with it, members must be gone before."""
    if home.db.one("SELECT 1 FROM member WHERE organization = ? AND account != ?", home.id, home.management):
        raise refused("OrganizationNotEmptyException")
    memberships.delete(home.db, home.id)
    return {}


def leave_organization(embedded: Embedded, call: Call, home: Home) -> dict[str, Any]:
    """LeaveOrganization, by a member itself."""
    return _remove(embedded, home, call.account)


def remove_account_from_organization(embedded: Embedded, call: Call, home: Home) -> dict[str, Any]:
    """RemoveAccountFromOrganization: the account stands alone from now on.

    That an account must have what it takes to stand alone (a support plan, contacts, a means of payment) is not asked.
    """
    return _remove(embedded, home, call.params["AccountId"])


def _remove(embedded: Embedded, home: Home, account: str) -> dict[str, Any]:
    home.member(account)
    if account == home.management:
        raise refused("MasterCannotLeaveOrganizationException")
    made = home.db.one("SELECT created FROM account WHERE id = ? AND origin = 'organization'", account)
    if made and embedded.clock.now() < read_stored(made["created"]) + YOUNGEST:
        raise exceeded("WAIT_PERIOD_ACTIVE")
    memberships.remove(home.db, account)
    return {}


def _new_root(embedded: Embedded) -> str:
    while True:
        root = f"r-{new_word(4)}"
        if embedded.database.one("SELECT 1 FROM unit WHERE id = ?", root) is None:
            return root
