"""`Embedded`: the world that handlers are given. It joins the parts and decides nothing.

    database    everything that is kept (labkit.embedded.state.database), read and written by records/ and the services
    images      layers and manifests (labkit.embedded.services.ecr.images.store.ImageStore)
    functions   Lambda functions (labkit.embedded.services.lambda_.functions.store.FunctionStore)
    runners     what functions run in (labkit.embedded.services.lambda_.invoke.runners.Runners)

There is one lock, the database's own: `labkit.embedded.request.execution` opens a unit around authorization and
handler, which is in force as a whole or not at all. The stores are made on first use.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import lru_cache, partial
from secrets import token_hex
from threading import RLock
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from labkit.embedded.protocol.calls import Credentials
from labkit.embedded.records import founding, fresh, keys, organization, principals, repositories
from labkit.embedded.records.keys import Session, SessionPolicy, new_session
from labkit.embedded.records.principals import EntityRecord
from labkit.embedded.records.repositories import RepositoryRecord
from labkit.embedded.records.uses import Uses
from labkit.embedded.request.recording.events import Events
from labkit.embedded.state import snapshots
from labkit.embedded.state.clock import Clock, SystemClock
from labkit.embedded.state.database import Database, StateError
from labkit.embedded.state.lab_clock import OffsetClock, keep_offset, kept_offset, moved, stay_ended
from labkit.embedded.state.opening import open_database
from labkit.embedded.state.runtime import write_profiles
from labkit.embedded.state.settings import WorldSettings
from labkit.ground.files import write_atomically
from labkit.ground.home import Home
from labkit.iam import Policy
from labkit.pull.organization import OUTSIDER, Membership

if TYPE_CHECKING:
    from labkit.embedded.services.ecr.images.store import ImageStore
    from labkit.embedded.services.lambda_.functions.store import FunctionStore
    from labkit.embedded.services.lambda_.invoke.runners import Runners

_TYPES = {"scp": "SERVICE_CONTROL_POLICY", "rcp": "RESOURCE_CONTROL_POLICY"}
_WORLD, _SECRET = "world", "secret"  # names of settings

_Made = TypeVar("_Made")


@lru_cache(maxsize=8)
def _settings(text: str) -> WorldSettings:
    """The settings that the state has; they are asked for at every call."""
    return WorldSettings.parse(json.loads(text))


class _MadeOnce(Generic[_Made]):
    """A property that is made on first use, and once, whichever threads ask first: cached_property has no lock."""

    def __init__(self, make: Callable[[Any], _Made]) -> None:
        self._make, self._name, self._lock = make, make.__name__, RLock()
        self.__doc__ = make.__doc__

    def __get__(self, instance: Any, owner: type[Any] | None = None) -> _Made:
        with self._lock:
            if self._name not in instance.__dict__:
                instance.__dict__[self._name] = self._make(instance)
        made: _Made = instance.__dict__[self._name]
        return made


class Embedded:
    """The embedded AWS of one lab home, as handlers see it. `begin` must have run before a call is handled.

    Raises `EmbeddedError` where the state of the home cannot be opened.
    """

    def __init__(self, home: Home, clock: Clock | None = None, endpoint: str = "") -> None:
        self.home = home
        self.endpoint = endpoint
        self.database: Database = open_database(home)
        self.clock: OffsetClock = OffsetClock(clock or SystemClock(), kept_offset(self.database))
        self.uses = Uses(self.database, self.clock)
        self.events = Events(self.database, self.clock)

    # -- The world -------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Make the world fit the settings of the lab home, and write the profiles.

        Raises `UsageError` for settings that are wrong; then nothing is changed.
        """
        snapshots.sweep(self.home)
        if self.setting(fresh.RESTORED):
            self._follow()
        self._settle(WorldSettings.read(self.home.settings))

    def _follow(self) -> None:
        """Let the settings of the home be those of the state, which comes from a snapshot."""
        self._write_settings(self.settings)
        with self.database.write():
            self.database.run("DELETE FROM setting WHERE name = ?", fresh.RESTORED)

    def apply(self, settings: WorldSettings) -> None:
        """Make exist what ``settings`` name, rewrite the profiles, and remember the settings. Raises `UsageError`."""
        self._settle(settings)
        self._write_settings(settings)

    def _write_settings(self, settings: WorldSettings) -> None:
        write_atomically(self.home.settings, json.dumps(settings.to_dict(), indent=2).encode() + b"\n", 0o644)

    def _settle(self, settings: WorldSettings) -> None:
        with self.database.write():
            if self.setting(_SECRET) is None:
                self.set_setting(_SECRET, token_hex(32))
            known = self.setting(_WORLD)
            before = WorldSettings.parse(json.loads(known)) if known else None
            if settings != before:
                founding.settle(self.database, settings, before, self.clock.now())
                self.set_setting(_WORLD, json.dumps(settings.to_dict()))
        self.write_profiles()

    @property
    def settings(self) -> WorldSettings:
        """The settings that the world fits."""
        known = self.setting(_WORLD)
        return _settings(known) if known else WorldSettings()

    @property
    def secret(self) -> bytes:
        """What seals that which clients only carry, such as the markers of lists; it never leaves the state."""
        row = self.database.one("SELECT value FROM setting WHERE name = ?", _SECRET)
        assert row is not None, "begin has not run"  # noqa: S101
        return bytes.fromhex(row["value"])

    def setting(self, name: str) -> str | None:
        """Something that is one for the whole lab, by its name in the state; None where it was never set."""
        row = self.database.one("SELECT value FROM setting WHERE name = ?", name)
        return row["value"] if row else None

    def set_setting(self, name: str, value: str) -> None:
        """Remember something for the whole lab."""
        self.database.run("INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)", name, value)

    def write_profiles(self) -> None:
        """Write the AWS config and credentials files."""
        with self.database.read():
            settings = self.settings
            found = founding.administrators(self.database, settings)
        pairs = {profile: (key.id, key.secret) for profile, key in found.items()}
        write_profiles(self.home.aws, self.endpoint, settings.region, pairs)

    # -- Time ------------------------------------------------------------------------------------------------------

    def move_clock(self, by: timedelta | None) -> None:
        """Move the lab's clock forward, or (None) back to the machine's, and do what has become due by then.

        Raises `UsageError` for a move that is too far.
        """
        self.catch_up()
        with self.database.write():
            offset = timedelta() if by is None else moved(self.clock.offset, by)
            if by is None:
                stay_ended(self.database, self.clock.now(), self.clock.machine.now())
            keep_offset(self.database, offset)
            self.database.afterwards(lambda: setattr(self.clock, "offset", offset))
        self.catch_up()
        if "functions" in self.__dict__:
            self.functions.settle()

    def catch_up(self, service: str | None = None) -> None:
        """Do what has become due, where a call of ``service`` would see it (`labkit.embedded.services.due`)."""
        from labkit.embedded.services import due

        due.catch_up(self, service)

    # -- Stores ----------------------------------------------------------------------------------------------------

    @_MadeOnce
    def images(self) -> ImageStore:
        """Layers and manifests; blobs lie below ``<home>/embedded/images``."""
        from labkit.embedded.services.ecr.images.store import ImageStore

        return ImageStore(self.home.embedded / "images", self.database, self.clock)

    @_MadeOnce
    def functions(self) -> FunctionStore:
        """Lambda functions; what they run from lies below ``<home>/embedded/functions``."""
        from labkit.embedded.services.lambda_.functions import lifecycle
        from labkit.embedded.services.lambda_.functions.store import FunctionStore

        return FunctionStore(
            self.home.embedded / "functions",
            self.database,
            self.clock,
            self.runners.keep_only,
            partial(lifecycle.waits, self),
            partial(lifecycle.refusal, self),
        )

    @_MadeOnce
    def runners(self) -> Runners:
        """What the handlers of functions run in."""
        from labkit.embedded.services.lambda_.invoke.runners import Runners

        return Runners(self.home)

    def let_go(self) -> None:
        """End what functions keep warm: what runs them has been chosen anew."""
        if "functions" in self.__dict__:
            self.functions.environments.retire_all()

    def tidy(self) -> None:
        """Collect what is of no use any more, and remove what a killed process has left in an engine."""
        if (self.home.embedded / "images").exists():
            self.images.garbage.tidy(self.functions.needed_blobs)
        if self.home.may_have_containers:
            self.runners.sweep()

    def close(self) -> None:
        """End what the functions have running, and let go of the state."""
        if "functions" in self.__dict__:
            self.functions.close()
            self.runners.close()
        with suppress(StateError), self.database.write():  # a full disk does not keep anybody from leaving
            self.uses.write(at_once=True)
            self.events.write()
        self.database.close()

    # -- Organizations -------------------------------------------------------------------------------------------------

    def membership(self, account: str) -> Membership:
        """The organization and paths of an account, as the organization is at this moment."""
        place = organization.place(self.database, account)
        return place.membership if place else OUTSIDER

    def scp(self, account: str) -> list[list[Policy]] | None:
        """Service control policies that limit the principals of ``account``, by level; None where there are none."""
        return self._levels(account, "scp")

    def rcp(self, account: str) -> list[list[Policy]] | None:
        """Resource control policies that limit the resources of ``account``, by level; None where there are none."""
        return self._levels(account, "rcp")

    def _levels(self, account: str, kind: str) -> list[list[Policy]] | None:
        # They are in force only where the organization has their type enabled, never in the management account.
        place = organization.place(self.database, account)
        if place is None or place.management == account:
            return None
        levels = organization.levels(self.database, place, _TYPES[kind])
        if levels is None:
            return None
        return [[policy.compiled() for policy in node.policies[_TYPES[kind]]] for node in levels]

    # -- Records ---------------------------------------------------------------------------------------------------

    def role(self, arn: str) -> EntityRecord | None:
        """The role with this ARN, or None."""
        return principals.role(self.database, arn)

    def repository(self, account: str, region: str, name: str) -> RepositoryRecord | None:
        """The ECR repository with this name, or None."""
        return repositories.find(self.database, account, region, name)

    # -- Sessions --------------------------------------------------------------------------------------------------

    def role_session(
        self,
        role_arn: str,
        session_name: str,
        duration: int,
        policies: tuple[SessionPolicy, ...] | None = None,
        **members: Any,
    ) -> Credentials:
        """Make credentials for a session of an existing role, valid for ``duration`` seconds; nothing is checked.

        ``members`` are further members of `Session`: tags, transitive, source_identity, context.
        """
        role = self.role(role_arn)
        if role is None:
            raise LookupError(f"There is no role {role_arn}.")
        session = new_session(
            role.account,
            self.clock.now(),
            duration,
            arn=f"arn:aws:sts::{role.account}:assumed-role/{role.name}/{session_name}",
            principal_arn=role.arn,
            user_id=f"{role.id}:{session_name}",
            role_id=role.id,
            policies=policies,
            **members,
        )
        return self.open_session(session)

    def open_session(self, session: Session) -> Credentials:
        """Remember a session and hand out its credentials."""
        keys.open_session(self.database, session, self.clock.now())
        expiration = session.expires.replace(microsecond=0)
        return Credentials(session.id, session.secret, session.token, expiration, session.role_id or "", session.arn)
