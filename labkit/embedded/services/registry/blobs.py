"""Layers and configurations in the registry: is it there, and its bytes, all of them or a range.

    HEAD  ecr:BatchCheckLayerAvailability        GET  ecr:GetDownloadUrlForLayer

ECR sends clients on to a signed URL; here the bytes come at once.
"""

from __future__ import annotations

import re

from labkit.embedded.protocol.calls import ServiceError
from labkit.embedded.protocol.wire import HttpAnswer, Stretch
from labkit.embedded.services.registry.errors import Refusal
from labkit.embedded.services.registry.visits import Visit
from labkit.embedded.state.blobs import is_digest

_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


def head_blob(visit: Visit) -> HttpAnswer:
    """Whether the repository has this blob, and its size."""
    digest = visit.arguments["digest"]
    layers = visit.perform("BatchCheckLayerAvailability", layerDigests=[digest])["layers"]
    if not layers or layers[0]["layerAvailability"] != "AVAILABLE":
        raise _unknown(digest)
    return HttpAnswer(200, {**_headers(digest), "Content-Length": str(layers[0]["layerSize"])})


def get_blob(visit: Visit) -> HttpAnswer:
    """The blob, or the range of it that was asked for."""
    digest = visit.arguments["digest"]
    stretch = _opened(visit, digest)
    size = len(stretch)
    try:
        found = wanted_range(visit.request.headers.get("range", ""), size)
    except ValueError:
        stretch.close()
        raise Refusal(
            "RANGE_INVALID", f"The blob has {size} bytes", 416, {"Content-Range": f"bytes */{size}"}
        ) from None
    if found is None:
        return HttpAnswer(200, _headers(digest), stretch)
    stretch.narrow(*found)
    return HttpAnswer(206, {**_headers(digest), "Content-Range": f"bytes {found[0]}-{found[1]}/{size}"}, stretch)


def _opened(visit: Visit, digest: str) -> Stretch:
    try:
        visit.perform("GetDownloadUrlForLayer", layerDigest=digest)
        return Stretch(visit.embedded.images.blobs.path(digest))
    except FileNotFoundError:
        raise _unknown(digest) from None
    except ServiceError as error:
        if error.code == "LayersNotFoundException":
            raise Refusal("BLOB_UNKNOWN", error.message, 404) from None
        raise


def checked_digest(text: str) -> str:
    """The text, if it is a SHA-256 digest. Raises `Refusal`."""
    if not is_digest(text):
        raise Refusal("DIGEST_INVALID", f"'{text}' is not a digest of the form sha256:<64 hexadecimal digits>", 400)
    return text


def wanted_range(header: str, size: int) -> tuple[int, int] | None:
    """The first and last byte that a ``Range`` header asks for of ``size`` bytes.

    None for a header that is to be ignored (RFC 9110, "Range"); more than one range is ignored too. Raises ValueError
    where there is no such byte.
    """
    found = _RANGE.fullmatch(header.strip())
    if found is None or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if not first:
        start, end = max(0, size - int(last)), size - 1
    else:
        start, end = int(first), min(size - 1, int(last or size - 1))
        if last and int(last) < start:
            return None
    if start > end:
        raise ValueError("There is no such byte.")
    return start, end


def _headers(digest: str) -> dict[str, str]:
    return {
        "Content-Type": "application/octet-stream",
        "Docker-Content-Digest": digest,
        "Accept-Ranges": "bytes",
        "ETag": f'"{digest}"',
    }


def _unknown(digest: str) -> Refusal:
    return Refusal("BLOB_UNKNOWN", f"The repository has no layer with the digest '{digest}'", 404)
