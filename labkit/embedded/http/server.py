"""The process of the embedded AWS: cheroot on the loopback in front of the gateway, from start to a clean stop.

The port of the last start is taken again if it is free, so that clients in a running kernel go on working.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import secrets
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from cheroot.server import HeaderReader, HTTPRequest, comma_separated_headers  # type: ignore[attr-defined]
from cheroot.wsgi import Server
from filelock import FileLock, Timeout

from labkit.embedded.core import Embedded
from labkit.embedded.http.connection import Connection
from labkit.embedded.http.control import Control
from labkit.embedded.http.gateway import Gateway
from labkit.embedded.protocol.slow_clients import MOST_WAITED_FOR
from labkit.embedded.state.runtime import Runtime, last_port, read_runtime, write_runtime
from labkit.errors import EmbeddedError
from labkit.ground.files import sweep
from labkit.ground.home import Home, open_home

_LOG = logging.getLogger(__name__)
_HOST = "127.0.0.1"
_THREADS = 2 * MOST_WAITED_FOR
_LONGEST_HEAD = 1 << 17  # bytes of a request line and its headers
# Those in which only this process writes.
_DIRECTORIES = ("aws", "embedded")
_LOCK_PATIENCE = 2.0  # seconds, in which a process that is just ending lets go


class _Headers(dict[bytes, bytes]):
    """Headers that stand once, unless they are lists; of two, cheroot would take the last."""

    def __setitem__(self, name: bytes, value: bytes) -> None:
        if name in self and name not in comma_separated_headers:
            raise ValueError("A header is given twice.")
        super().__setitem__(name, value)


class _HeaderReader(HeaderReader):
    """Drops header names with an underscore, which WSGI would read as if it were a dash; refuses two readings."""

    def __call__(self, rfile: Any, hdict: dict[bytes, bytes] | None = None) -> dict[bytes, bytes]:
        headers = _Headers()
        super().__call__(rfile, headers)
        if b"Transfer-Encoding" in headers and b"Content-Length" in headers:
            raise ValueError("The length of the body is given twice.")
        if hdict is not None:
            hdict.update(headers)
        return headers

    def _allow_header(self, key_name: bytes) -> bool:
        return b"_" not in key_name


HTTPRequest.header_reader = _HeaderReader()


def run(root: Path, port: int | None, ready: Callable[[str], None]) -> None:
    """Serve the lab home ``root`` until told to stop.

    ``ready`` is called with the endpoint once it is listened on. Raises `UsageError` or `EmbeddedError` when it cannot
    be served, before anything is changed.
    """
    home = open_home(root)
    with _only_one(home), _listening(home, port) as listener:
        for directory in _DIRECTORIES:
            sweep(home.root / directory)
        stopped = threading.Event()
        runtime = Runtime(os.getpid(), listener.getsockname()[1], secrets.token_urlsafe(32))
        embedded = Embedded(home, endpoint=runtime.endpoint)
        embedded.begin()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopped.set())
        gateway = Gateway(embedded, Control(embedded, runtime.token, stopped.set))
        with _serving(gateway, listener):
            write_runtime(home, runtime)
            ready(runtime.endpoint)
            threading.Thread(target=_tidy, args=(embedded,), daemon=True).start()
            stopped.wait()
            home.runtime.unlink(missing_ok=True)
        embedded.close()


@contextlib.contextmanager
def _only_one(home: Home) -> Iterator[None]:
    lock = FileLock(home.server_lock, mode=0o600)
    try:
        with lock.acquire(timeout=_LOCK_PATIENCE):
            yield
    except Timeout:
        runtime = read_runtime(home)
        where = f" at {runtime.endpoint}" if runtime else ""
        raise EmbeddedError(
            f"The lab home {home.root} is already served{where}. Use that one, or stop it first."
        ) from None


@contextlib.contextmanager
def _listening(home: Home, port: int | None) -> Iterator[socket.socket]:
    with contextlib.closing(_bind(port) if port is not None else _bind_sticky(home)) as listener:
        yield listener


def _bind_sticky(home: Home) -> socket.socket:
    with contextlib.suppress(EmbeddedError):
        return _bind(last_port(home) or 0)
    return _bind(0)


def _bind(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        listener.bind((_HOST, port))
        listener.listen(128)
    except (OSError, OverflowError) as error:
        listener.close()
        reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
        raise EmbeddedError(
            f"The port {port} cannot be listened on ({reason}). Choose another one, or none to take a free one."
        ) from None
    return listener


class _Server(Server):
    """cheroot on a socket that is already listening."""

    ConnectionClass = Connection

    def __init__(self, app: Gateway, listener: socket.socket) -> None:
        super().__init__(listener.getsockname(), app, numthreads=_THREADS, server_name="labkit", shutdown_timeout=2)
        self._listener = listener
        self.keep_alive_conn_limit = 256
        self.max_request_header_size = _LONGEST_HEAD

    def bind(self, family: int, type: int, proto: int = 0) -> socket.socket:
        self.socket = self._listener
        self.bind_addr = self._listener.getsockname()
        return self._listener

    def error_log(self, msg: str = "", level: int = 20, traceback: bool = False) -> None:
        _LOG.log(level, msg, exc_info=traceback)


@contextlib.contextmanager
def _serving(gateway: Gateway, listener: socket.socket) -> Iterator[None]:
    server = _Server(gateway, listener)
    server.prepare()
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.stop()
        thread.join()


def _tidy(embedded: Embedded) -> None:
    """What can wait until the lab can be reached: collect what is of no use, remove what a killed process has left."""
    embedded.tidy()
    gc.freeze()  # what is loaded now stays for good; the collector need not look at it again
