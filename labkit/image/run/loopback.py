"""A small HTTP server on 127.0.0.1 for the Runtime API and for trying an image locally.

One thread per connection on :mod:`http.server`'s request parsing. Unlike :class:`socketserver.TCPServer` it closes at
once (no polling interval) and takes its open connections with it, which is how a function's process learns that its
host is gone. Where the system tells who connects (Linux), other users of the machine are turned away: nobody else can
fetch a function's events.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

from labkit.errors import UsageError
from labkit.image.run.peers import user_of

Answer = tuple[int, dict[str, str], bytes]
"""HTTP status, headers (Content-Length is added), body."""


class RequestHandler(BaseHTTPRequestHandler):
    """One connection: each request is handed to the server's ``answer`` function.

    ``read_body`` reads what was sent; with a ``limit`` in bytes it reads on past it but keeps nothing and returns None.
    """

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # with Nagle's algorithm an answer in two parts waits 40 ms
    wbufsize = -1
    server: LoopbackServer  # type: ignore[assignment]

    def read_body(self, limit: int | None = None) -> bytes | None:
        """Return the request's body, or None when it has more than ``limit`` bytes."""
        left = int(self.headers.get("Content-Length") or 0)
        pieces: list[bytes] | None = [] if limit is None or left <= limit else None
        while left and (piece := self.rfile.read(min(left, 1 << 20))):
            left -= len(piece)
            if pieces is not None:
                pieces.append(piece)
        return None if pieces is None else b"".join(pieces)

    def _respond(self) -> None:
        if not self.headers.get("Content-Length", "0").isdecimal() or "Transfer-Encoding" in self.headers:
            self.send_error(411, "A Content-Length is needed")
            self.close_connection = True
            return
        answer = self.server.answer(self)
        if answer is None:
            self.close_connection = True
            return
        status, headers, body = answer
        self.send_response_only(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        """Answer a GET."""
        self._respond()

    def do_POST(self) -> None:
        """Answer a POST."""
        self._respond()

    def log_message(self, format: str, *args: Any) -> None:
        """Write nothing: standard error belongs to the lab."""


class LoopbackServer:
    """Serves ``answer`` on 127.0.0.1 from construction to :meth:`close`.

    ``answer`` takes the request handler and returns an :data:`Answer`, or None to close the connection.
    ``user`` is the id of a further user who is let in. Raises :class:`UsageError` when ``port`` is in use; 0 takes a
    free one.
    """

    def __init__(
        self, answer: Callable[[RequestHandler], Answer | None], port: int = 0, user: int | None = None
    ) -> None:
        self.answer = answer
        self._users = (os.getuid() if hasattr(os, "getuid") else 0, 0, user)
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._closed = False
        self._listener = _listen(port)
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True, name=f"loopback-{self.port}")
        self._thread.start()

    @property
    def address(self) -> str:
        """Return ``127.0.0.1:PORT``."""
        return f"127.0.0.1:{self.port}"

    def close(self) -> None:
        """Stop listening and end every connection; later calls do nothing."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            connections = list(self._open)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        # A connection of its own is what wakes accept() on every operating system.
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port)).close()
        self._thread.join()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            connection, client = self._listener.accept()
            with self._lock:
                if self._closed:
                    connection.close()
                    return
                self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection, client), daemon=True).start()

    def _serve(self, connection: socket.socket, client: Any) -> None:
        with connection, contextlib.suppress(OSError):
            user = user_of(client[1], self.port)
            if user is None or user in self._users:
                RequestHandler(connection, client, self)  # type: ignore[arg-type]
        with self._lock:
            self._open.discard(connection)


def _listen(port: int) -> socket.socket:
    try:
        return socket.create_server(("127.0.0.1", port), backlog=16)
    except (OSError, OverflowError) as error:
        if isinstance(error, OSError) and error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        raise UsageError(f"Port {port} on 127.0.0.1 is in use or not allowed; choose another one.") from error
