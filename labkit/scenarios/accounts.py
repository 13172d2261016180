"""Accounts that were moved in the embedded organization go back to where they stand at first."""

from __future__ import annotations

from labkit.aws import accounts
from labkit.embedded.state import world
from labkit.lab.lab import Lab


def put_accounts_back(lab: Lab) -> tuple[str, ...]:
    """Moves each account of the embedded organization to its first unit; returns the names of those that were away.

    On real accounts nothing is moved: where they belong is their owner's affair.
    """
    management = lab.actor("management")
    if lab.choices.are_real or management is None:
        return ()
    homes = {**(world.HOME_ORGANIZATION.members or {}), "management": world.HOME_ORGANIZATION.root}
    organizations = management.client("organizations")
    moved = (
        name
        for name, unit in homes.items()
        if (actor := lab.actor(name)) and accounts.ensure_parent(organizations, actor.account, unit)
    )
    return tuple(moved)
