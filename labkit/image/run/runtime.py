"""An execution environment: one process that runs a function's handler, one invocation at a time.

A :class:`Sandbox` is what Lambda calls an execution environment (Lambda Developer Guide, "Understanding the Lambda
execution environment lifecycle"). The first invocation starts the process (cold), later ones reuse it (warm). A
handler that raises keeps its environment; a process that ends, times out, fails to start or answers too much loses
it, and the next invocation is cold again. A process that died between two invocations is replaced without a word.

What runs the handler is a :class:`Process`. Without a container engine it is
:class:`~labkit.image.run.process.FunctionProcess`, whose isolation is that of a process: the handler runs as the user
of the lab and can read what that user can read. It is the reader's own code, and nothing of the lab's environment is
passed on to it. Where there are no processes, it is :class:`~labkit.image.run.interpreter.InterpreterProcess`, which
isolates nothing.
"""

from __future__ import annotations

import sys
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import TracebackType
from typing import Protocol

from labkit.image.format.errors import ImageError
from labkit.image.run.function import Fault, RunnableFunction
from labkit.image.run.interpreter import InterpreterProcess
from labkit.image.run.process import FunctionProcess
from labkit.image.run.result import (
    Ending,
    InvocationOutcome,
    InvocationResult,
    exited,
    host_error,
    report,
    timed_out,
    too_large,
)
from labkit.image.run.runtime_api import RESPONSE_LIMIT, InvocationRequest, ProcessEvent, ProcessEventKind

INIT_LIMIT = 10.0
"""Seconds that a function may take to start, in which its own timeout does not count yet (same page)."""

_LOST = frozenset(
    {InvocationOutcome.INIT_ERROR, InvocationOutcome.EXITED, InvocationOutcome.TIMED_OUT, InvocationOutcome.TOO_LARGE}
)


class EventApi(Protocol):
    """Where events are delivered, as `labkit.image.run.runtime_api.RuntimeApi` does it."""

    def deliver(self, invocation: InvocationRequest) -> None:
        """Hand an event to the process that is waiting for one."""

    def next_event(self, seconds: float) -> ProcessEvent | None:
        """Wait for what happens next; None when nothing has happened for ``seconds``."""


class Process(Protocol):
    """What a sandbox runs: it gets events from its ``api`` and can be ended. :meth:`close` may follow on anything."""

    @property
    def api(self) -> EventApi:
        """Return where its events are delivered and what happens is told."""

    @property
    def pid(self) -> int:
        """Return the process id."""

    @property
    def is_waiting(self) -> bool:
        """Tell whether the process, READY once, still waits for an event."""

    def output(self) -> bytes:
        """Return what the process has written since the last call."""

    def forget_output(self) -> None:
        """Leave what has been written so far out of what :meth:`output` returns."""

    def peak_memory(self) -> int | None:
        """Return the most memory used so far in MB, where the system tells."""

    def kill(self) -> None:
        """End the process at once."""

    def close(self) -> None:
        """End the process and remove what belonged to it."""


Start = Callable[[RunnableFunction], Process]
"""Starts a process for a function; raises :class:`~labkit.image.run.function.Fault` for what cannot be started."""

OWN_START: Start = InterpreterProcess if sys.platform == "emscripten" else FunctionProcess
"""How a handler is started without a container engine: in a process, or where there are none in this interpreter."""


