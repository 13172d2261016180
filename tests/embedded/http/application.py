"""An application for tests of the HTTP server, and what its clients say: answers by the path of a request."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Callable
from pathlib import Path

from labkit.embedded.protocol.wire import Exchange, HttpAnswer, HttpRequest, Stretch, gathered, text_answer

MIB = 1 << 20
LARGE = 24 * MIB  # more than sockets hold
TIMEOUT = 60.0


class WatchedStretch(Stretch):
    """A file on its way to a client; says when it is closed."""

    def __init__(self, path: Path, closed: threading.Event) -> None:
        super().__init__(path)
        self._closed = closed

    def close(self) -> None:
        super().close()
        self._closed.set()


class Application:
    """Answers by the path of a request."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.working, self.may_answer, self.closed = threading.Event(), threading.Event(), threading.Event()
        self.received: list[bytes] = []

    def thread_pool(self, head: HttpRequest) -> str:
        return "layers" if head.path == "/large" else "calls"

    def exchange(self, head: HttpRequest) -> Exchange:
        if head.path == "/refused":
            return text_answer(403, "refused")
        if head.path == "/large":
            return HttpAnswer(200, {}, WatchedStretch(self._file, self.closed))
        if head.path == "/long":
            self.working.set()
            assert self.may_answer.wait(TIMEOUT)
        if head.path == "/broken":
            raise RuntimeError("broken inside")
        if head.path == "/first":
            yield
            return text_answer(403, "refused")
        if head.path == "/kept":
            return (yield from self._kept())
        body = yield from gathered(head, 64 * MIB)
        return text_answer(200, f"{head.method} {head.path} {len(body)}")

    def _kept(self) -> Exchange:
        try:
            while piece := (yield):
                self.received.append(bytes(piece))
            return text_answer(200, "kept")
        finally:
            self.closed.set()


def request(path: str, *headers: str, method: str = "POST", body: bytes = b"", version: str = "1.1") -> bytes:
    lines = [f"{method} {path} HTTP/{version}", "Host: 127.0.0.1", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def answer_on(connection: socket.socket, method: str = "POST") -> tuple[int, bytes]:
    """Status and body of the next answer."""
    response = http.client.HTTPResponse(connection, method=method)
    response.begin()
    return response.status, response.read()


def assert_served(connect: Callable[[], socket.socket]) -> None:
    """Calls and large files are answered as ever."""
    connection = connect()
    for number in range(3):
        connection.sendall(request("/call", f"Content-Length: {number}", body=b"x" * number))
        assert answer_on(connection) == (200, f"POST /call {number}".encode())
    connection.sendall(request("/large", method="GET"))
    assert len(answer_on(connection)[1]) == LARGE
