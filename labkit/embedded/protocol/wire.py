"""HTTP as everything below the HTTP server sees it: a request's head, a body that comes in pieces, an answer.

An `Exchange` is one request from its head to its answer, written as a generator: ``piece = yield`` asks for the next
piece of the body, which is empty at the end, and ``return`` answers, before the end of the body too. So nobody waits
for a client in here: whoever has the pieces (`labkit.embedded.http.connection_handler` from a socket,
`labkit.embedded.http.wsgi` from a WSGI server) hands them on when they have come. An answer's body is bytes, or a
`Stretch` of a file.

The path and the query string are kept as they were sent, because the signature covers them as they were sent.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from pathlib import Path
from urllib.parse import unquote

PIECE = 1 << 20
"""How many bytes of a body are handed on, or read from a file, at a time."""

_QUOTED_SLASH = re.compile("%2F", re.IGNORECASE)
_DIGITS = re.compile(r"[0-9]{1,18}")
_LOOPBACK = re.compile(r"(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?", re.IGNORECASE)
_WITHOUT_BODY = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)


@dataclass(frozen=True)
class HttpRequest:
    """One HTTP request. ``path`` and ``query`` are undecoded; header names are lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    peer: str = "127.0.0.1"

    @cached_property
    def decoded_path(self) -> str:
        """The path with what was percent-encoded in it, but for slashes: these separate nothing."""
        return "%2F".join(map(unquote, _QUOTED_SLASH.split(self.path)))

    @property
    def announced(self) -> int | None:
        """The length of the body as its header tells it, in bytes; None where it is not known before its end."""
        if "transfer-encoding" in self.headers:
            return None
        return whole_number(self.headers.get("content-length", "")) or 0


class Stretch:
    """Some bytes of a file, read piece by piece. Whoever sends it closes it. Raises FileNotFoundError."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb", buffering=0)
        self._left = self._file.seek(0, 2)
        self._file.seek(0)

    def __len__(self) -> int:
        return self._left

    def narrow(self, first: int, last: int) -> None:
        """Keep the bytes from ``first`` to ``last``, both included."""
        self._file.seek(first)
        self._left = last - first + 1

    def read_into(self, place: memoryview) -> int:
        """Read the next bytes into a place; returns how many, 0 at the end."""
        size = self._file.readinto(place[: self._left])
        self._left -= size
        return size

    def __iter__(self) -> Iterator[bytes]:
        with self._file:
            while piece := self._file.read(min(PIECE, self._left)):
                self._left -= len(piece)
                yield piece

    def close(self) -> None:
        """Close the file."""
        self._file.close()


@dataclass(frozen=True)
class HttpAnswer:
    """One HTTP answer: status, headers, body."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Stretch = field(default=b"", repr=False)

    @property
    def complete_headers(self) -> dict[str, str]:
        """The headers, with the body's length unless they tell it already (as the answer to a HEAD request does)."""
        length = {} if self.status in _WITHOUT_BODY else {"Content-Length": str(len(self.body))}
        return {**length, **self.headers}

    @property
    def phrase(self) -> str:
        """What the status means, for the status line."""
        return HTTPStatus(self.status).phrase if self.status in HTTPStatus._value2member_map_ else "Answer"


Piece = bytes | memoryview
"""A piece of a body. Who keeps it copies it: where it lies the next one will be."""

Exchange = Generator[None, Piece, HttpAnswer]
"""One request on its way to its answer: takes pieces of the body, an empty one at its end."""


class BodyTooLargeError(Exception):
    """The body is longer than ``limit`` bytes."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"The body has more than {limit} bytes.")
        self.limit = limit


def gathered(head: HttpRequest, limit: int) -> Generator[None, Piece, bytes]:
    """The whole body. Raises `BodyTooLargeError` as soon as it is known to be longer than ``limit`` bytes."""
    if (head.announced or 0) > limit:
        raise BodyTooLargeError(limit)
    body = bytearray()
    while piece := (yield):
        body += piece
        if len(body) > limit:
            raise BodyTooLargeError(limit)
    return bytes(body)


def text_answer(status: int, text: str) -> HttpAnswer:
    """An answer in plain text."""
    return HttpAnswer(status, {"Content-Type": "text/plain; charset=utf-8"}, text.encode())


def from_web_page(head: HttpRequest) -> bool:
    """Whether a request may come from a web page: it names an origin, or a host that is not the loopback.

    A page of another origin can make its reader's browser send requests to the loopback, and by rebinding its own
    name to 127.0.0.1 it could even read the answers; the Host header then still has that name.
    """
    return "origin" in head.headers or not _LOOPBACK.fullmatch(head.headers.get("host", ""))


def whole_number(text: str) -> int | None:
    """The number that a text of ASCII digits means; None for anything else, and for more digits than anybody counts."""
    return int(text) if _DIGITS.fullmatch(text) else None
