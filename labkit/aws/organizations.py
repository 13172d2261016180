"""An organization as it is read: all of it, its id, and where an account stands; and moving an account.

Only the management account (or a delegated administrator) may read more than the organization's id.
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from labkit.aws.reading import unreadable
from labkit.pull.organization import OUTSIDER, Account, Membership, Organization, Unit, path_through


def organization(organizations: Any) -> Organization:
    """The whole organization, by its management account or a delegated administrator. Raises Unreadable."""
    try:
        about = organizations.describe_organization()["Organization"]
        root = organizations.list_roots()["Roots"][0]
        units, accounts = [Unit(root["Id"], root["Name"], None)], []
        for unit in units:  # grows while it is walked: breadth first
            accounts += _accounts(organizations, unit.id)
            units += _units(organizations, unit.id)
    except ClientError as error:
        raise unreadable("The organization", error) from None
    return Organization(about["Id"], about["MasterAccountId"], tuple(units), tuple(accounts))


def _accounts(organizations: Any, parent: str) -> list[Account]:
    pages = organizations.get_paginator("list_accounts_for_parent").paginate(ParentId=parent)
    return [Account(each["Id"], each["Name"], parent) for page in pages for each in page["Accounts"]]


def _units(organizations: Any, parent: str) -> list[Unit]:
    pages = organizations.get_paginator("list_organizational_units_for_parent").paginate(ParentId=parent)
    return [Unit(each["Id"], each["Name"], parent) for page in pages for each in page["OrganizationalUnits"]]


def organization_id(organizations: Any) -> str | None:
    """The id of the organization that the account is in, by any member account; None when it is in none."""
    try:
        return str(organizations.describe_organization()["Organization"]["Id"])
    except organizations.exceptions.AWSOrganizationsNotInUseException:
        return None
    except ClientError as error:
        raise unreadable("The organization's id", error) from None


def membership(organizations: Any, account: str) -> Membership:
    """Where an account stands, by its organization's management account; OUTSIDER when it is not in it.

    Climbs from the account to the root. Raises Unreadable.
    """
    try:
        steps, parent = [], {"Id": account, "Type": "ACCOUNT"}
        while parent["Type"] != "ROOT":
            parent = organizations.list_parents(ChildId=parent["Id"])["Parents"][0]
            steps.append(parent["Id"])
    except organizations.exceptions.ChildNotFoundException:
        return OUTSIDER
    except ClientError as error:
        raise unreadable("The organization", error) from None
    found = organization_id(organizations)
    return Membership(found, (path_through(str(found), reversed(steps)),))


def parent(organizations: Any, account: str) -> str:
    """The id of the unit (or root) that holds the account. Raises ClientError."""
    return str(organizations.list_parents(ChildId=account)["Parents"][0]["Id"])


def ensure_parent(organizations: Any, account: str, unit: str) -> bool:
    """Moves the account into the unit, unless it is there; tells whether it had to. Raises ClientError."""
    now = parent(organizations, account)
    if now != unit:
        organizations.move_account(AccountId=account, SourceParentId=now, DestinationParentId=unit)
    return now != unit
