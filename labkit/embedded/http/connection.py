"""HTTP connections under cheroot, for bodies of any size: they pass in pieces and are never held whole.

cheroot reads a chunk of a chunked body as a whole, and the rest of a body that nobody wanted too; a layer has
gigabytes. So requests get a `Body` of our own. What an application leaves of it is read and dropped *after* the answer
has been sent: a client that stops sending when it is refused is served at once, and one that reads no answer before
it has sent everything (Python's ``requests``) still finds its answer instead of a broken connection.

cheroot's own buffer is made for small requests and takes more time than a layer's digest; a `SocketReader` stands in
for it. An answer that can send itself (``send_to``: a stretch of a file) does so, without its bytes passing through
Python.

Container clients try HTTPS first. A TLS greeting is answered like any malformed request, with an HTTP status line, by
which docker, containerd, skopeo and podman know that plain HTTP is spoken here; cheroot would wait for a line to end.
"""

from __future__ import annotations

import errno
import socket
import sys
from typing import Any, NoReturn

from cheroot.server import HTTPConnection, HTTPRequest
from cheroot.wsgi import Gateway_10

from labkit.embedded.protocol.slow_clients import ClientSocket

_BUFFER = 1 << 16
_LONGEST_LINE = 1 << 12
_LONGEST_SIZE = 16  # hexadecimal digits
_CR = b"\r"


class SocketReader:
    """What a client sends, as cheroot reads it (``readline``, ``has_data``), and as a `Body` does (``read1``)."""

    def __init__(self, client_socket: ClientSocket) -> None:
        self._socket = client_socket
        self._buffer = b""
        self._at = 0

    def has_data(self) -> bool:
        """Whether something has been received that nobody has read yet."""
        return self._at < len(self._buffer)

    def peek(self) -> bytes:
        """The next byte, which stays; none at the end."""
        if not self.has_data():
            self._receive()
        return self._buffer[self._at : self._at + 1]

    def readline(self, size: int | None = None) -> bytes:
        """Up to the end of the line, but at most ``size`` bytes (None: whatever its length)."""
        most = sys.maxsize if size is None or size < 0 else size
        end = self._buffer.find(b"\n", self._at) + 1
        while not end and len(self._buffer) - self._at < most and self._receive():
            end = self._buffer.find(b"\n", self._at) + 1
        return self._take(min(end or len(self._buffer), self._at + most))

    def read1(self, size: int) -> bytes:
        """At most ``size`` bytes, as many as are there; none at the end."""
        if not self.has_data():
            if size >= _BUFFER:
                return self._socket.recv(size)
            self._receive()
        return self._take(min(len(self._buffer), self._at + size))

    def close(self) -> None:
        """Forget what nobody has read; the socket is closed by who opened it."""
        self._buffer, self._at = b"", 0

    def _take(self, end: int) -> bytes:
        taken = self._buffer[self._at : end]
        self._at = end
        return taken

    def _receive(self) -> bool:
        received = self._socket.recv(_BUFFER)
        self._buffer = self._buffer[self._at :] + received
        self._at = 0
        return bool(received)


class Body:
    """The body of one request, as ``wsgi.input``; ``length`` is in bytes, None for one that comes in chunks.

    ``broken`` says that it turned out to be malformed, after which nobody knows where the next request begins.
    """

    def __init__(self, reader: SocketReader, length: int | None) -> None:
        self._reader = reader
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
        piece = self._reader.read1(size)
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
        line = self._reader.readline(_LONGEST_LINE)
        if not line.endswith(b"\n"):
            raise ConnectionResetError(errno.ECONNRESET, "the client left in the middle of its request")
        return line


class _Gateway(Gateway_10):
    """cheroot's gateway, for answers that send themselves too."""

    def respond(self) -> None:
        answer = self.req.server.wsgi_app(self.env, self.start_response)
        try:
            if hasattr(answer, "send_to"):
                self.req.ensure_headers_sent()
                answer.send_to(self.req.conn.client_socket)
            else:
                for piece in filter(None, answer):
                    self.write(piece)
        finally:
            self.req.ensure_headers_sent()
            if hasattr(answer, "close"):
                answer.close()


class StreamedRequest(HTTPRequest):
    """One request, with a `Body`."""

    def parse_request(self) -> None:
        """Read request line and headers, if this is HTTP at all."""
        first = self.conn.rfile.peek()
        if first and not first.isalpha() and first != _CR:
            self.started_request = True
            self.simple_response("400 Bad Request", "This port speaks plain HTTP.")
            return
        super().parse_request()

    def respond(self) -> None:
        """Let the application answer; then read what it left of the body."""
        length = max(0, int(self.inheaders.get(b"Content-Length", 0)))
        self.rfile = Body(self.conn.rfile, None if self.chunked_read else length)
        with self.conn.client_socket.long_pauses():
            _Gateway(self).respond()
            if self.ready:
                self.ensure_headers_sent()
            if self.chunked_write:
                self.conn.wfile.write(b"0\r\n\r\n")
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
            self.conn.client_socket.sendall(chunk)


class Connection(HTTPConnection):
    """One connection of such requests."""

    RequestHandlerClass = StreamedRequest

    def __init__(self, server: Any, connection: socket.socket, makefile: Any) -> None:
        super().__init__(server, connection, makefile)
        self.client_socket = ClientSocket(connection)
        self.rfile = SocketReader(self.client_socket)
