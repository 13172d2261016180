"""Where a member account stands in its organization, for the management account."""

from __future__ import annotations

from typing import Any


def parent(organizations: Any, account: str) -> str:
    """The id of the unit (or root) that holds the account. Raises ClientError."""
    return str(organizations.list_parents(ChildId=account)["Parents"][0]["Id"])


def ensure_parent(organizations: Any, account: str, unit: str) -> bool:
    """Moves the account into the unit, unless it is there; tells whether it had to. Raises ClientError."""
    now = parent(organizations, account)
    if now != unit:
        organizations.move_account(AccountId=account, SourceParentId=now, DestinationParentId=unit)
    return now != unit
