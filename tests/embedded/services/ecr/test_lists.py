"""Lists of ECR: pages of any size have everything once, and a token belongs to its list."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from labkit.aws.images import push
from labkit.image.format.image import Image
from tests.embedded.lab_of_tests import Lab, refusal

NAMES = ["aa", "aa/b", "bb", "bb-1", "bb/c", "cc"]
LISTS: dict[str, tuple[str, dict[str, Any]]] = {
    "repositories": ("describe_repositories", {}),
    "repositories by name": ("describe_repositories", {"repositoryNames": ["cc", "aa", "bb", "aa"]}),
    "images": ("describe_images", {"repositoryName": "aa"}),
    "images with tags": ("describe_images", {"repositoryName": "aa", "filter": {"tagStatus": "TAGGED"}}),
    "images by name": ("describe_images", {"repositoryName": "aa", "imageIds": [{"imageTag": "2"}, {"imageTag": "1"}]}),
    "identifiers": ("list_images", {"repositoryName": "aa"}),
    "identifiers with tags": ("list_images", {"repositoryName": "aa", "filter": {"tagStatus": "TAGGED"}}),
    "identifiers without": ("list_images", {"repositoryName": "aa", "filter": {"tagStatus": "UNTAGGED"}}),
}
SIZES = {
    "repositories": 6,
    "repositories by name": 3,
    "images": 2,
    "images with tags": 1,
    "images by name": 1,
    "identifiers": 4,
    "identifiers with tags": 3,
    "identifiers without": 1,
}


@pytest.fixture
def full(lab: Lab, ecr: Any, image: Image, another: Image) -> Any:
    """Six repositories; two images in the first, one of them with three tags."""
    for name in reversed(NAMES):
        ecr.create_repository(repositoryName=name)
    push(ecr, "aa", "1", another)
    for tag in ("1", "2", "3"):
        push(ecr, "aa", tag, image)
    return ecr


def pages(ecr: Any, operation: str, params: dict[str, Any], size: int) -> list[list[Any]]:
    found = ecr.get_paginator(operation).paginate(**params, PaginationConfig={"PageSize": size})
    return [next(value for value in page.values() if isinstance(value, list)) for page in found]


@pytest.mark.parametrize("listed", LISTS)
def test_pages_of_any_size_have_everything_once(full: Any, listed: str):
    operation, params = LISTS[listed]
    (everything,) = pages(full, operation, params, 1000)
    assert len(everything) == SIZES[listed]
    for size in range(1, len(everything) + 2):
        parts = pages(full, operation, params, size)
        assert [item for part in parts for item in part] == everything
        assert all(len(part) == size for part in parts[:-1])
        assert parts[-1]


def test_repositories_come_by_name(full: Any):
    found = full.describe_repositories()["repositories"]
    assert [each["repositoryName"] for each in found] == sorted(NAMES)
    named = full.describe_repositories(repositoryNames=["cc", "aa"])["repositories"]
    assert [each["repositoryName"] for each in named] == ["aa", "cc"]


def token(ecr: Any, listed: str) -> str:
    operation, params = LISTS[listed]
    return str(getattr(ecr, operation)(**params, maxResults=1)["nextToken"])


@pytest.mark.parametrize("listed", ["repositories", "images", "identifiers"])
@pytest.mark.parametrize("other", [name for name, size in SIZES.items() if size > 1])
def test_a_token_of_another_list_is_refused(full: Any, listed: str, other: str):
    operation, params = LISTS[listed]
    call = getattr(full, operation)
    if listed == other:
        call(**params, nextToken=token(full, other))
    else:
        answer = refusal(call, **params, nextToken=token(full, other))
        assert answer[:2] == ("InvalidParameterException", 400)
        assert "'nextToken'" in answer[2]


def test_a_token_of_another_registry_is_refused(full: Any, lab: Lab):
    call = lab.client("workload", "ecr").describe_repositories
    assert refusal(call, nextToken=token(full, "repositories"))[0] == "InvalidParameterException"


@pytest.mark.parametrize(
    "wrong",
    ["", "0", "2", "nonsense", "é", base64.b64encode(b"[]").decode(), base64.b64encode(b'["x", "a"]').decode()],
)
def test_a_made_up_token_is_refused(full: Any, wrong: str):
    assert refusal(full.describe_repositories, nextToken=wrong)[:2] == ("InvalidParameterException", 400)


def test_a_token_that_was_changed_is_refused(full: Any):
    seal, position = json.loads(base64.urlsafe_b64decode(token(full, "repositories")))
    changed = base64.urlsafe_b64encode(json.dumps([seal, position + "x"]).encode()).decode()
    assert refusal(full.describe_repositories, nextToken=changed)[0] == "InvalidParameterException"


def test_what_is_deleted_between_two_pages_is_missing_and_nothing_else(full: Any):
    first = full.describe_repositories(maxResults=2)
    full.delete_repository(repositoryName="aa/b")
    full.delete_repository(repositoryName="bb")
    rest = full.describe_repositories(nextToken=first["nextToken"])["repositories"]
    assert [each["repositoryName"] for each in rest] == ["bb-1", "bb/c", "cc"]
