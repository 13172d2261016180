"""ECR repositories that the lab makes, and their policies."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from labkit.aws import tags
from labkit.aws.reading import unreadable


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository and whether this call has made it."""

    name: str
    arn: str
    uri: str
    made: bool


def find(ecr: Any, name: str) -> dict[str, Any] | None:
    """The repository as DescribeRepositories shows it, or None."""
    try:
        found: dict[str, Any] = ecr.describe_repositories(repositoryNames=[name])["repositories"][0]
    except ecr.exceptions.RepositoryNotFoundException:
        return None
    return found


def ensure(ecr: Any, name: str, scenario: str) -> Repository:
    """Makes the repository, or takes the one that the lab has made before. Raises UsageError for a foreign one."""
    found = find(ecr, name)
    if found is None:
        made = ecr.create_repository(repositoryName=name, tags=tags.as_list(scenario))["repository"]
        return Repository(name, made["repositoryArn"], made["repositoryUri"], made=True)
    check_ours(ecr, found)
    return Repository(name, found["repositoryArn"], found["repositoryUri"], made=False)


def check_ours(ecr: Any, found: Mapping[str, Any]) -> None:
    """Raises UsageError when the repository does not carry the lab's tag."""
    if not tags.is_ours(ecr.list_tags_for_resource(resourceArn=found["repositoryArn"])["tags"]):
        raise tags.foreign("repository", found["repositoryName"], found["registryId"])


def policy(ecr: Any, name: str) -> str | None:
    """The text of the repository's policy, or None when it has none."""
    try:
        return str(ecr.get_repository_policy(repositoryName=name)["policyText"])
    except ecr.exceptions.RepositoryPolicyNotFoundException:
        return None


def registry_policy(ecr: Any) -> str | None:
    """The text of the registry's policy, or None when it has none. Raises Unreadable."""
    try:
        return str(ecr.get_registry_policy()["policyText"])
    except ecr.exceptions.RegistryPolicyNotFoundException:
        return None
    except ClientError as error:
        raise unreadable("The policy of the registry", error) from None


def tag_keys(ecr: Any, arn: str) -> dict[str, str] | None:
    """The condition keys of a repository's tags; None where the caller may not read them."""
    try:
        found = ecr.list_tags_for_resource(resourceArn=arn)["tags"]
    except ClientError:
        return None
    families = ("aws:ResourceTag", "ecr:ResourceTag")
    return {f"{family}/{tag['Key']}": tag["Value"] for family in families for tag in found}


def set_policy(ecr: Any, name: str, document: Mapping[str, Any] | str | None) -> None:
    """Replaces the repository's policy; None removes it, and removing none is no error."""
    if document is None:
        try:
            ecr.delete_repository_policy(repositoryName=name)
        except ecr.exceptions.RepositoryPolicyNotFoundException:
            return
    else:
        text = document if isinstance(document, str) else json.dumps(document)
        ecr.set_repository_policy(repositoryName=name, policyText=text)


def delete(ecr: Any, name: str) -> bool:
    """Deletes the repository with its images if the lab made it; tells whether it did."""
    found = find(ecr, name)
    if found is None:
        return False
    check_ours(ecr, found)
    try:
        ecr.delete_repository(repositoryName=name, force=True)
    except ClientError as error:
        if error.response["Error"]["Code"] == "RepositoryNotFoundException":
            return False
        raise
    return True
