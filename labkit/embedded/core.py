"""`Embedded`: the world that handlers are given. It joins the parts and decides nothing.

    keys        access keys and sessions, labkit's own (secrets live here and in the profiles only)
    backend     moto: users, roles, policies, organizations, repository metadata; comes up in the background
    images      layers and manifests (labkit.embedded.services.ecr.images.store.ImageStore)
    functions   Lambda functions (labkit.embedded.services.lambda_.functions.store.FunctionStore)
    runners     what functions run in (labkit.embedded.services.lambda_.invoke.runners.Runners)

``lock`` is held around authorization and handler (`labkit.embedded.request.execution`); an operation that
``locks_itself`` takes it for the short parts that need it. The stores are made on first use from a directory of their
own.
"""

from __future__ import annotations

import json
import logging
from concurrent.futures import Future
from functools import cached_property
from threading import RLock
from typing import TYPE_CHECKING

from labkit.embedded.protocol.calls import Credentials
from labkit.embedded.state import founding
from labkit.embedded.state.clock import Clock, SystemClock
from labkit.embedded.state.keys import Session, new_session
from labkit.embedded.state.persistence import SavedState, administrators, unloadable
from labkit.embedded.state.records import RepositoryRecord, RoleRecord
from labkit.embedded.state.runtime import write_profiles
from labkit.embedded.state.settings import WorldSettings
from labkit.errors import EmbeddedError, LabError
from labkit.ground.files import write_atomically
from labkit.ground.home import Home
from labkit.iam import Policy
from labkit.iam.arn import split
from labkit.pull.organization import OUTSIDER, Membership

if TYPE_CHECKING:
    from labkit.embedded.services.ecr.images.store import ImageStore
    from labkit.embedded.services.lambda_.functions.store import FunctionStore
    from labkit.embedded.services.lambda_.invoke.runners import Runners
    from labkit.embedded.state.backend import Backend

_LOG = logging.getLogger(__name__)
_LEVELS = {"scp": "SERVICE_CONTROL_POLICY", "rcp": "RESOURCE_CONTROL_POLICY"}


