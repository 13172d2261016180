"""HTTP as the gateway sees it: a `Request` read from WSGI within bounds, and an `Answer`.

The path and the query string are kept as they were sent, because the signature covers them as they were sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from labkit.embedded.calls import ServiceError


@dataclass(frozen=True)
class Request:
    """One HTTP request. ``path`` and ``query`` are undecoded; header names are lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    peer: str = "127.0.0.1"


@dataclass(frozen=True)
class Answer:
    """One HTTP answer: status, headers, body."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


def head_of(environ: Mapping[str, Any]) -> Request:
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
    return Request(str(environ["REQUEST_METHOD"]), path or "/", query, headers, b"", peer)


def read_body(environ: Mapping[str, Any], limit: int) -> bytes:
    """Read the body, whether its length was announced or it comes in chunks.

    Raises `ServiceError` (413) as soon as it is known to be longer than ``limit`` bytes.
    """
    announced = str(environ.get("CONTENT_LENGTH") or "")
    chunked = "chunked" in str(environ.get("HTTP_TRANSFER_ENCODING", "")).lower()
    if not chunked and not announced.isdigit():
        return b""
    if not chunked and int(announced) > limit:
        raise too_large(limit)
    body = bytearray()
    wanted = limit + 1 if chunked else int(announced)
    while len(body) < wanted and (piece := environ["wsgi.input"].read(min(1 << 20, wanted - len(body)))):
        body += piece
    if len(body) > limit:
        raise too_large(limit)
    return bytes(body)


def too_large(limit: int) -> ServiceError:
    """The error for a body of more than ``limit`` bytes."""
    return ServiceError("RequestEntityTooLargeException", f"Request must be smaller than {limit} bytes", 413)
