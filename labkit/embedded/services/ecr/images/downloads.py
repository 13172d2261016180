"""Layer downloads: the URL that GetDownloadUrlForLayer answers, and the route that serves it.

As with AWS's presigned S3 URLs, whoever has the URL may fetch that one blob until it expires, and nobody else. The
signature is an HMAC over digest and expiry with a key that never leaves the state of the lab.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode

from labkit.embedded.protocol.wire import Exchange, HttpAnswer, HttpRequest, Stretch, text_answer, whole_number
from labkit.embedded.state.blobs import is_digest
from labkit.embedded.state.lab_clock import DOWNLOAD_KEY

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded

PREFIX = "/layers/"
"""The path below which `serve_layer` is asked."""

LIFETIME = 3600
"""How long a download URL works, in seconds."""


def download_url(embedded: Embedded, digest: str) -> str:
    """A URL on the embedded AWS that serves this blob for an hour."""
    expires = int(embedded.clock.now().timestamp()) + LIFETIME
    query = urlencode({"expires": expires, "signature": _signature(embedded, digest, expires)})
    return f"{embedded.endpoint}{PREFIX}{digest}?{query}"


def serve_layer(embedded: Embedded, head: HttpRequest) -> Exchange:
    """The route behind `download_url`: the blob, 403 for a URL that is expired or made up."""
    yield from ()  # whatever body there is, nobody asks for it
    digest = head.decoded_path.removeprefix(PREFIX)
    query = parse_qs(head.query)
    expires, signature = (query.get(name, [""])[0] for name in ("expires", "signature"))
    if head.method not in ("GET", "HEAD"):
        return text_answer(405, "405 Method Not Allowed")
    if not (is_digest(digest) and _valid(embedded, digest, expires, signature)):
        return text_answer(403, "403 Forbidden")
    try:
        blob = Stretch(embedded.images.blobs.path(digest))
    except FileNotFoundError:
        return text_answer(404, "404 Not Found")
    return HttpAnswer(200, {"Content-Type": "application/octet-stream"}, blob)


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
    found = embedded.setting(DOWNLOAD_KEY)
    if found is None:
        with embedded.database.write():
            found = embedded.setting(DOWNLOAD_KEY) or secrets.token_hex(32)
            embedded.set_setting(DOWNLOAD_KEY, found)
    return bytes.fromhex(found)
