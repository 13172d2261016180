"""HTTP as the gateway sees it: a `HttpRequest` read from WSGI within bounds, and an `HttpAnswer`.

The path and the query string are kept as they were sent, because the signature covers them as they were sent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_DIGITS = re.compile(r"[0-9]{1,18}")
_LOOPBACK = re.compile(r"(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?", re.IGNORECASE)


@dataclass(frozen=True)
class HttpRequest:
    """One HTTP request. ``path`` and ``query`` are undecoded; header names are lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    peer: str = "127.0.0.1"


@dataclass(frozen=True)
class HttpAnswer:
    """One HTTP answer: status, headers, body."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class UnreadableBodyError(Exception):
    """The body is not in the form that its headers announce."""


class BodyTooLargeError(Exception):
    """The body is longer than ``limit`` bytes."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"The body has more than {limit} bytes.")
        self.limit = limit


def from_web_page(environ: Mapping[str, Any]) -> bool:
    """Whether a request may come from a web page: it names an origin, or a host that is not the loopback.

    A page of another origin can make its reader's browser send requests to the loopback, and by rebinding its own
    name to 127.0.0.1 it could even read the answers; the Host header then still has that name.
    """
    return "HTTP_ORIGIN" in environ or not _LOOPBACK.fullmatch(str(environ.get("HTTP_HOST", "")))


def whole_number(text: str) -> int | None:
    """The number that a text of ASCII digits means; None for anything else, and for more digits than anybody counts."""
    return int(text) if _DIGITS.fullmatch(text) else None


def head_of(environ: Mapping[str, Any]) -> HttpRequest:
    """Read everything but the body of a WSGI request (``body`` is empty)."""
    target = str(environ.get("REQUEST_URI") or environ.get("PATH_INFO", "/"))
    path, _, query = target.partition("?")
    headers = {
        name[5:].replace("_", "-").lower(): str(value) for name, value in environ.items() if name.startswith("HTTP_")
    }
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(name):
            headers[name.replace("_", "-").lower()] = str(environ[name])
    peer = str(environ.get("REMOTE_ADDR", "127.0.0.1"))
    return HttpRequest(str(environ["REQUEST_METHOD"]), path or "/", query, headers, b"", peer)


def read_body(environ: Mapping[str, Any], limit: int) -> bytes:
    """Read the body, whether its length was announced or it comes in chunks.

    Raises `BodyTooLargeError` as soon as it is known to be longer than ``limit`` bytes, and `UnreadableBodyError`.
    """
    announced = whole_number(str(environ.get("CONTENT_LENGTH") or ""))
    chunked = "chunked" in str(environ.get("HTTP_TRANSFER_ENCODING", "")).lower()
    wanted = limit + 1 if chunked else announced or 0
    if not chunked and wanted > limit:
        raise BodyTooLargeError(limit)
    body = bytearray()
    try:
        while len(body) < wanted and (piece := environ["wsgi.input"].read(min(1 << 20, wanted - len(body)))):
            body += piece
    except ValueError:
        raise UnreadableBodyError("The chunks of the request body are malformed.") from None
    if len(body) > limit:
        raise BodyTooLargeError(limit)
    return bytes(body)
