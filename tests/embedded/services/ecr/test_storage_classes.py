"""Images in the archive: what can be done with them, by the API, by docker, by Lambda."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from labkit.aws.images import push
from labkit.image.format.image import Image
from labkit.image.format.manifest import OCI_INDEX
from labkit.pull import policies
from tests.embedded.conftest import Cloud
from tests.embedded.lab_of_tests import Lab, refusal
from tests.embedded.registry_client import HOST, Registry, error_of


@pytest.fixture
def uri(lab: Lab, name: str, image: Image) -> str:
    """The URI of an image in a repository from which Lambda may pull."""
    found = lab.repository(name, image)
    lab.allow(name, policies.same_account())
    return found


def change(ecr: Any, name: str, to: str, **image_id: str) -> dict[str, Any]:
    image_id = image_id or {"imageTag": "0.0.1"}
    answer: dict[str, Any] = ecr.update_image_storage_class(
        repositoryName=name, imageId=image_id, targetStorageClass=to
    )
    return answer


def detail(ecr: Any, name: str) -> dict[str, Any]:
    found: dict[str, Any] = ecr.describe_images(repositoryName=name, imageIds=[{"imageTag": "0.0.1"}])["imageDetails"][
        0
    ]
    return found


def test_an_image_goes_into_the_archive_and_comes_back(cloud: Cloud, ecr: Any, uri: str, name: str):
    assert detail(ecr, name)["imageStatus"] == "ACTIVE"
    archived = change(ecr, name, "ARCHIVE")
    assert (archived["imageStatus"], archived["imageId"]["imageTag"]) == ("ARCHIVED", "0.0.1")
    assert change(ecr, name, "ARCHIVE")["imageStatus"] == "ARCHIVED"
    cloud.clock.move(days=1)
    assert change(ecr, name, "STANDARD")["imageStatus"] == "ACTIVE"
    shown = detail(ecr, name)
    assert (shown["lastActivatedAt"] - shown["lastArchivedAt"]).days == 1
    assert change(ecr, name, "STANDARD")["imageStatus"] == "ACTIVE"


def test_an_archived_image_is_described_and_listed_where_it_is_asked_for(ecr: Any, uri: str, name: str, another: Image):
    push(ecr, name, "other", another)
    change(ecr, name, "ARCHIVE")
    shown = {
        status: [
            sorted(tag for each in ecr.describe_images(**call)["imageDetails"] for tag in each["imageTags"]),
            sorted(each["imageTag"] for each in ecr.list_images(**call)["imageIds"]),
        ]
        for status in ("", "ACTIVE", "ARCHIVED", "ACTIVATING", "ANY")
        for call in [{"repositoryName": name, **({"filter": {"imageStatus": status}} if status else {})}]
    }
    expected = {"": ["other"], "ACTIVE": ["other"], "ARCHIVED": ["0.0.1"], "ACTIVATING": [], "ANY": ["0.0.1", "other"]}
    assert shown == {status: [tags, tags] for status, tags in expected.items()}


@pytest.mark.aws("Amazon ECR User Guide, archive-image", "high")
def test_an_archived_image_cannot_be_pulled_through_the_api(ecr: Any, uri: str, name: str):
    change(ecr, name, "ARCHIVE")
    answer = ecr.batch_get_image(repositoryName=name, imageIds=[{"imageTag": "0.0.1"}])
    assert (answer["images"], answer["failures"][0]["failureCode"]) == ([], "ImageNotFound")


@pytest.mark.aws("Amazon ECR User Guide, archive-image", "high")
def test_docker_is_answered_404_for_an_archived_image(cloud: Cloud, ecr: Any, uri: str, name: str):
    registry = Registry(cloud, repository=f"{HOST.format('813835382529', 'eu-central-1')}/{name}")
    assert registry.on("GET", "manifests/0.0.1").status == 200
    change(ecr, name, "ARCHIVE")
    assert error_of(registry.on("GET", "manifests/0.0.1"))[:2] == (404, "MANIFEST_UNKNOWN")


@pytest.mark.aws("an inference: as for a deleted image", "low")
def test_lambda_is_refused_an_archived_image_as_one_that_is_not_there(lab: Lab, ecr: Any, uri: str, name: str):
    change(ecr, name, "ARCHIVE")
    code, status, text = refusal(lab.create, profile="registry", name="f", uri=uri)
    assert (code, status) == ("InvalidParameterValueException", 400)
    assert text.startswith(f"Source image {uri} does not exist.")
    change(ecr, name, "STANDARD")
    assert lab.create("registry", "f", uri)["FunctionName"] == "f"


@pytest.mark.aws("Amazon ECR User Guide, archive-image: up to 20 minutes", "high")
def test_in_a_realistic_world_an_image_is_on_its_way_back_for_twenty_minutes(
    lab: Lab, cloud: Cloud, ecr: Any, uri: str, name: str
):
    lab.role("registry")  # in a realistic world a new one could not be assumed at once
    cloud.embedded.apply(replace(cloud.embedded.settings, realistic=True))
    change(ecr, name, "ARCHIVE")
    assert change(ecr, name, "STANDARD")["imageStatus"] == "ACTIVATING"
    call = {"repositoryName": name, "imageId": {"imageTag": "0.0.1"}, "targetStorageClass": "ARCHIVE"}
    assert refusal(ecr.update_image_storage_class, **call)[0] == "ImageStorageClassUpdateNotSupportedException"
    assert "lastActivatedAt" not in detail(ecr, name)
    for minutes, status in ((19, "ACTIVATING"), (1, "ACTIVE")):
        cloud.embedded.move_clock(timedelta(minutes=minutes))
        filtered = ecr.list_images(repositoryName=name, filter={"imageStatus": status})["imageIds"]
        pulled = ecr.batch_get_image(repositoryName=name, imageIds=[{"imageTag": "0.0.1"}])["images"]
        assert (detail(ecr, name)["imageStatus"], len(filtered), len(pulled)) == (status, 1, status == "ACTIVE")
    assert lab.create("registry", "f", uri)["FunctionName"] == "f"


def test_a_function_that_wakes_finds_its_image_in_the_archive(lab: Lab, cloud: Cloud, ecr: Any, uri: str, name: str):
    lambda_ = lab.active("registry", "f", uri)
    change(ecr, name, "ARCHIVE")
    assert lambda_.get_function(FunctionName="f")["Configuration"]["State"] == "Active"
    cloud.embedded.move_clock(timedelta(days=60))
    assert lambda_.get_function(FunctionName="f")["Configuration"]["State"] == "Inactive"
    assert refusal(lambda_.invoke, FunctionName="f")[0] == "CodeArtifactUserPendingException"
    found = lambda_.get_function(FunctionName="f")["Configuration"]
    assert (found["State"], found["StateReasonCode"]) != ("Active", None)
    assert found["StateReasonCode"] == "ImageDeleted"


def test_an_image_that_is_pushed_again_comes_back(ecr: Any, uri: str, name: str, image: Image):
    change(ecr, name, "ARCHIVE")
    push(ecr, name, "0.0.1", image)
    assert detail(ecr, name)["imageStatus"] == "ACTIVE"


def test_an_archived_image_can_be_deleted(ecr: Any, uri: str, name: str):
    change(ecr, name, "ARCHIVE")
    assert ecr.batch_delete_image(repositoryName=name, imageIds=[{"imageTag": "0.0.1"}])["failures"] == []


def test_an_image_of_an_index_is_archived_after_it(ecr: Any, uri: str, name: str):
    digest = detail(ecr, name)["imageDigest"]
    entry = {"mediaType": detail(ecr, name)["imageManifestMediaType"], "digest": digest, "size": 1}
    index = json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [entry]})
    ecr.put_image(repositoryName=name, imageManifest=index, imageTag="multi")
    call = {"repositoryName": name, "imageId": {"imageTag": "0.0.1"}, "targetStorageClass": "ARCHIVE"}
    expected = ("ImageStorageClassUpdateNotSupportedException", 400)
    assert refusal(ecr.update_image_storage_class, **call)[:2] == expected
    change(ecr, name, "ARCHIVE", imageTag="multi")
    assert change(ecr, name, "ARCHIVE")["imageStatus"] == "ARCHIVED"


def test_an_image_that_is_not_there_cannot_be_archived(ecr: Any, uri: str, name: str):
    call = {"repositoryName": name, "imageId": {"imageTag": "none"}, "targetStorageClass": "ARCHIVE"}
    assert refusal(ecr.update_image_storage_class, **call)[0] == "ImageNotFoundException"


@pytest.mark.aws("ECR API Reference, lastRecordedPullTime", "high")
def test_pulls_are_written_down_once_a_day(lab: Lab, cloud: Cloud, ecr: Any, uri: str, name: str):
    assert "lastRecordedPullTime" not in detail(ecr, name)
    begun = cloud.clock.now()
    for hours, noted in ((0, 0), (23, 0), (1, 24), (1, 24)):
        cloud.clock.move(hours=hours)
        ecr.batch_get_image(repositoryName=name, imageIds=[{"imageTag": "0.0.1"}])
        assert (detail(ecr, name)["lastRecordedPullTime"] - begun).total_seconds() == noted * 3600
    cloud.clock.move(days=2)
    lab.create("registry", "f", uri)
    assert (detail(ecr, name)["lastRecordedPullTime"] - begun).days == 3