class Embedded:
    """The embedded AWS of one lab home, as handlers see it. `begin` must have run before a call is handled."""

    def __init__(self, home: Home, clock: Clock | None = None, endpoint: str = "") -> None:
        self.home = home
        self.clock = clock or SystemClock()
        self.endpoint = endpoint
        self.lock = RLock()
        self.saved = SavedState.read(home)
        self.keys = self.saved.keys
        self._backend: Future[Backend] = Future()

    # -- Coming up -------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Read the settings, make the administrators' keys, write the profiles; needs no moto.

        Raises `UsageError` for settings that are wrong.
        """
        wanted = WorldSettings.read(self.home.settings)
        founding.add_administrators(self.keys, wanted, self.clock)
        if self.saved.settings is None:
            self.saved.settings = wanted
            self.keys.changed = True
        if self.keys.changed:
            self.saved.write_keys()
        self.write_profiles(wanted)

    def come_up(self) -> None:
        """Bring moto up with the state that was read, or make the world; then let those who wait for it go on.

        Where that fails, whoever asks for `backend` from then on gets a `LabError` that says what to do.
        """
        from labkit.embedded.state.backend import Backend

        try:
            backend = Backend()
            if self.saved.snapshot is not None:
                self._load(backend, self.saved.snapshot)
                self.saved.snapshot = None
                founding.settle(backend, self.keys, *self._settings_now_and_before())
            else:
                founding.found(backend, self.keys, WorldSettings.read(self.home.settings))
            self._adopt(WorldSettings.read(self.home.settings), backend)
        except LabError as error:
            self._backend.set_exception(error)
        except Exception as error:
            _LOG.exception("the state could not be brought up")
            self._backend.set_exception(
                EmbeddedError(
                    f"The embedded AWS of {self.home.root} could not come up ({type(error).__name__}); {self.home.log} "
                    "says why. Run 'labkit reset' to start the lab afresh."
                )
            )
        else:
            self._backend.set_result(backend)

    def _load(self, backend: Backend, snapshot: bytes) -> None:
        try:
            backend.load(snapshot)
        except Exception:
            _LOG.exception("the state could not be loaded")
            raise unloadable(self.home.state) from None

    def check(self) -> None:
        """Raise the `LabError` for which the state could not be brought up, if it is known to be so."""
        if self._backend.done():
            self._backend.result()

    def _settings_now_and_before(self) -> tuple[WorldSettings, WorldSettings]:
        now = WorldSettings.read(self.home.settings)
        return now, self.saved.settings or now

    def _adopt(self, settings: WorldSettings, backend: Backend) -> None:
        self.saved.write_snapshot(backend.dump())
        self.saved.settings = settings
        self.saved.write_keys()

    @property
    def backend(self) -> Backend:
        """moto's state; waits until it has come up. Raises `LabError` where it could not."""
        return self._backend.result()

    @property
    def settings(self) -> WorldSettings:
        """The settings that the world fits."""
        return self.saved.settings or WorldSettings()

    def apply(self, settings: WorldSettings) -> None:
        """Make exist what ``settings`` name, rewrite the profiles, and remember the settings."""
        before = self.settings
        founding.check(settings, before)
        founding.add_administrators(self.keys, settings, self.clock)
        founding.settle(self.backend, self.keys, settings, before)
        self._adopt(settings, self.backend)
        write_atomically(self.home.settings, json.dumps(settings.to_dict(), indent=2).encode() + b"\n", 0o644)
        self.write_profiles(settings)

    def write_profiles(self, settings: WorldSettings) -> None:
        """Write the AWS config and credentials files."""
        keys = administrators(self.keys, settings)
        write_profiles(self.home.aws, self.endpoint, settings.region, keys)

    # -- Stores ----------------------------------------------------------------------------------------------------

    @cached_property
    def images(self) -> ImageStore:
        """Layers and manifests, below ``<home>/embedded/images``."""
        from labkit.embedded.services.ecr.images.store import ImageStore

        return ImageStore(self.home.embedded / "images", self.clock)

    @cached_property
    def functions(self) -> FunctionStore:
        """Lambda functions, below ``<home>/embedded/functions``."""
        from labkit.embedded.services.lambda_.functions.store import FunctionStore

        return FunctionStore(self.home.embedded / "functions", self.clock, self.runners.keep_only)

    @cached_property
    def runners(self) -> Runners:
        """What the handlers of functions run in."""
        from labkit.embedded.services.lambda_.invoke.runners import Runners

        return Runners(self.home)

    def let_go(self) -> None:
        """End what functions keep warm: what runs them has been chosen anew."""
        if "functions" in self.__dict__:
            self.functions.environments.retire_all()

    def close(self) -> None:
        """End what the functions have running."""
        if "functions" in self.__dict__:
            self.functions.close()
            self.runners.close()

    # -- Organizations -------------------------------------------------------------------------------------------------

    def membership(self, account: str) -> Membership:
        """The organization and paths of an account, as the organization is at this moment."""
        place = self.backend.place(account)
        return place.membership if place else OUTSIDER

    def scp(self, account: str) -> list[list[Policy]] | None:
        """Service control policies that limit the principals of ``account``, by level; None where there are none."""
        return self._levels(account, "scp")

    def rcp(self, account: str) -> list[list[Policy]] | None:
        """Resource control policies that limit the resources of ``account``, by level; None where there are none."""
        return self._levels(account, "rcp")

    def _levels(self, account: str, kind: str) -> list[list[Policy]] | None:
        # They are in force only where the root has their type enabled, and never in the management account.
        place = self.backend.place(account)
        if place is None or place.management == account or _LEVELS[kind] not in place.enabled:
            return None
        return [
            [Policy.parse(text, name) for name, text in node.policies.get(_LEVELS[kind], ())] for node in place.levels
        ]

    # -- Records ---------------------------------------------------------------------------------------------------

    def role(self, arn: str) -> RoleRecord | None:
        """The role with this ARN, or None."""
        named = split(arn)
        if named is None or not named.is_a("iam", "role"):
            return None
        role = self.backend.role(named.account, named.name)
        return role if role and role.arn == arn else None

    def repository(self, account: str, region: str, name: str) -> RepositoryRecord | None:
        """The ECR repository with this name, or None."""
        return self.backend.repository(account, region, name)

    def set_repository_policy(self, account: str, region: str, name: str, text: str | None) -> None:
        """Write the policy of an existing repository as it is (None removes it); no checks are made."""
        self.backend.set_repository_policy(account, region, name, text)

    # -- Sessions --------------------------------------------------------------------------------------------------

    def role_session(
        self, role_arn: str, session_name: str, duration: int, policies: tuple[str, ...] | None = None
    ) -> Credentials:
        """Make credentials for a session of an existing role, valid for ``duration`` seconds; nothing is checked."""
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
            tags=self.backend.role_tags(role.account, role.name),
        )
        return self.open_session(session)

    def open_session(self, session: Session) -> Credentials:
        """Remember a session and hand out its credentials."""
        now = self.clock.now()
        self.keys.open(session, now)
        expiration = (now.fromisoformat(session.expires)).replace(microsecond=0)
        return Credentials(session.id, session.secret, session.token, expiration, session.role_id or "", session.arn)

    # -- Persistence -----------------------------------------------------------------------------------------------

    def changed(self) -> None:
        """Write what has changed to disk, now; `labkit.embedded.request.execution` has it done after every call."""
        if self._backend.done() and self.backend.changed:
            self.saved.write_snapshot(self.backend.dump())
            self.backend.changed = False
        if self.keys.changed:
            self.saved.write_keys()