class Sandbox:
    """Runs one function. Use it as a context manager, or :meth:`close` it. ``start`` makes what the handler runs in.

    Safe to use from several threads; invocations wait for each other (see :mod:`labkit.image.run.pool` for many at
    once).
    """

    def __init__(self, function: RunnableFunction, start: Start = OWN_START) -> None:
        self.function = function
        self._new_process = start
        self._process: Process | None = None
        self._lock = threading.Lock()
        self._closed = False

    @property
    def interpreter(self) -> str:
        """Return which Python runs the handler, in words."""
        return self.function.interpreter

    @property
    def pid(self) -> int | None:
        """Return the process id of the warm process, None when the next invocation will be cold."""
        return self._process.pid if self._process else None

    def invoke(
        self,
        payload: bytes,
        request_id: str | None = None,
        headers: Mapping[str, str] | None = None,
        log: bool = True,
    ) -> InvocationResult:
        """Run the handler once and return what Lambda's Invoke would.

        An empty ``payload`` is ``{}``. ``headers`` are further headers of the Runtime API, such as
        ``Lambda-Runtime-Client-Context`` and ``Lambda-Runtime-Trace-Id``. Without ``log`` the result's is empty. What
        goes wrong in the function is a result, not an exception; raises :class:`ImageError` only after :meth:`close`
        and for a header or request id that is not printable ASCII.
        """
        invocation = InvocationRequest(request_id or str(uuid.uuid4()), headers or {}, payload or b"{}")
        with self._lock:
            try:
                return self._invoke(invocation, log)
            except Fault as fault:
                self._stop()
                return self._not_started(invocation.request_id, fault)

    def close(self) -> None:
        """End the process at once, also in the middle of an invocation; later calls do nothing."""
        self._closed = True
        if process := self._process:
            process.kill()
        with self._lock:
            self._stop()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _invoke(self, invocation: InvocationRequest, wanted: bool) -> InvocationResult:
        request_id = invocation.request_id
        process, event, init_ms = self._ready()
        log = process.output() if wanted and init_ms is not None else b""
        began = time.perf_counter()
        if event and event.kind is ProcessEventKind.READY:
            process.api.deliver(replace(invocation, headers=self._headers() | dict(invocation.headers)))
            event = process.api.next_event(self.function.timeout)
            ending = self._ending(request_id, event, self.function.timeout)
        else:
            ending = self._ending(request_id, event, INIT_LIMIT)
        duration_ms = (time.perf_counter() - began) * 1000
        peak = process.peak_memory() if wanted else None
        if ending.outcome in _LOST:
            process.kill()
        if wanted:
            lines = f"START RequestId: {request_id} Version: {self.function.version}\n".encode()
            log = self.function.as_in_image(log + lines + process.output()) + ending.log.encode()
            log += report(request_id, ending, duration_ms, init_ms, self.function.memory, peak).encode()
        else:
            process.forget_output()
        if ending.outcome in _LOST:
            self._stop()
        return InvocationResult(request_id, ending.outcome, ending.payload, log, duration_ms, init_ms)

    def _ready(self) -> tuple[Process, ProcessEvent | None, float | None]:
        """Return a process with its first event, READY unless it failed, and how long it took to start (cold)."""
        if self._process:
            event = self._process.api.next_event(self.function.timeout)
            if event and event.kind is ProcessEventKind.READY and self._process.is_waiting:
                return self._process, event, None
            self._stop()
        began = time.perf_counter()
        process = self._start()
        event = process.api.next_event(INIT_LIMIT)
        return process, event, (time.perf_counter() - began) * 1000

    def _start(self) -> Process:
        if self._closed:
            raise ImageError(f"The environment of the function {self.function.name} is closed.")
        process = self._process = self._new_process(self.function)
        if self._closed:  # close() may have looked just before there was a process
            process.kill()
        return process

    def _stop(self) -> None:
        if self._process:
            self._process.close()
            self._process = None

    def _headers(self) -> dict[str, str]:
        deadline = int((time.time() + self.function.timeout) * 1000)
        now = f"{int(time.time()):08x}"
        return {
            "Lambda-Runtime-Deadline-Ms": str(deadline),
            "Lambda-Runtime-Invoked-Function-Arn": self.function.arn,
            "Lambda-Runtime-Trace-Id": f"Root=1-{now}-{uuid.uuid4().hex[:24]};Parent={uuid.uuid4().hex[:16]};Sampled=0",
        }

    def _ending(self, request_id: str, event: ProcessEvent | None, seconds: float) -> Ending:
        if event is None:
            return timed_out(request_id, seconds)
        match event.kind:
            case ProcessEventKind.EXITED:
                return exited(request_id, event.code)
            case ProcessEventKind.ANSWERED_TOO_MUCH:
                return too_large(RESPONSE_LIMIT)
            case ProcessEventKind.NOT_EXECUTABLE:
                raise Fault("Runtime.InvalidEntrypoint", event.body.decode())
        outcome = _POSTED[event.kind]
        return Ending(
            outcome, event.body if outcome is InvocationOutcome.ANSWERED else self.function.as_in_image(event.body)
        )

    def _not_started(self, request_id: str, fault: Fault) -> InvocationResult:
        ending = host_error(
            InvocationOutcome.NOT_STARTED, fault.error_type, f"RequestId: {request_id} Error: {fault}", fault.log
        )
        log = f"START RequestId: {request_id} Version: {self.function.version}\n{ending.log}{fault.error_type}\n"
        log += report(request_id, ending, 0.0, None, self.function.memory, None)
        return InvocationResult(
            request_id, ending.outcome, ending.payload, log.encode(errors="backslashreplace"), 0.0, None
        )


_POSTED = {
    ProcessEventKind.ANSWERED: InvocationOutcome.ANSWERED,
    ProcessEventKind.FAILED: InvocationOutcome.HANDLER_ERROR,
    ProcessEventKind.FAILED_TO_INIT: InvocationOutcome.INIT_ERROR,
}
