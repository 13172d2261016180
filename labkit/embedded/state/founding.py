"""Making the world: at the first start, and again whenever the settings name something that does not exist yet.

Nothing is taken out of an account. One that the settings no longer name leaves its organization, so that no grant to a
unit reaches accounts of an earlier choice, and has all that is in it when it is named again. Only what a setting has
changed is touched, so an account that somebody has moved stays moved.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.embedded.state import world
from labkit.embedded.state.keys import KeyRing, UserKey, new_id, new_secret
from labkit.embedded.state.settings import WorldSettings
from labkit.errors import UsageError
from labkit.pull.organization import Organization

if TYPE_CHECKING:
    from labkit.embedded.state.backend import Backend
    from labkit.embedded.state.clock import Clock

_ORGANIZATIONS = {"management": world.HOME_ORGANIZATION, "neighbour": world.NEIGHBOUR_ORGANIZATION}
"""The organizations that are made, by the profile of the account that manages each."""
_UNITS = {each.name: each.parent for each in world.HOME_ORGANIZATION.accounts if each.name not in _ORGANIZATIONS}
"""Which unit of the lab's organization an account belongs in, by its profile."""


def add_administrators(keys: KeyRing, settings: WorldSettings, clock: Clock) -> None:
    """Make a key for the administrator of every account that has none; needs no moto."""
    for account in settings.accounts.values():
        if next(keys.of_user(account, world.ADMINISTRATOR), None) is None:
            keys.put(_administrator_key(account, clock))


def _administrator_key(account: str, clock: Clock) -> UserKey:
    return UserKey(
        id=new_id("AKIA", account),
        secret=new_secret(),
        account=account,
        user=world.ADMINISTRATOR,
        user_arn=f"arn:aws:iam::{account}:user/{world.ADMINISTRATOR}",
        user_id=new_id("AIDA", account, 21),
        created=clock.now().isoformat(),
    )


def found(backend: Backend, keys: KeyRing, settings: WorldSettings) -> None:
    """Make the world that ``settings`` describe, from nothing."""
    for manager, organization in _ORGANIZATIONS.items():
        _create_organization(backend, organization, settings, settings.accounts[manager])
    settle(
        backend,
        keys,
        settings,
        WorldSettings(dict.fromkeys(world.ACCOUNTS, ""), organization=settings.organization),
    )


def settle(backend: Backend, keys: KeyRing, settings: WorldSettings, before: WorldSettings) -> None:
    """Make exist what ``settings`` name and ``before`` did not; what only ``before`` names leaves its organization."""
    check(settings, before)
    for manager in _ORGANIZATIONS:
        _move_management(backend, before.accounts[manager], settings.accounts[manager])
    if settings.organization != before.organization:
        backend.rename_organization(settings.accounts["management"], settings.organization)
    for profile, account in settings.accounts.items():
        if account != before.accounts[profile]:
            _place(backend, profile, account, settings)
    for account in set(filter(None, before.accounts.values())) - set(settings.accounts.values()):
        _leave(backend, account)
    for account in settings.accounts.values():
        _add_administrator(backend, keys, account)


def check(settings: WorldSettings, before: WorldSettings) -> None:
    """Refuse settings that exchange the management accounts of the two organizations. Raises `UsageError`."""
    managing = {before.accounts[manager] for manager in _ORGANIZATIONS}
    for manager in _ORGANIZATIONS:
        account = settings.accounts[manager]
        if account != before.accounts[manager] and account in managing:
            raise UsageError(f"The account {account} manages the other organization: choose another number.")


def _create_organization(
    backend: Backend, organization: Organization, settings: WorldSettings, management: str
) -> None:
    id = settings.organization if organization is world.HOME_ORGANIZATION else organization.id
    with backend.fixed_ids(org=id, root=organization.root.id, account=management):
        _call(backend, management, settings, "CreateOrganization", FeatureSet="ALL")
    backend.remove_role(management, world.ACCESS_ROLE)
    for unit in organization.units:
        if unit.parent is not None:
            with backend.fixed_ids(ou=unit.id):
                _call(backend, management, settings, "CreateOrganizationalUnit", ParentId=unit.parent, Name=unit.name)


def _move_management(backend: Backend, old: str, new: str) -> None:
    if old and old != new:
        _leave(backend, new)
        backend.move_management(old, new)


def _leave(backend: Backend, account: str) -> None:
    place = backend.place(account)
    if place is not None and place.management != account:
        backend.dispatch(
            "organizations",
            "RemoveAccountFromOrganization",
            {"AccountId": account},
            account=place.management,
            region=world.REGION,
        )


def _place(backend: Backend, profile: str, account: str, settings: WorldSettings) -> None:
    """Put an account where its profile belongs: into a unit of the lab's organization, or into no organization."""
    unit = _UNITS.get(profile)
    if unit is None:
        if profile == "outsider":
            _leave(backend, account)
        return
    management = settings.accounts["management"]
    place = backend.place(account)
    if place is None or place.management != management:
        _leave(backend, account)
        with backend.fixed_ids(account=account):
            _call(backend, management, settings, "CreateAccount", AccountName=profile, Email=f"{profile}@example.com")
        backend.remove_role(account, world.ACCESS_ROLE)
        place = backend.place(account)
    if place is not None and place.levels[-2].id != unit:
        source = place.levels[-2].id
        _call(
            backend,
            management,
            settings,
            "MoveAccount",
            AccountId=account,
            SourceParentId=source,
            DestinationParentId=unit,
        )


def _add_administrator(backend: Backend, keys: KeyRing, account: str) -> None:
    if backend.user(account, world.ADMINISTRATOR) is not None:
        return
    key = next(keys.of_user(account, world.ADMINISTRATOR))
    user = {"UserName": world.ADMINISTRATOR}
    backend.dispatch("iam", "CreateUser", user, account=account, region=world.REGION)
    backend.set_user_id(account, world.ADMINISTRATOR, key.user_id)
    attach = {**user, "PolicyArn": world.ADMINISTRATOR_POLICY}
    backend.dispatch("iam", "AttachUserPolicy", attach, account=account, region=world.REGION)


def _call(backend: Backend, account: str, settings: WorldSettings, operation: str, **params: str) -> None:
    backend.dispatch("organizations", operation, params, account=account, region=settings.region)
