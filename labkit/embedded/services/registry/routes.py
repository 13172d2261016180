"""The registry at ``/v2/``: the OCI Distribution Specification as container clients speak it, ECR's way.

    routes     from a request to its answer: this table      visits     what every request needs
    login      who it is                                    errors     refusals
    blobs      layers, read                                 uploads    layers, written
    manifests  images and tags

It is another door to the same house: images and layers are those of ECR's API, repositories must have been made there,
and everything is authorized as ECR's operations are.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

from labkit.embedded.protocol.calls import ServiceError
from labkit.embedded.protocol.wire import Exchange, HttpAnswer, HttpRequest
from labkit.embedded.services.registry import blobs, manifests, uploads
from labkit.embedded.services.registry.errors import Refusal, translated, unsupported
from labkit.embedded.services.registry.login import identity_of
from labkit.embedded.services.registry.visits import Visit
from labkit.errors import LabError

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded

_LOG = logging.getLogger(__name__)

PREFIX = "/v2"
"""The path at and below which the registry answers."""

_Answer = Callable[[Visit], HttpAnswer | Exchange]  # an exchange where the body is needed
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


def serve(embedded: Embedded, head: HttpRequest) -> Exchange:
    """The route of the registry."""
    answer = yield from _refusals_answered(_answered(embedded, head))
    return replace(answer, headers={"Docker-Distribution-Api-Version": "registry/2.0", **answer.headers})


def _refusals_answered(exchange: Exchange) -> Exchange:
    try:
        return (yield from exchange)
    except Refusal as refusal:
        return refusal.answer()
    except ServiceError as error:
        return translated(error).answer()
    except LabError as error:
        _LOG.error("a request to the registry could not be answered: %s", error)
        return Refusal("UNKNOWN", str(error), 500).answer()
    except Exception:
        _LOG.exception("a request to the registry failed")
        return Refusal("UNKNOWN", "The embedded AWS failed; its log says why", 500).answer()


def _answered(embedded: Embedded, head: HttpRequest) -> Exchange:
    identity = identity_of(embedded, head.headers.get("authorization", ""))
    path = head.decoded_path.removeprefix(PREFIX)
    if path in ("", "/") and head.method in ("GET", "HEAD"):
        return HttpAnswer(200, {"Content-Type": "application/json"}, b"{}")
    for pattern, methods in _ROUTES:
        found = pattern.fullmatch(path)
        if found and head.method in methods:
            arguments = found.groupdict()
            name = arguments.pop("name")
            visit = Visit(embedded, identity, head, str(uuid4()), name, arguments)
            answer = methods[head.method](visit)
            return answer if isinstance(answer, HttpAnswer) else (yield from answer)
    raise unsupported(head.method, PREFIX + path)
