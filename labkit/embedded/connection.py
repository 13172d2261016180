"""HTTP connections under cheroot, for bodies of any size: they pass in pieces and are never held whole.

cheroot reads a chunk of a chunked body as a whole, and the rest of a body that nobody wanted too; a layer has
gigabytes. So requests get a `Body` of our own. What an application leaves of it is read and dropped *after* the answer
has been sent: a client that stops sending when it is refused is served at once, and one that reads no answer before
it has sent everything (Python's ``requests``) still finds its answer instead of a broken connection.

Container clients try HTTPS first. A TLS greeting is answered like any malformed request, with an HTTP status line, by
which docker, containerd, skopeo and podman know that plain HTTP is spoken here; cheroot would wait for a line to end.
"""

from __future__ import annotations

import errno
from typing import Any, NoReturn

from cheroot.server import HTTPConnection, HTTPRequest

PATIENCE = 300
"""Seconds for which a client may pause in the middle of a request or an answer (it may be busy with its own disk)."""

_BUFFER = 1 << 16
_LONGEST_LINE = 1 << 12
_LONGEST_SIZE = 16  # hexadecimal digits
_CR = b"\r"


class Body:
    """The body of one request, as ``wsgi.input``; ``length`` is in bytes, None for one that comes in chunks.

    ``broken`` says that it turned out to be malformed, after which nobody knows where the next request begins.
    """

    def __init__(self, connection: Any, length: int | None) -> None:
        self._connection = connection
        self._chunked = length is None
        self._left = length or 0  # of the body, or of the present chunk
        self._ended = length == 0
        self.broken = False

    def read(self, size: int) -> bytes:
        """At least one and at most ``size`` bytes; none at the end.

        Raises ConnectionResetError when the client leaves before the end, ValueError for malformed chunks.
        """
        if self._ended:
            return b""
        if self._left == 0 and self._begin_chunk():
            return b""
        piece = self._received(min(size, self._left))
        self._left -= len(piece)
        if self._left == 0:
            self._end_chunk()
        return piece

    def drain(self) -> None:
        """Read what is left, and drop it."""
        while self.read(_BUFFER):
            pass

    def _received(self, size: int) -> bytes:
        buffered = self._connection.rfile
        piece: bytes = buffered.read1(size) if buffered.has_data() else self._connection.socket.recv(size)
        if not piece:
            raise ConnectionResetError(errno.ECONNRESET, "the client left in the middle of its request")
        return piece

    def _begin_chunk(self) -> bool:
        """Read the size of the next chunk; whether that was the end."""
        digits = self._line().partition(b";")[0].strip()
        if not 0 < len(digits) <= _LONGEST_SIZE or digits.strip(b"0123456789abcdefABCDEF"):
            self._fail("begins without its size")
        self._left = int(digits, 16)
        if self._left == 0:
            while self._line().strip():  # trailers, which nobody here asks for
                pass
            self._ended = True
        return self._ended

    def _end_chunk(self) -> None:
        if not self._chunked:
            self._ended = True
        elif self._line().strip():
            self._fail("is longer than it said")

    def _fail(self, how: str) -> NoReturn:
        self._ended = self.broken = True
        raise ValueError(f"A chunk of the request's body {how}.")

    def _line(self) -> bytes:
        line: bytes = self._connection.rfile.readline(_LONGEST_LINE)
        if not line.endswith(b"\n"):
            raise ConnectionResetError(errno.ECONNRESET, "the client left in the middle of its request")
        return line


class Request(HTTPRequest):
    """One request, with a `Body`."""

    def parse_request(self) -> None:
        """Read request line and headers, if this is HTTP at all."""
        first = self.conn.rfile.peek(1)[:1]
        if first and not first.isalpha() and first != _CR:
            self.started_request = True
            self.simple_response("400 Bad Request", "This port speaks plain HTTP.")
            return
        super().parse_request()

    def respond(self) -> None:
        """Let the application answer; then read what it left of the body."""
        length = max(0, int(self.inheaders.get(b"Content-Length", 0)))
        self.conn.socket.settimeout(PATIENCE)
        self.rfile = Body(self.conn, None if self.chunked_read else length)
        self.server.gateway(self).respond()
        if self.ready:
            self.ensure_headers_sent()
        if self.chunked_write:
            self.conn.wfile.write(b"0\r\n\r\n")
        self.conn.socket.settimeout(self.server.timeout)
        self.rfile.drain()

    def send_headers(self) -> None:
        """Send the head of the answer."""
        self.close_connection = self.close_connection or self.rfile.broken
        super().send_headers()

    def write(self, chunk: bytes) -> None:
        """Send a piece of the answer; past cheroot's buffer, which copies it several times."""
        if self.chunked_write:
            super().write(chunk)
        else:
            self.conn.socket.sendall(chunk)


class Connection(HTTPConnection):
    """One connection of such requests."""

    RequestHandlerClass = Request
    rbufsize = _BUFFER
