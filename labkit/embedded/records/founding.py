"""Making the world: at the first start, and again whenever the settings name something that does not exist yet.

Nothing is taken out of an account. One that the settings no longer name leaves its organization, so that no grant to a
unit reaches accounts of an earlier choice, and has all that is in it when it is named again. Only what a setting has
changed is touched, so an account that somebody has moved stays moved.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from labkit.embedded.records import accounts, keys, memberships, organization, principals
from labkit.embedded.records.keys import UserKey
from labkit.embedded.state import world
from labkit.embedded.state.clock import stored
from labkit.embedded.state.database import Database
from labkit.embedded.state.identifiers import new_id, new_secret
from labkit.embedded.state.settings import WorldSettings
from labkit.errors import UsageError
from labkit.pull.organization import Organization

_ORGANIZATIONS = {"management": world.HOME_ORGANIZATION, "neighbour": world.NEIGHBOUR_ORGANIZATION}
"""The organizations that are made, by the profile of the account that manages each."""
_UNITS = {each.name: each.parent for each in world.HOME_ORGANIZATION.accounts if each.name not in _ORGANIZATIONS}
"""Which unit of the lab's organization an account belongs in, by its profile."""


def settle(db: Database, settings: WorldSettings, before: WorldSettings | None, now: datetime) -> None:
    """Make exist what ``settings`` name and ``before`` did not (None: nothing exists yet).

    What only ``before`` names leaves its organization. Raises `UsageError` as `check` does.
    """
    if before is not None:
        check(db, settings, before)
    for account in settings.accounts.values():
        _add_account(db, account, now)
    if before is None:
        for manager, made in _ORGANIZATIONS.items():
            _create_organization(db, made, settings, manager, now)
    else:
        _change_organizations(db, settings, before)
    for profile, account in settings.accounts.items():
        if before is None or account != before.accounts[profile]:
            _place(db, profile, account, settings, now)
    if before is not None:
        for account in set(before.accounts.values()) - set(settings.accounts.values()):
            _leave(db, account)


def check(db: Database, settings: WorldSettings, before: WorldSettings) -> None:
    """Refuse settings that collide with an organization that is there. Raises `UsageError`.

    An account that manages one cannot manage, or be put into, another; and no two have the same id.
    """
    old, new = before.accounts, settings.accounts
    given_up = {old[manager] for manager in _ORGANIZATIONS if new[manager] != old[manager]}
    for profile, account in new.items():
        free = account in given_up and profile not in _ORGANIZATIONS
        if account != old[profile] and not free and _manages(db, account):
            raise UsageError(f"The account {account} manages the other organization: choose another number.")
    id = settings.organization
    if id != before.organization and db.one("SELECT 1 FROM organization WHERE id = ?", id):
        raise UsageError(f"{id} is the id of another organization: choose another one.")


def _manages(db: Database, account: str) -> bool:
    return db.one("SELECT 1 FROM organization WHERE management = ?", account) is not None


def administrators(db: Database, settings: WorldSettings) -> Mapping[str, UserKey]:
    """The access key of the administrator of each profile that has one."""
    found = {}
    for profile, account in settings.accounts.items():
        user = principals.find(db, account, "user", world.ADMINISTRATOR)
        of_user = keys.of_user(db, user.id) if user else []
        if of_user:
            found[profile] = of_user[0]
    return found


def add_administrator(db: Database, account: str, now: datetime, key: UserKey | None = None) -> None:
    """Make the administrator of an account, with a key, or with the one that it had in an earlier world."""
    user_id = key.user_id if key else new_id("AIDA", account, 21)
    arn = f"arn:aws:iam::{account}:user/{world.ADMINISTRATOR}"
    db.insert(
        "entity",
        id=user_id,
        account=account,
        kind="user",
        name=world.ADMINISTRATOR,
        path="/",
        arn=arn,
        created=stored(now),
    )
    db.insert("attached_policy", entity=user_id, policy=world.ADMINISTRATOR_POLICY)
    keys.put(db, key or UserKey(new_id("AKIA", account), new_secret(), account, world.ADMINISTRATOR, arn, user_id, now))


def _add_account(db: Database, account: str, now: datetime) -> None:
    accounts.add(db, account, "profile", now)
    if principals.find(db, account, "user", world.ADMINISTRATOR) is None:
        add_administrator(db, account, now)


def _create_organization(
    db: Database, made: Organization, settings: WorldSettings, manager: str, now: datetime
) -> None:
    id = settings.organization if made is world.HOME_ORGANIZATION else made.id
    memberships.create(db, id, made.root.id, settings.accounts[manager], manager, now)
    for unit in made.units:
        if unit.parent is not None:
            memberships.add_unit(db, id, unit.id, unit.parent, unit.name, now)


def _change_organizations(db: Database, settings: WorldSettings, before: WorldSettings) -> None:
    for manager in _ORGANIZATIONS:
        old, new = before.accounts[manager], settings.accounts[manager]
        if old != new:
            _leave(db, new)
            memberships.move_management(db, old, new)
    if settings.organization != before.organization:
        memberships.rename(db, settings.accounts["management"], settings.organization)


def _place(db: Database, profile: str, account: str, settings: WorldSettings, now: datetime) -> None:
    """Put an account where its profile belongs: into a unit of the lab's organization, or into no organization."""
    unit = _unit(db, profile, settings)
    if unit is None:
        if profile not in _ORGANIZATIONS:
            _leave(db, account)
        return
    place = organization.place(db, account)
    if place is None or place.organization != settings.organization:
        _leave(db, account)
        memberships.add(db, settings.organization, account, unit, profile, f"{profile}@example.com", now)
    elif place.levels[-2] != unit:
        memberships.move(db, account, unit)


def _unit(db: Database, profile: str, settings: WorldSettings) -> str | None:
    """Where the account of a profile belongs: its unit, the root where somebody has deleted that, nowhere."""
    if profile not in _UNITS:
        return None
    row = db.one(
        "SELECT id FROM unit WHERE organization = ? AND (id = ? OR parent IS NULL) ORDER BY parent IS NULL LIMIT 1",
        settings.organization,
        _UNITS[profile],
    )
    return row["id"] if row else None


def _leave(db: Database, account: str) -> None:
    place = organization.place(db, account)
    if place is not None and place.management != account:
        memberships.remove(db, account)
