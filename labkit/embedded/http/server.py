"""The process of the embedded AWS: an HTTP server on the loopback in front of the gateway, from start to a clean stop.

The port of the last start is taken again if it is free, so that clients in a running kernel go on working.
"""

from __future__ import annotations

import contextlib
import gc
import os
import secrets
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import h11

from labkit.embedded.core import Embedded
from labkit.embedded.http.control import Control
from labkit.embedded.http.gateway import Gateway
from labkit.embedded.http.http_server import HttpServer
from labkit.embedded.state.runtime import Runtime, last_port, only_one, write_runtime
from labkit.errors import EmbeddedError
from labkit.ground.files import sweep
from labkit.ground.home import Home, open_home

SERVER = f"h11 {h11.__version__}"  # type: ignore[attr-defined]
"""What reads and writes HTTP."""
_HOST = "127.0.0.1"
# Those in which only this process writes.
_DIRECTORIES = ("aws", "embedded")


def run(root: Path, port: int | None, ready: Callable[[str], None]) -> None:
    """Serve the lab home ``root`` until told to stop.

    ``ready`` is called with the endpoint once it is listened on. Raises `UsageError` or `EmbeddedError` when it cannot
    be served, before anything is changed.
    """
    home = open_home(root)
    with only_one(home), _listening(home, port) as listener:
        for directory in _DIRECTORIES:
            sweep(home.root / directory)
        stopped = threading.Event()
        runtime = Runtime(os.getpid(), listener.getsockname()[1], secrets.token_urlsafe(32))
        embedded = Embedded(home, endpoint=runtime.endpoint)
        embedded.begin()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopped.set())
        gateway = Gateway(embedded, Control(embedded, runtime.token, stopped.set, SERVER))
        with HttpServer(gateway, listener).open():
            write_runtime(home, runtime)
            ready(runtime.endpoint)
            threading.Thread(target=_tidy, args=(embedded,), daemon=True).start()
            writer = threading.Thread(target=embedded.events.keep_written, args=(stopped,), daemon=True)
            writer.start()
            stopped.wait()
            embedded.events.end(stopped)
            writer.join()
            home.runtime.unlink(missing_ok=True)
        embedded.close()


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
        listener.listen()
    except (OSError, OverflowError) as error:
        listener.close()
        reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
        raise EmbeddedError(
            f"The port {port} cannot be listened on ({reason}). Choose another one, or none to take a free one."
        ) from None
    return listener


def _tidy(embedded: Embedded) -> None:
    """What can wait until the lab can be reached: collect what is of no use, remove what a killed process has left."""
    embedded.tidy()
    gc.freeze()  # what is loaded now stays for good; the collector need not look at it again
