"""Lambda's Runtime API for one process: where awslambdaric gets events and leaves answers.

The four paths of the Lambda Developer Guide's "Using the Lambda runtime API for custom runtimes", version 2018-06-01.
Everything that happens, the process's own end included, becomes one :class:`ProcessEvent` in one queue, in the order in
which it happened; the sandbox waits for the next one and decides. Every process gets an API of its own, so a poll
that a dead process has left hanging can never swallow the next event.
"""

from __future__ import annotations

import enum
import queue
import selectors
import socket
from collections.abc import Mapping
from dataclasses import dataclass

from labkit.image.format.errors import ImageError
from labkit.image.run.loopback import Answer, LoopbackServer, RequestHandler

RESPONSE_LIMIT = 6 * 1024**2 + 100
"""Most bytes a handler may answer (6,291,556; the number in Lambda's own error message)."""

_PREFIX = "/2018-06-01/runtime/"
_JSON = {"Content-Type": "application/json"}
_ACCEPTED: Answer = (202, _JSON, b'{"status":"OK"}\n')


class ProcessEventKind(enum.Enum):
    """What has happened to a function's process."""

    READY = enum.auto()
    ANSWERED = enum.auto()
    FAILED = enum.auto()
    FAILED_TO_INIT = enum.auto()
    ANSWERED_TOO_MUCH = enum.auto()
    EXITED = enum.auto()
    NOT_EXECUTABLE = enum.auto()


@dataclass(frozen=True)
class ProcessEvent:
    """Something that happened: the posted ``body``, or the exit ``code`` (negative: the signal that ended it).

    The ``body`` of NOT_EXECUTABLE is the system's reason why the entrypoint cannot be executed.
    """

    kind: ProcessEventKind
    body: bytes = b""
    code: int = 0


@dataclass(frozen=True)
class InvocationRequest:
    """One event for the handler: its request id, the headers that go with it and the payload.

    Raises :class:`ImageError` for a header value that HTTP could not carry as it is.
    """

    request_id: str
    headers: Mapping[str, str]
    payload: bytes

    def __post_init__(self) -> None:
        for name, value in {"request id": self.request_id, **self.headers}.items():
            if not (value.isascii() and value.isprintable()):
                raise ImageError(f"The {name} {value!r} of an invocation must be printable ASCII.")


class RuntimeApi:
    """The Runtime API of one process; ``address`` is its ``AWS_LAMBDA_RUNTIME_API``.

    ``user`` is the id of the user that the process runs as, where it is not the lab's own.
    """

    def __init__(self, user: int | None = None) -> None:
        self.events: queue.SimpleQueue[ProcessEvent] = queue.SimpleQueue()
        self._invocations: queue.SimpleQueue[InvocationRequest | None] = queue.SimpleQueue()
        self._current = ""
        self._poller: socket.socket | None = None
        self._server = LoopbackServer(self._answer, user=user)
        self.address = self._server.address

    def deliver(self, invocation: InvocationRequest) -> None:
        """Hand an event to the process that is waiting for one (a READY event has told so)."""
        self._current = invocation.request_id
        self._invocations.put(invocation)

    def next_event(self, seconds: float) -> ProcessEvent | None:
        """Wait for what happens next; None when nothing has happened for ``seconds``."""
        try:
            return self.events.get(timeout=seconds)
        except queue.Empty:
            return None

    @property
    def is_polled(self) -> bool:
        """Tell whether the process that was READY still waits: its connection has nothing to read, not even an end."""
        with selectors.DefaultSelector() as selector:
            if self._poller is None or self._poller.fileno() < 0:
                return False
            selector.register(self._poller, selectors.EVENT_READ)
            return not selector.select(0)

    def close(self) -> None:
        """End the connections; the process ends itself when it notices."""
        self._invocations.put(None)
        self._server.close()

    def _answer(self, request: RequestHandler) -> Answer | None:
        match request.command, request.path.removeprefix(_PREFIX).split("/"):
            case "GET", ["", "lifeline"]:
                request.connection.recv(1)
                return None
            case "GET", ["invocation", "next"]:
                return self._next(request)
            case "POST", ["init", "error"]:
                return self._posted(ProcessEventKind.FAILED_TO_INIT, request.read_body() or b"")
            case "POST", ["invocation", request_id, "response"] if request_id == self._current:
                return self._response(request)
            case "POST", ["invocation", request_id, "error"] if request_id == self._current:
                return self._posted(ProcessEventKind.FAILED, request.read_body() or b"")
        request.read_body()
        return 400, _JSON, b'{"errorType":"InvalidRequestID","errorMessage":"Invalid request ID"}\n'

    def _next(self, request: RequestHandler) -> Answer | None:
        self._poller = request.connection
        self.events.put(ProcessEvent(ProcessEventKind.READY))
        invocation = self._invocations.get()
        if invocation is None:
            return None
        headers = {"Lambda-Runtime-Aws-Request-Id": invocation.request_id, **_JSON, **invocation.headers}
        return 200, headers, invocation.payload

    def _response(self, request: RequestHandler) -> Answer:
        body = request.read_body(RESPONSE_LIMIT)
        if body is not None:
            return self._posted(ProcessEventKind.ANSWERED, body)
        self.events.put(ProcessEvent(ProcessEventKind.ANSWERED_TOO_MUCH))
        return 413, _JSON, b'{"errorType":"RequestEntityTooLarge"}\n'

    def _posted(self, kind: ProcessEventKind, body: bytes) -> Answer:
        self._current = ""
        self.events.put(ProcessEvent(kind, body))
        return _ACCEPTED
