"""What every ECR operation needs: the registry and repository that a call means, ECR's errors, paging.

A call acts in the registry that ``registryId`` names, which may belong to another account than the caller's;
whether the caller may is decided before a handler runs. All errors of ECR's JSON API are HTTP 400. Texts are
those that AWS answers (Amazon ECR API Reference and user reports).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from labkit.embedded.protocol.calls import Call, ServiceError
from labkit.embedded.protocol.constraints import invalid
from labkit.embedded.protocol.wire import whole_number
from labkit.embedded.services.ecr.images.store import RepositoryKey
from labkit.embedded.state.records import RepositoryRecord

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
    account, name = registry_of(call), call.params["repositoryName"]
    record = embedded.repository(account, call.region, name)
    if record is None:
        raise ServiceError(
            "RepositoryNotFoundException",
            f"The repository with name '{name}' does not exist in the registry with id '{account}'",
        )
    return record


def key_of(record: RepositoryRecord) -> RepositoryKey:
    """The repository's key in the image store."""
    return RepositoryKey(record.account, record.region, record.name)


def named(record: RepositoryRecord) -> dict[str, Any]:
    """The two members by which ECR's answers name a repository."""
    return {"registryId": record.account, "repositoryName": record.name}


def page(call: Call, member: str, items: Sequence[Any], default: int = 100) -> dict[str, Any]:
    """One page of ``items`` under ``member``, with ``nextToken`` while there are more.

    Raises InvalidParameterException for a token that no answer contained.
    """
    limit = int(call.params.get("maxResults") or default)
    start = whole_number(call.params.get("nextToken") or "0")
    if start is None or start > len(items):
        raise invalid("nextToken", "must be a token that a previous answer returned")
    end = start + limit
    answer: dict[str, Any] = {member: list(items[start:end])}
    if end < len(items):
        answer["nextToken"] = str(end)
    return answer


def collect(embedded: Embedded) -> None:
    """Delete what no repository refers to any more and no function still needs to be made ready."""
    with embedded.lock:
        embedded.images.collect(embedded.functions.needed_blobs())
