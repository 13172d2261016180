"""Many invocations of one function at once: as many execution environments as calls, up to a limit.

As on Lambda, an environment runs one invocation at a time; a call takes an idle environment or starts a new one, and
beyond the limit it is throttled (Lambda Developer Guide, "Understanding Lambda function scaling"). Not as there, of the
idle ones only that used last stays, since each takes its share of the reader's machine.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping

from labkit.image.format.errors import ImageError, Throttled
from labkit.image.run.function import RunnableFunction
from labkit.image.run.result import InvocationResult
from labkit.image.run.runtime import OWN_START, Sandbox, Start

LIMIT = 10
"""Environments of one function at a time: the lab's own number."""


class SandboxPool:
    """The execution environments of one function version; ``start`` makes what a handler runs in."""

    def __init__(self, function: RunnableFunction, limit: int = LIMIT, start: Start = OWN_START) -> None:
        self.function = function
        self._start = start
        self.limit = limit
        self._lock = threading.Lock()
        self._all: set[Sandbox] = set()
        self._idle: Sandbox | None = None
        self._closed = False

    @property
    def interpreter(self) -> str:
        """Return which Python runs the handler, in words."""
        return self.function.interpreter

    def invoke(
        self,
        payload: bytes,
        request_id: str | None = None,
        headers: Mapping[str, str] | None = None,
        log: bool = True,
    ) -> InvocationResult:
        """Invoke as :meth:`labkit.image.run.runtime.Sandbox.invoke` does, in a free environment.

        Raises :class:`Throttled` when all are busy and :class:`ImageError` after :meth:`close`.
        """
        sandbox = self._take()
        try:
            return sandbox.invoke(payload, request_id, headers, log)
        finally:
            self._give_back(sandbox)

    def close(self) -> None:
        """End all environments, also those in the middle of an invocation; later calls do nothing."""
        with self._lock:
            self._closed = True
            sandboxes = list(self._all)
            self._all.clear()
        for sandbox in sandboxes:
            sandbox.close()

    def _take(self) -> Sandbox:
        with self._lock:
            if self._closed:
                raise ImageError(f"The function {self.function.name} is not running any more.")
            if self._idle:
                sandbox, self._idle = self._idle, None
                return sandbox
            if len(self._all) >= self.limit:
                raise Throttled(self.limit)
            sandbox = Sandbox(self.function, self._start)
            self._all.add(sandbox)
            return sandbox

    def _give_back(self, sandbox: Sandbox) -> None:
        with self._lock:
            surplus, self._idle = self._idle, sandbox
            if surplus:
                self._all.discard(surplus)
        if surplus:
            surplus.close()
