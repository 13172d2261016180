"""The warm processes of functions: one pool for each version of a function, as its code and configuration are.

A function that has been changed gets a new pool with its next invocation; what still runs in the old one is
finished first. Deleting a function or closing the lab ends its processes at once. The credentials of the execution
role are part of a pool's environment, so a pool is also replaced before they expire.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, wait
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from labkit.ground.threads import executor
from labkit.image.run.pool import SandboxPool
from labkit.image.run.result import InvocationResult

_LOG = logging.getLogger(__name__)

Build = Callable[[], tuple[SandboxPool, datetime]]
"""Makes a pool; the datetime is when the credentials in its environment expire."""


@dataclass
class _Lease:
    version: str
    pool: SandboxPool
    expires: datetime
    users: int = 0
    retired: bool = False


def _logged(work: Callable[[], object]) -> None:
    try:
        work()
    except Exception:
        _LOG.exception("an event in the background failed")


class NoneLeft(Exception):  # noqa: N818 - what Lambda calls throttled
    """As many invocations of a function are running as are reserved for it."""


class Environments:
    """The pools of all versions of functions, by the ARN of the version."""

    def __init__(self) -> None:
        self._leases: dict[str, _Lease] = {}
        self._running: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._background = executor(4, "event")
        self._begun: set[Future[None]] = set()

    def later(self, work: Callable[[], object], at_once: bool = False) -> None:
        """Do something in the background, or ``at_once``; its result is dropped, and the log says what it raised."""
        if at_once:
            _logged(work)
        else:
            begun = self._background.submit(_logged, work)
            self._begun.add(begun)
            begun.add_done_callback(self._begun.discard)

    def settle(self) -> None:
        """Wait until everything that was begun in the background has ended."""
        while begun := set(self._begun):
            wait(begun)
            self._begun -= begun

    @contextmanager
    def within(self, arn: str, reserved: int | None) -> Iterator[None]:
        """Count an invocation of the function, whichever version, as long as the context lasts.

        Raises NoneLeft where as many as are ``reserved`` run already; None is no limit.
        """
        with self._lock:
            if reserved is not None and self._running[arn] >= reserved:
                raise NoneLeft
            self._running[arn] += 1
        try:
            yield
        finally:
            with self._lock:
                self._running[arn] -= 1
                self._running = +self._running

    def invoke(
        self,
        arn: str,
        version: str,
        good_until: datetime,
        build: Build,
        event: tuple[bytes, str, Mapping[str, str], bool],
    ) -> tuple[InvocationResult, str]:
        """Run one event and return its result and the interpreter that ran it.

        An event is its payload, its request id, its headers, and whether its log is wanted.

        ``build`` is called where there is no pool of this ``version`` whose credentials work beyond ``good_until``.
        Raises what `SandboxPool.invoke` raises.
        """
        lease = self._take(arn, version, good_until, build)
        try:
            return lease.pool.invoke(*event), lease.pool.interpreter
        finally:
            self._give_back(lease)

    def stop(self, arn: str) -> None:
        """End the processes of a function at once."""
        with self._lock:
            lease = self._leases.pop(arn, None)
        if lease is not None:
            lease.pool.close()

    def retire(self, arn: str) -> None:
        """End the processes of a function when they have finished what they are doing."""
        with self._lock:
            lease = self._leases.pop(arn, None)
            if lease is None:
                return
            lease.retired = True
            busy = lease.users > 0
        if not busy:
            lease.pool.close()

    def retire_all(self) -> None:
        """End the processes of all functions when they have finished what they are doing."""
        for arn in list(self._leases):
            self.retire(arn)

    def close(self) -> None:
        """End all processes at once; what waits for the background is dropped."""
        self._background.shutdown(wait=False, cancel_futures=True)
        for arn in list(self._leases):
            self.stop(arn)

    def _take(self, arn: str, version: str, good_until: datetime, build: Build) -> _Lease:
        with self._lock:
            lease = self._leases.get(arn)
            if lease is not None and lease.version == version and lease.expires > good_until:
                lease.users += 1
                return lease
        self.retire(arn)
        pool, expires = build()
        with self._lock:
            current = self._leases.setdefault(arn, _Lease(version, pool, expires))
            current.users += 1
        if current.pool is not pool:  # another thread was quicker
            pool.close()
        return current

    def _give_back(self, lease: _Lease) -> None:
        with self._lock:
            lease.users -= 1
            over = lease.retired and lease.users == 0
        if over:
            lease.pool.close()
