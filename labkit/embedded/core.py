"""`Embedded`: the world that handlers are given. It joins the parts and decides nothing by itself.

    keys        access keys and sessions, labkit's own (secrets live here and in the profiles only)
    backend     moto: users, roles, policies, organizations, repository metadata; comes up in the background
    images      layers and manifests (labkit.embedded.images.ImageStore)
    functions   Lambda functions (labkit.embedded.functions.FunctionStore)

The gateway holds ``lock`` around authorization and handler. A handler that its module lists in ``UNLOCKED`` takes the
lock by itself for the short parts that need it. The stores are made on first use from a directory of their own and
offer ``close()``, which ends their processes and forgets what is in memory; files stay.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING

from labkit.embedded.calls import Access, Call, Credentials, RepositoryRecord, RoleRecord, ServiceError
from labkit.embedded.clock import Clock, SystemClock

if TYPE_CHECKING:
    from labkit.embedded.backend import Backend
    from labkit.embedded.functions import FunctionStore
    from labkit.embedded.images import ImageStore
    from labkit.iam import Decision, Policy
    from labkit.organization import Membership


class Embedded:
    """The embedded AWS of one lab home, as handlers see it."""

    def __init__(self, home: Path, clock: Clock | None = None, endpoint: str = "") -> None:
        self.home = home
        self.clock = clock or SystemClock()
        self.endpoint = endpoint
        self.lock = RLock()

    @property
    def backend(self) -> Backend:
        """moto's state; waits until it has come up."""
        raise NotImplementedError

    @cached_property
    def images(self) -> ImageStore:
        """Layers and manifests, below ``<home>/embedded/images``."""
        from labkit.embedded.images import ImageStore

        return ImageStore(self.home / "embedded" / "images")

    @cached_property
    def functions(self) -> FunctionStore:
        """Lambda functions, below ``<home>/embedded/functions``."""
        from labkit.embedded.functions import FunctionStore

        return FunctionStore(self.home / "embedded" / "functions")

    def authorize(self, call: Call, access: Access) -> Decision:
        """Decide whether the caller may do this; never raises for a denial."""
        raise NotImplementedError

    def require(self, call: Call, access: Access) -> None:
        """Raise the protocol's access-denied `ServiceError`, with the engine's sentence, unless the caller may."""
        raise NotImplementedError

    def membership(self, account: str) -> Membership:
        """The organization and paths of an account, as the organization is at this moment."""
        raise NotImplementedError

    def rcp(self, account: str) -> list[list[Policy]] | None:
        """Resource control policies that limit the resources of ``account``, by level; None where there are none."""
        raise NotImplementedError

    def role(self, arn: str) -> RoleRecord | None:
        """The role with this ARN, or None."""
        raise NotImplementedError

    def repository(self, account: str, region: str, name: str) -> RepositoryRecord | None:
        """The ECR repository with this name, or None."""
        raise NotImplementedError

    def set_repository_policy(self, account: str, region: str, name: str, text: str | None) -> None:
        """Write the policy of an existing repository as it is (None removes it); no checks are made."""
        raise NotImplementedError

    def role_session(self, role_arn: str, session_name: str, duration: int) -> Credentials:
        """Make credentials for a session of an existing role, valid for ``duration`` seconds; nothing is checked."""
        raise NotImplementedError

    def changed(self) -> None:
        """Write what has changed to disk, now. The gateway calls this after every successful call that may change."""
        raise NotImplementedError


__all__ = ["Embedded", "ServiceError"]
