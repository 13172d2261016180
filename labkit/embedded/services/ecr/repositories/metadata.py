"""ECR repositories: made, listed, described, tagged, deleted.

The repositories themselves are moto's; what is in them is ours. moto acts in the account that a call means, not
in the account that the caller belongs to, so that ``registryId`` works across accounts as it does in AWS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.embedded.protocol.calls import Call, ServiceError
from labkit.embedded.services.ecr.lookup import collect, key_of, page, registry_of, repository_of
from labkit.iam.arn import split

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded


def create_repository(embedded: Embedded, call: Call) -> dict[str, Any]:
    """CreateRepository. Raises RepositoryAlreadyExistsException."""
    return _moto(embedded, call)


def describe_repositories(embedded: Embedded, call: Call) -> dict[str, Any]:
    """DescribeRepositories, of the whole registry or of named repositories, in pages."""
    found = _moto(embedded, call, without=("maxResults", "nextToken"))["repositories"]
    return page(call, "repositories", sorted(found, key=lambda item: item["repositoryName"]))


def delete_repository(embedded: Embedded, call: Call) -> dict[str, Any]:
    """DeleteRepository. Raises RepositoryNotEmptyException unless ``force`` is given or there are no images."""
    record = repository_of(embedded, call)
    if embedded.images.images(key_of(record)) and not call.params.get("force"):
        raise ServiceError(
            "RepositoryNotEmptyException",
            f"The repository with name '{record.name}' in registry with id '{record.account}' "
            "cannot be deleted because it still contains images",
        )
    answer = _moto(embedded, call)
    embedded.images.drop(key_of(record))
    collect(embedded)
    return answer


def put_image_tag_mutability(embedded: Embedded, call: Call) -> dict[str, Any]:
    """PutImageTagMutability: from now on tags may, or may not, be moved."""
    repository_of(embedded, call)
    return _moto(embedded, call)


def describe_registry(embedded: Embedded, call: Call) -> dict[str, Any]:
    """DescribeRegistry: this registry replicates nothing."""
    return {"registryId": call.account, "replicationConfiguration": {"rules": []}}


def tagging(embedded: Embedded, call: Call) -> dict[str, Any]:
    """TagResource, UntagResource and ListTagsForResource of a repository, by its ARN in this region."""
    text = call.params["resourceArn"]
    arn = split(text)
    record = embedded.repository(arn.account, call.region, arn.resource_id) if arn and arn.account.isdecimal() else None
    if record is None or record.arn != text:
        raise ServiceError("RepositoryNotFoundException", f"The repository with the ARN '{text}' does not exist")
    return embedded.backend.dispatch("ecr", call.operation, call.params, account=record.account, region=call.region)


def _moto(embedded: Embedded, call: Call, without: tuple[str, ...] = ()) -> dict[str, Any]:
    params = {name: value for name, value in call.params.items() if name not in ("registryId", *without)}
    return embedded.backend.dispatch("ecr", call.operation, params, account=registry_of(call), region=call.region)
