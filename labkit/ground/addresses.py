"""Addresses that this process answers itself, without a socket: a table from ``127.0.0.1:PORT`` to a WSGI application.

A client's transport asks `application_at` for the URL that it is about to call, and hands the request to `exchange`
where there is one. So a browser tab, which has no sockets, and a test, which wants none, keep HTTP's addresses: they
stand in AWS profiles and in the names of images as ever.

The ports are those that nobody listens on, from 1 (tcpmux, RFC 1078) on: who asks over the network finds nothing there.

For boto3 and requests see `labkit.aws.transport` and `labkit.aws.web`; `urlopen` of the standard library is told here.
"""

from __future__ import annotations

import io
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from email.message import Message
from functools import cache
from http import HTTPStatus
from typing import Any, BinaryIO
from urllib.parse import unquote, urlsplit
from urllib.response import addinfourl

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
"""A WSGI application (PEP 3333)."""

_HOST = "127.0.0.1"
_LAST = 19  # chargen; beyond are ports that are in use somewhere
_PIECE = 1 << 16
_OWN_NAMES = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}

_applications: dict[str, Application] = {}


def free_address() -> str:
    """An address that nothing in this process answers yet, such as ``127.0.0.1:1``. Raises LookupError."""
    for port in range(1, _LAST + 1):
        if f"{_HOST}:{port}" not in _applications:
            return f"{_HOST}:{port}"
    raise LookupError("Every address of this process is taken.")


def answer_at(address: str, application: Application) -> None:
    """Let the application answer at an address of `free_address` from now on."""
    _tell_urlopen()
    _applications[address] = application


def leave(address: str) -> None:
    """Let nothing answer at the address any more."""
    _applications.pop(address, None)


def application_at(url: str) -> Application | None:
    """What answers the URL in this process; None for all that is to go over the network."""
    return _applications.get(urlsplit(url).netloc)


class Body(io.RawIOBase):
    """The body of an answer, read as the application yields it; ``stream`` is how urllib3's readers ask for it."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = pieces
        self._iterator = iter(pieces)
        self._rest = b""

    def readable(self) -> bool:
        """Bytes can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer as far as the next piece reaches; 0 at the end."""
        while not self._rest:
            piece = next(self._iterator, None)
            if piece is None:
                return 0
            self._rest = piece
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size

    def read(self, amt: int | None = -1, **_: Any) -> bytes:
        """Exactly ``amt`` bytes, fewer only at the end; all where none are said."""
        if amt is None or amt < 0:
            return self.readall() or b""
        found = b""
        while len(found) < amt and (piece := super().read(amt - len(found))):
            found += piece
        return found

    def stream(self, amt: int | None = None, **_: Any) -> Iterator[bytes]:
        """Pieces of at most ``amt`` bytes."""
        while piece := self.read(amt or _PIECE):
            yield piece

    def close(self) -> None:
        """End the application's own iterator, as a WSGI server does."""
        if not self.closed and hasattr(self._pieces, "close"):
            self._pieces.close()
        super().close()


@dataclass(frozen=True)
class Exchanged:
    """What an application answered: the status and its phrase, the headers, and the body, not read yet."""

    status: int
    reason: str
    headers: dict[str, str]
    body: Body = field(repr=False)


def exchange(
    application: Application, method: str, url: str, headers: Mapping[str, str | bytes], content: Any = None
) -> Exchanged:
    """Hand one HTTP request to a WSGI application. ``content`` is what Python's HTTP clients take as a body: bytes, a
    text, a file, or an iterable of bytes, which is sent in chunks unless the headers tell its length."""
    environ = _environ(method, url, headers, content)
    said: list[Any] = []

    def start_response(status: str, answered: list[tuple[str, str]], _error: object = None) -> None:
        said[:] = [status, answered]

    pieces = application(environ, start_response)
    status, _, reason = said[0].partition(" ")
    return Exchanged(int(status), reason, dict(said[1]), Body(pieces))


def _environ(method: str, url: str, headers: Mapping[str, str | bytes], content: Any) -> dict[str, Any]:
    parts = urlsplit(url)
    path = parts.path or "/"
    environ = {
        "REQUEST_METHOD": method,
        "REQUEST_URI": f"{path}?{parts.query}" if parts.query else path,
        "PATH_INFO": unquote(path, "latin-1"),
        "QUERY_STRING": parts.query,
        "SERVER_NAME": _HOST,
        "SERVER_PORT": str(parts.port or 80),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": _HOST,
        "HTTP_HOST": parts.netloc,
        "wsgi.url_scheme": parts.scheme,
        "wsgi.input": _input(content),
    }
    for name, value in headers.items():
        text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
        environ[_OWN_NAMES.get(name.lower(), "HTTP_" + name.upper().replace("-", "_"))] = text
    if "CONTENT_LENGTH" not in environ and "HTTP_TRANSFER_ENCODING" not in environ:
        if isinstance(environ["wsgi.input"], io.BytesIO):
            environ["CONTENT_LENGTH"] = str(len(environ["wsgi.input"].getbuffer()))
        else:
            environ["HTTP_TRANSFER_ENCODING"] = "chunked"
    return environ


def _input(content: Any) -> BinaryIO | Body:
    if hasattr(content, "read"):
        found: BinaryIO = content
        return found
    if isinstance(content, str):
        return io.BytesIO(content.encode())
    if content is None or isinstance(content, bytes | bytearray | memoryview):
        return io.BytesIO(content or b"")
    return Body(content)


class _Opened(urllib.request.BaseHandler):
    """How ``urlopen`` reaches the addresses of this process."""

    handler_order = 100  # before the one that opens a socket

    def http_open(self, request: urllib.request.Request) -> addinfourl | None:
        """Answer what is answered here; None lets the next handler have it."""
        application = application_at(request.full_url)
        if application is None:
            return None
        headers = {**request.headers, **request.unredirected_hdrs}
        answer = exchange(application, request.get_method(), request.full_url, headers, request.data)
        message = Message()
        for name, value in answer.headers.items():
            message[name] = value
        opened = addinfourl(io.BufferedReader(answer.body), message, request.full_url, answer.status)
        opened.msg = answer.reason or HTTPStatus(answer.status).phrase  # type: ignore[attr-defined]
        return opened


@cache
def _tell_urlopen() -> None:
    """Make ``urlopen`` ask here first; what else a program has installed before stays out of it, as it always does."""
    urllib.request.install_opener(urllib.request.build_opener(_Opened))
