"""What every ECR operation needs: the registry and repository that a call means, ECR's errors, paging.

A call acts in the registry that ``registryId`` names, which may belong to another account than the caller's;
whether the caller may is decided before a handler runs. All errors of ECR's JSON API are HTTP 400. Texts are
those that AWS answers (Amazon ECR API Reference and user reports).
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from labkit.embedded.protocol.calls import Call, ServiceError
from labkit.embedded.protocol.constraints import invalid
from labkit.embedded.records.repositories import RepositoryRecord
from labkit.embedded.services.ecr.images.image import RepositoryKey

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded


def where(name: str, registry: str) -> str:
    """The end of most of ECR's error texts: which repository in which registry."""
    return f"the repository with name '{name}' in the registry with id '{registry}'"


def registry_of(call: Call) -> str:
    """The account whose registry the call acts in."""
    return str(call.params.get("registryId") or call.account)


def repository_of(embedded: Embedded, call: Call) -> RepositoryRecord:
    """The repository that the call names. Raises RepositoryNotFoundException."""
    return repository_called(embedded, call, call.params["repositoryName"])


def repository_called(embedded: Embedded, call: Call, name: str) -> RepositoryRecord:
    """The repository of this name in the registry that the call acts in. Raises RepositoryNotFoundException."""
    record = embedded.repository(registry_of(call), call.region, name)
    if record is None:
        raise not_found(name, registry_of(call))
    return record


def not_found(name: str, registry: str) -> ServiceError:
    """ECR's error for a repository that is not there."""
    text = f"The repository with name '{name}' does not exist in the registry with id '{registry}'"
    return ServiceError("RepositoryNotFoundException", text)


def key_of(record: RepositoryRecord) -> RepositoryKey:
    """The repository's key in the image store."""
    return RepositoryKey(record.account, record.region, record.name)


def named(record: RepositoryRecord) -> dict[str, Any]:
    """The two members by which ECR's answers name a repository."""
    return {"registryId": record.account, "repositoryName": record.name}


def page(
    call: Call, member: str, fetch: Callable[[Any, int], list[tuple[Any, Any]]], start: Any, default: int = 100
) -> dict[str, Any]:
    """One page under ``member``, with ``nextToken`` while there are more.

    ``fetch`` gives at most so many items behind a position, each with its own position (what JSON can hold); ``start``
    is the one before the first. Raises InvalidParameterException for a token that no answer to this question contained.
    """
    limit = int(call.params.get("maxResults") or default)
    found = fetch(_position(call, start), limit + 1)
    answer: dict[str, Any] = {member: [item for _, item in found[:limit]]}
    if len(found) > limit:
        last = found[limit - 1][0]
        content = json.dumps([_seal(call, last), last])
        answer["nextToken"] = base64.urlsafe_b64encode(content.encode()).decode()
    return answer


def in_steps(items: Sequence[Any]) -> Callable[[int, int], list[tuple[int, Any]]]:
    """How `page` fetches from a list that is there as a whole; it starts with 0."""
    return lambda start, most: [(number, item) for number, item in enumerate(items, 1) if number > start][:most]


def _position(call: Call, start: Any) -> Any:
    token = call.params.get("nextToken")
    if token is None:
        return start
    try:
        seal, position = json.loads(base64.b64decode(token, altchars=b"-_", validate=True))
        if seal == _seal(call, position):
            return position
    except (ValueError, TypeError):
        pass
    raise invalid("nextToken", "must be a token that a previous answer returned")


def _seal(call: Call, position: Any) -> str:
    """What binds a token to one list: all that was asked, but for what may differ from page to page."""
    asked = {name: value for name, value in call.params.items() if name not in ("nextToken", "maxResults")}
    text = json.dumps([call.operation, registry_of(call), call.region, asked, position], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def collect(embedded: Embedded) -> None:
    """Delete what no repository refers to any more and no function still needs to be made ready."""
    embedded.images.collect(embedded.functions.needed_blobs())
