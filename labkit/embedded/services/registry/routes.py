"""The registry at ``/v2/``: the OCI Distribution Specification as container clients speak it, ECR's way.

    routes     from a request to its reply: this table      visits     what every request needs
    login      who it is                                    errors     refusals
    blobs      layers, read                                 uploads    layers, written
    manifests  images and tags                              replies    answers, ranges of files

It is another door to the same house: images and layers are those of ECR's API, repositories must have been made there,
and everything is authorized as ECR's operations are.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from labkit.embedded.protocol.calls import ServiceError
from labkit.embedded.protocol.wire import head_of
from labkit.embedded.services.registry import blobs, manifests, uploads
from labkit.embedded.services.registry.errors import Refusal, translated, unsupported
from labkit.embedded.services.registry.login import identity_of
from labkit.embedded.services.registry.replies import Reply
from labkit.embedded.services.registry.visits import Visit

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded

_LOG = logging.getLogger(__name__)

PREFIX = "/v2"
"""The path at and below which the registry answers."""

_Answer = Callable[[Visit], Reply]
_ROUTES: tuple[tuple[re.Pattern[str], dict[str, _Answer]], ...] = (
    (
        re.compile(r"/(?P<name>.+)/blobs/uploads/?"),
        {"POST": uploads.start_upload},
    ),
    (
        re.compile(r"/(?P<name>.+)/blobs/uploads/(?P<upload>[^/]+)"),
        {
            "GET": uploads.upload_status,
            "PATCH": uploads.append_chunk,
            "PUT": uploads.finish_upload,
            "DELETE": uploads.cancel_upload,
        },
    ),
    (
        re.compile(r"/(?P<name>.+)/blobs/(?P<digest>[^/]+)"),
        {"HEAD": blobs.head_blob, "GET": blobs.get_blob},
    ),
    (
        re.compile(r"/(?P<name>.+)/manifests/(?P<reference>[^/]+)"),
        {
            "HEAD": manifests.get_manifest,
            "GET": manifests.get_manifest,
            "PUT": manifests.put_manifest,
            "DELETE": manifests.delete_manifest,
        },
    ),
    (re.compile(r"/(?P<name>.+)/tags/list"), {"GET": manifests.list_tags}),
    (re.compile(r"/(?P<name>.+)/referrers/(?P<digest>[^/]+)"), {"GET": manifests.list_referrers}),
)


def serve(embedded: Embedded, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The WSGI route of the registry."""
    head = environ["REQUEST_METHOD"] == "HEAD"
    try:
        return _answer(embedded, environ).send(start_response, head=head)
    except Refusal as refusal:
        return refusal.reply().send(start_response, head=head)
    except ServiceError as error:
        return translated(error).reply().send(start_response, head=head)
    except (ConnectionError, TimeoutError):
        raise  # the client has gone; there is nobody to answer
    except Exception:
        _LOG.exception("a request to the registry failed")
        failure = Refusal("UNKNOWN", "The embedded AWS failed; its log says why", 500)
        return failure.reply().send(start_response, head=head)


def _answer(embedded: Embedded, environ: dict[str, Any]) -> Reply:
    request = head_of(environ)
    identity = identity_of(embedded, request.headers.get("authorization", ""))
    path = environ["PATH_INFO"].removeprefix(PREFIX)
    if path in ("", "/") and request.method in ("GET", "HEAD"):
        return Reply(200, {"Content-Type": "application/json"}, b"{}")
    for pattern, answers in _ROUTES:
        found = pattern.fullmatch(path)
        if found and request.method in answers:
            arguments = found.groupdict()
            name = arguments.pop("name")
            visit = Visit(embedded, identity, request, str(uuid4()), name, arguments, _reader(environ))
            return answers[request.method](visit)
    raise unsupported(request.method, environ["PATH_INFO"])


def _reader(environ: dict[str, Any]) -> Callable[[int], bytes]:
    def read(size: int) -> bytes:
        try:
            piece: bytes = environ["wsgi.input"].read(size)
        except ValueError as malformed:
            raise Refusal("SIZE_INVALID", str(malformed), 400) from None
        return piece

    return read
