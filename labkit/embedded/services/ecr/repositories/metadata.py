"""ECR repositories: made, listed, described, deleted.

Amazon ECR API Reference: CreateRepository, DescribeRepositories, DeleteRepository, PutImageTagMutability. They act in
the account that a call means (``registryId``), which need not be the caller's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from labkit.embedded.protocol.calls import Call, ServiceError
from labkit.embedded.protocol.constraints import invalid
from labkit.embedded.records import repositories, tags
from labkit.embedded.records.repositories import RepositoryRecord
from labkit.embedded.services.ecr.lookup import (
    collect,
    in_steps,
    key_of,
    named,
    page,
    registry_of,
    repository_called,
    repository_of,
)
from labkit.embedded.services.ecr.repositories.tagging import requested_tags
from labkit.iam.arn import RegistryHost

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded

_MOST_WILDCARDS = 2  # in one filter (hashicorp/terraform-provider-aws, aws_ecr_repository)
_Exclusions = tuple[Mapping[str, str], ...]


def create_repository(embedded: Embedded, call: Call) -> dict[str, Any]:
    """CreateRepository. Raises RepositoryAlreadyExistsException."""
    account, name, params = registry_of(call), call.params["repositoryName"], call.params
    registry = RegistryHost(account, call.region)
    mutability, exclusions = _mutability(params)
    labels = requested_tags(params.get("tags", []))
    if embedded.repository(account, call.region, name) is not None:
        text = f"The repository with name '{name}' already exists in the registry with id '{account}'"
        raise ServiceError("RepositoryAlreadyExistsException", text)
    record = RepositoryRecord(
        arn=registry.repository_arn(name),
        account=account,
        region=call.region,
        name=name,
        created=embedded.clock.now(),
        policy=None,
        mutability=mutability,
        exclusions=exclusions,
        scan_on_push=bool(params.get("imageScanningConfiguration", {}).get("scanOnPush")),
        encryption=_encryption(registry, params.get("encryptionConfiguration")),
    )
    repositories.add(embedded.database, record)
    tags.put(embedded.database, record.arn, labels)
    return {"repository": _described(record)}


def describe_repositories(embedded: Embedded, call: Call) -> dict[str, Any]:
    """DescribeRepositories, of the whole registry or of named repositories, in pages by name."""
    names = call.params.get("repositoryNames")
    if names is not None:
        found = [_described(repository_called(embedded, call, name)) for name in sorted(set(names))]
        return page(call, "repositories", in_steps(found), 0)

    def fetch(after: str, most: int) -> list[tuple[str, dict[str, Any]]]:
        records = repositories.listed(embedded.database, registry_of(call), call.region, after, most)
        return [(record.name, _described(record)) for record in records]

    return page(call, "repositories", fetch, "")


def delete_repository(embedded: Embedded, call: Call) -> dict[str, Any]:
    """DeleteRepository. Raises RepositoryNotEmptyException unless ``force`` is given or there are no images."""
    record = repository_of(embedded, call)
    if embedded.images.listed(key_of(record), most=1) and not call.params.get("force"):
        raise ServiceError(
            "RepositoryNotEmptyException",
            f"The repository with name '{record.name}' in registry with id '{record.account}' "
            "cannot be deleted because it still contains images",
        )
    embedded.images.drop(key_of(record))
    repositories.remove(embedded.database, record.arn)
    collect(embedded)
    return {"repository": _described(record)}


def put_image_tag_mutability(embedded: Embedded, call: Call) -> dict[str, Any]:
    """PutImageTagMutability: from now on tags may, or may not, be moved."""
    record = repository_of(embedded, call)
    mutability, exclusions = _mutability(call.params)
    repositories.set_mutability(embedded.database, record.arn, mutability, exclusions)
    return {**named(record), **_shown_mutability(mutability, exclusions)}


def _described(record: RepositoryRecord) -> dict[str, Any]:
    return {
        "repositoryArn": record.arn,
        **named(record),
        "repositoryUri": record.uri,
        "createdAt": record.created,
        **_shown_mutability(record.mutability, record.exclusions),
        "imageScanningConfiguration": {"scanOnPush": record.scan_on_push},
        "encryptionConfiguration": dict(record.encryption),
    }


def _shown_mutability(mutability: str, exclusions: _Exclusions) -> dict[str, Any]:
    filters = {"imageTagMutabilityExclusionFilters": list(exclusions)} if exclusions else {}
    return {"imageTagMutability": mutability, **filters}


def _mutability(params: Mapping[str, Any]) -> tuple[str, _Exclusions]:
    """What a call says of tags. Filters go with the two modes that are named for them, and these with filters."""
    mutability = params.get("imageTagMutability", "MUTABLE")
    exclusions = tuple(params.get("imageTagMutabilityExclusionFilters", ()))
    if mutability.endswith("_WITH_EXCLUSION") != bool(exclusions):
        raise invalid(
            "imageTagMutabilityExclusionFilters",
            f"ImageTagMutabilityExclusionFilters can't be null when imageTagMutability is set as {mutability}",
        )
    if any(each["filter"].count("*") > _MOST_WILDCARDS for each in exclusions):  # AWS's sentence is not known
        text = f"An exclusion filter has at most {_MOST_WILDCARDS} wildcards"
        raise invalid("imageTagMutabilityExclusionFilters", text)
    return mutability, exclusions


def _encryption(registry: RegistryHost, asked: Mapping[str, str] | None) -> dict[str, str]:
    """How ECR encrypts: with KMS by the key that is named, else by AWS's own key for ECR, of which a region has one."""
    wanted = dict(asked or {"encryptionType": "AES256"})
    if wanted["encryptionType"] != "AES256" and "kmsKey" not in wanted:
        where = f"arn:{registry.partition}:kms:{registry.region}:{registry.account}"
        wanted["kmsKey"] = f"{where}:key/{uuid5(NAMESPACE_URL, f'{where}:alias/aws/ecr')}"
    return wanted
