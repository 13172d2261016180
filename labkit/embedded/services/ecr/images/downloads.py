"""Layer downloads: the URL that GetDownloadUrlForLayer answers, and the route that serves it.

As with AWS's presigned S3 URLs, whoever has the URL may fetch that one blob until it expires, and nobody else. The
signature is an HMAC over digest and expiry with a key that never leaves the state of the lab.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode

from labkit.embedded.protocol.wire import whole_number
from labkit.embedded.state.blobs import CHUNK, is_digest

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded

PREFIX = "/layers/"
"""The path below which `serve_layer` is asked."""

LIFETIME = 3600
"""How long a download URL works, in seconds."""

_KEY = "download_key"  # the name of the setting


def download_url(embedded: Embedded, digest: str) -> str:
    """A URL on the embedded AWS that serves this blob for an hour."""
    expires = int(embedded.clock.now().timestamp()) + LIFETIME
    query = urlencode({"expires": expires, "signature": _signature(embedded, digest, expires)})
    return f"{embedded.endpoint}{PREFIX}{digest}?{query}"


def serve_layer(embedded: Embedded, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The WSGI route behind `download_url`: the blob in chunks, 403 for a URL that is expired or made up."""
    digest = environ["PATH_INFO"].removeprefix(PREFIX)
    query = parse_qs(environ.get("QUERY_STRING", ""))
    expires, signature = (query.get(name, [""])[0] for name in ("expires", "signature"))
    if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
        return _refuse(start_response, "405 Method Not Allowed")
    if not (is_digest(digest) and _valid(embedded, digest, expires, signature)):
        return _refuse(start_response, "403 Forbidden")
    blobs = embedded.images.blobs
    size = blobs.size(digest)
    if size is None:
        return _refuse(start_response, "404 Not Found")
    start_response("200 OK", [("Content-Type", "application/octet-stream"), ("Content-Length", str(size))])
    return [] if environ["REQUEST_METHOD"] == "HEAD" else _chunks(blobs.path(digest))


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _valid(embedded: Embedded, digest: str, expires: str, signature: str) -> bool:
    until = whole_number(expires)
    if until is None or not signature.isascii():
        return False
    genuine = hmac.compare_digest(_signature(embedded, digest, until), signature)
    return genuine and embedded.clock.now().timestamp() < until


def _signature(embedded: Embedded, digest: str, expires: int) -> str:
    message = f"{digest} {expires}".encode()
    return hmac.new(_key(embedded), message, hashlib.sha256).hexdigest()


def _key(embedded: Embedded) -> bytes:
    """The signing key of this lab, made on first use."""
    found = embedded.setting(_KEY)
    if found is None:
        with embedded.database.write():
            found = embedded.setting(_KEY) or secrets.token_hex(32)
            embedded.set_setting(_KEY, found)
    return bytes.fromhex(found)


def _refuse(start_response: Callable[..., Any], status: str) -> list[bytes]:
    body = status.encode()
    start_response(status, [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
