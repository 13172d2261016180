"""Trying an image before any AWS, as the article does with ``docker run -p 9000:8080`` and curl.

AWS's base images contain the Runtime Interface Emulator, which answers ``POST
/2015-03-31/functions/function/invocations`` (Lambda Developer Guide, "Testing Lambda container images locally"). This
module answers the same path with the same statuses and texts: an error of the handler is HTTP 200 with the error as
the body, a process that ends or does not start is 502, a timeout is 200 with a sentence. One thing is better here: the
emulator's 502 is empty for a process that ends before its first event, the lab's says how it ended.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from labkit.ground import addresses
from labkit.ground.files import discard
from labkit.image.format.errors import ImageError
from labkit.image.format.image import Image
from labkit.image.run.confinement import private_places
from labkit.image.run.filesystem import unpack
from labkit.image.run.function import RunnableFunction
from labkit.image.run.interpreter import InterpreterProcess
from labkit.image.run.loopback import Answer, LoopbackServer
from labkit.image.run.process import FunctionProcess
from labkit.image.run.result import InvocationOutcome, InvocationResult
from labkit.image.run.runtime import Sandbox, Start

PATH = "/2015-03-31/functions/function/invocations"
"""The one path that the emulator answers."""

_TEXT = {"Content-Type": "text/plain; charset=utf-8"}
TIMEOUT, MEMORY = 300, 3008
"""The emulator's own defaults, in seconds and MB."""

_STATUS = {
    InvocationOutcome.INIT_ERROR: 502,
    InvocationOutcome.EXITED: 502,
    InvocationOutcome.TOO_LARGE: 502,
    InvocationOutcome.NOT_STARTED: 502,
}


def _unwritten(_log: bytes) -> None:
    """Where nobody reads the log."""


class Asked(Protocol):
    """A request as far as the emulator looks at it: ``command`` is its method."""

    @property
    def command(self) -> str:
        """Return the method, such as ``POST``."""

    @property
    def path(self) -> str:
        """Return the path with its query."""

    def read_body(self) -> bytes | None:
        """Return the whole body."""


def emulate(sandbox: Sandbox, request: Asked, write: Callable[[bytes], None] = _unwritten) -> Answer | None:
    """Answer one request as the emulator does; ``write`` gets the invocation's log. None: the sandbox was closed."""
    payload = request.read_body() or b""
    if request.path != PATH:
        return 404, _TEXT, b"404 page not found\n"
    if request.command != "POST":
        return 405, _TEXT, b"405 method not allowed\n"
    try:
        result = sandbox.invoke(payload)
    except ImageError:  # closed while the request was on its way
        return None
    write(result.log)
    if result.outcome is InvocationOutcome.TIMED_OUT:
        return 200, _TEXT, f"Task timed out after {sandbox.function.timeout:.2f} seconds".encode()
    return _STATUS.get(result.outcome, 200), _TEXT, result.payload


@dataclass(frozen=True)
class _Here:
    """A request of this process to itself."""

    command: str
    path: str
    body: bytes

    def read_body(self) -> bytes:
        return self.body


class LocalFunction:
    """An image's function behind the emulator's URL on this machine; made by :func:`run_locally`."""

    def __init__(self, image: Image, port: int, timeout: float, in_process: bool) -> None:
        folder = Path(tempfile.mkdtemp(prefix="labkit-image-"))
        with ExitStack() as undo:
            undo.callback(discard, folder)
            unpack(image.layers, folder)
            hidden = () if in_process else private_places()
            function = RunnableFunction(folder, image.config, timeout=timeout, memory=MEMORY, hidden=hidden)
            start: Start = InterpreterProcess if in_process else FunctionProcess
            self._sandbox = undo.enter_context(Sandbox(function, start))
            self._address = self._answered_here(undo) if in_process else self._listened_at(port, undo)
            self._undo = undo.pop_all()

    def _listened_at(self, port: int, undo: ExitStack) -> str:
        server = LoopbackServer(lambda request: emulate(self._sandbox, request), port)
        undo.callback(server.close)
        return server.address

    def _answered_here(self, undo: ExitStack) -> str:
        address = addresses.free_address()
        addresses.answer_at(address, self._application)
        undo.callback(addresses.leave, address)
        return address

    def _application(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        asked = _Here(environ["REQUEST_METHOD"], environ["REQUEST_URI"], environ["wsgi.input"].read())
        status, headers, body = emulate(self._sandbox, asked) or (502, _TEXT, b"")
        start_response(f"{status} {HTTPStatus(status).phrase}", list(headers.items()))
        return [body]

    @property
    def url(self) -> str:
        """Return the URL to post an event to."""
        return f"http://{self._address}{PATH}"

    @property
    def interpreter(self) -> str:
        """Return which Python runs the handler, in words."""
        return self._sandbox.interpreter

    def invoke(self, payload: bytes = b"{}") -> InvocationResult:
        """Run the handler without HTTP; see :meth:`labkit.image.run.runtime.Sandbox.invoke`."""
        return self._sandbox.invoke(payload)

    def close(self) -> None:
        """End the process, free the port and remove the unpacked image."""
        self._undo.close()

    def __enter__(self) -> LocalFunction:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def run_locally(
    image: Image, port: int = 0, timeout: float = TIMEOUT, in_process: bool = sys.platform == "emscripten"
) -> LocalFunction:
    """Serve ``image`` on 127.0.0.1 until the returned context manager is left; port 0 takes a free one.

    ``timeout`` is the function's, in seconds. ``in_process`` runs the handler in this interpreter, at an address that
    this process alone reaches (:mod:`labkit.ground.addresses`): no socket, no timeout and no isolation. Raises
    :class:`labkit.errors.UsageError` when the port is in use.
    """
    return LocalFunction(image, port, timeout, in_process)
