"""Lifecycle policies through the ECR API, and what becomes of images as the lab's clock goes on."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from labkit.aws.images import push
from labkit.image.format.image import Image
from tests.embedded.conftest import Cloud
from tests.embedded.lab_of_tests import REGISTRY, Lab, refusal

NEVER = datetime.fromtimestamp(0, UTC)
KEEP_ONE = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 1}
OLD = {"tagStatus": "any", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 10}
UNUSED = {**OLD, "countType": "sinceImagePulled"}
KEPT = {**OLD, "countType": "sinceImageTransitioned", "countNumber": 90, "storageClass": "archive"}
EXPIRE, ARCHIVE = {"type": "expire"}, {"type": "transition", "targetStorageClass": "archive"}


def policy(*rules: tuple[dict[str, Any], dict[str, Any]]) -> str:
    """A policy of these selections and actions, by priority."""
    listed = [
        {"rulePriority": number, "description": f"Rule {number}", "selection": selection, "action": action}
        for number, (selection, action) in enumerate(rules, 1)
    ]
    return json.dumps({"rules": listed}, separators=(",", ":"))


def missing(what: str, name: str) -> str:
    return f"{what} does not exist for the repository with name '{name}' in the registry with id '{REGISTRY}'"


def states(ecr: Any, name: str) -> dict[str, str]:
    """Tag and status of the images that are there."""
    found = ecr.describe_images(repositoryName=name, filter={"imageStatus": "ANY"})["imageDetails"]
    return {each.get("imageTags", ["-"])[0]: each["imageStatus"] for each in found}


@pytest.fixture
def filled(lab: Lab, cloud: Cloud, ecr: Any, name: str, image: Image, another: Image) -> str:
    """A repository with an image ``old``, and one that was pushed a day later, ``new``."""
    lab.repository(name, image, "old")
    cloud.embedded.move_clock(timedelta(days=1))
    push(ecr, name, "new", another)
    return name


def test_a_lifecycle_policy_is_put_shown_and_deleted(ecr: Any, repository: str):
    call = {"repositoryName": repository}
    expected = ("LifecyclePolicyNotFoundException", 400, missing("Lifecycle policy", repository))
    assert refusal(ecr.get_lifecycle_policy, **call) == expected
    text = policy((OLD, EXPIRE))
    put = ecr.put_lifecycle_policy(**call, lifecyclePolicyText=json.dumps(json.loads(text), indent=4))
    assert (put["registryId"], put["repositoryName"], put["lifecyclePolicyText"]) == (REGISTRY, repository, text)
    got = ecr.get_lifecycle_policy(**call)
    assert (got["lifecyclePolicyText"], got["lastEvaluatedAt"]) == (text, NEVER)
    assert ecr.delete_lifecycle_policy(**call)["lifecyclePolicyText"] == text
    assert refusal(ecr.delete_lifecycle_policy, **call) == expected


def test_what_is_no_policy_is_refused_in_ecr_s_words_and_changes_nothing(ecr: Any, repository: str):
    call = {"repositoryName": repository}
    ecr.put_lifecycle_policy(**call, lifecyclePolicyText=policy((OLD, EXPIRE)))
    wrong = policy(({**OLD, "tagStatus": "tagged"}, EXPIRE))
    said = "'Lifecycle policy validation failure: Must specify tagPrefixList or tagPatternList when tagStatus=TAGGED.'"
    expected = f"Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: {said}"
    for operation in (ecr.put_lifecycle_policy, ecr.start_lifecycle_policy_preview):
        answer = refusal(operation, **call, lifecyclePolicyText=wrong)
        assert answer == ("InvalidParameterException", 400, expected)
    assert ecr.get_lifecycle_policy(**call)["lifecyclePolicyText"] == policy((OLD, EXPIRE))


@pytest.mark.aws("Amazon ECR User Guide, lifecycle policies: within 24 hours", "high")
def test_images_expire_within_a_day_and_not_before(cloud: Cloud, ecr: Any, filled: str):
    ecr.put_lifecycle_policy(repositoryName=filled, lifecyclePolicyText=policy((KEEP_ONE, EXPIRE)))
    cloud.embedded.move_clock(timedelta(hours=23))
    assert states(ecr, filled) == {"old": "ACTIVE", "new": "ACTIVE"}
    due = cloud.embedded.clock.now() + timedelta(hours=1)
    cloud.embedded.move_clock(timedelta(hours=2))
    assert states(ecr, filled) == {"new": "ACTIVE"}
    assert ecr.get_lifecycle_policy(repositoryName=filled)["lastEvaluatedAt"] == due.replace(microsecond=0)
    answer = ecr.batch_get_image(repositoryName=filled, imageIds=[{"imageTag": "old"}])
    assert answer["failures"][0]["failureCode"] == "ImageNotFound"


def test_a_policy_acts_by_the_machines_clock_as_well(cloud: Cloud, ecr: Any, filled: str):
    ecr.put_lifecycle_policy(repositoryName=filled, lifecyclePolicyText=policy((KEEP_ONE, EXPIRE)))
    cloud.clock.move(days=1)
    assert states(ecr, filled) == {"new": "ACTIVE"}


def test_layers_that_no_image_needs_any_more_are_deleted(cloud: Cloud, ecr: Any, filled: str):
    def blobs() -> int:
        return len(list(cloud.embedded.images.blobs))

    before = blobs()
    ecr.put_lifecycle_policy(repositoryName=filled, lifecyclePolicyText=policy((KEEP_ONE, EXPIRE)))
    cloud.embedded.move_clock(timedelta(days=3))
    assert blobs() < before
    cloud.embedded.move_clock(timedelta(days=1))
    assert states(ecr, filled) == {"new": "ACTIVE"}


def test_into_the_archive_and_out_of_it_each_at_its_time(cloud: Cloud, ecr: Any, filled: str):
    text = policy((UNUSED, ARCHIVE), (KEPT, EXPIRE))
    ecr.put_lifecycle_policy(repositoryName=filled, lifecyclePolicyText=text)
    begun = cloud.embedded.clock.now()
    cloud.embedded.move_clock(timedelta(days=10, hours=1))
    assert states(ecr, filled) == {"old": "ARCHIVED", "new": "ACTIVE"}
    (detail,) = ecr.describe_images(repositoryName=filled, imageIds=[{"imageTag": "old"}])["imageDetails"]
    assert detail["lastArchivedAt"] == (begun + timedelta(days=10)).replace(microsecond=0)
    cloud.embedded.move_clock(timedelta(days=90))
    assert states(ecr, filled) == {"old": "ARCHIVED", "new": "ARCHIVED"}
    cloud.embedded.move_clock(timedelta(days=1))
    assert states(ecr, filled) == {"new": "ARCHIVED"}
    cloud.embedded.move_clock(timedelta(days=1))
    assert states(ecr, filled) == {}


def test_an_image_that_is_pulled_stays_active(cloud: Cloud, ecr: Any, filled: str):
    ecr.put_lifecycle_policy(repositoryName=filled, lifecyclePolicyText=policy((UNUSED, ARCHIVE)))
    for _ in range(3):
        cloud.embedded.move_clock(timedelta(days=6))
        ecr.batch_get_image(repositoryName=filled, imageIds=[{"imageTag": "new"}])
    assert states(ecr, filled) == {"old": "ARCHIVED", "new": "ACTIVE"}


def test_what_has_expired_stays_so_when_the_clock_is_set_back(cloud: Cloud, ecr: Any, filled: str):
    ecr.put_lifecycle_policy(repositoryName=filled, lifecyclePolicyText=policy((KEEP_ONE, EXPIRE)))
    cloud.embedded.move_clock(timedelta(days=400))
    cloud.embedded.move_clock(None)
    assert states(ecr, filled) == {"new": "ACTIVE"}


def test_a_policy_whose_evaluation_the_clock_has_left_far_ahead_is_evaluated_within_a_day(
    cloud: Cloud, ecr: Any, filled: str, image: Image
):
    ecr.put_lifecycle_policy(repositoryName=filled, lifecyclePolicyText=policy((KEEP_ONE, EXPIRE)))
    cloud.embedded.move_clock(timedelta(days=400))
    cloud.embedded.move_clock(None)
    push(ecr, filled, "newest", image)
    cloud.embedded.move_clock(timedelta(days=1, hours=1))
    assert len(states(ecr, filled)) == 1


def test_a_preview_tells_what_would_go_and_nothing_goes(cloud: Cloud, ecr: Any, filled: str):
    call = {"repositoryName": filled}
    assert refusal(ecr.start_lifecycle_policy_preview, **call)[0] == "LifecyclePolicyNotFoundException"
    assert refusal(ecr.get_lifecycle_policy_preview, **call)[0] == "LifecyclePolicyPreviewNotFoundException"
    started = ecr.start_lifecycle_policy_preview(**call, lifecyclePolicyText=policy((KEEP_ONE, EXPIRE)))
    assert started["status"] == "IN_PROGRESS"
    ecr.get_waiter("lifecycle_policy_preview_complete").wait(**call)
    got = ecr.get_lifecycle_policy_preview(**call)
    (gone,) = got["previewResults"]
    assert (gone["imageTags"], gone["action"], gone["appliedRulePriority"]) == (["old"], {"type": "EXPIRE"}, 1)
    assert (gone["storageClass"], got["summary"]) == ("STANDARD", {"expiringImageTotalCount": 1})
    cloud.embedded.move_clock(timedelta(days=5))
    assert states(ecr, filled) == {"old": "ACTIVE", "new": "ACTIVE"}


def test_a_preview_counts_what_would_be_archived_and_is_filtered(cloud: Cloud, ecr: Any, filled: str):
    call = {"repositoryName": filled}
    ecr.put_lifecycle_policy(**call, lifecyclePolicyText=policy((UNUSED, ARCHIVE)))
    cloud.embedded.move_clock(timedelta(days=9, hours=23))
    ecr.start_lifecycle_policy_preview(**call)
    got = ecr.get_lifecycle_policy_preview(**call)
    assert [each["action"] for each in got["previewResults"]] == [
        {"type": "TRANSITION", "targetStorageClass": "ARCHIVE"}
    ]
    counts = [{"targetStorageClass": "ARCHIVE", "imageTotalCount": 1}]
    assert got["summary"] == {"expiringImageTotalCount": 0, "transitioningImageTotalCounts": counts}
    for asked, number in (
        ({"filter": {"tagStatus": "UNTAGGED"}}, 0),
        ({"filter": {"tagStatus": "TAGGED"}}, 1),
        ({"imageIds": [{"imageTag": "old"}]}, 1),
        ({"imageIds": [{"imageTag": "new"}]}, 0),
    ):
        assert len(ecr.get_lifecycle_policy_preview(**call, **asked)["previewResults"]) == number


def test_policy_and_preview_go_with_their_repository(ecr: Any, filled: str):
    call = {"repositoryName": filled}
    ecr.put_lifecycle_policy(**call, lifecyclePolicyText=policy((KEEP_ONE, EXPIRE)))
    ecr.start_lifecycle_policy_preview(**call)
    ecr.delete_repository(**call, force=True)
    ecr.create_repository(**call)
    assert refusal(ecr.get_lifecycle_policy, **call)[0] == "LifecyclePolicyNotFoundException"
    assert refusal(ecr.get_lifecycle_policy_preview, **call)[0] == "LifecyclePolicyPreviewNotFoundException"


def test_cloudtrail_has_an_event_of_what_a_policy_did(cloud: Cloud, ecr: Any, filled: str):
    ecr.put_lifecycle_policy(repositoryName=filled, lifecyclePolicyText=policy((KEEP_ONE, EXPIRE)))
    before = {image["imageDigest"] for image in ecr.list_images(repositoryName=filled)["imageIds"]}
    cloud.embedded.move_clock(timedelta(days=2))
    left = {image["imageDigest"] for image in ecr.list_images(repositoryName=filled)["imageIds"]}
    attribute = {"AttributeKey": "EventName", "AttributeValue": "PolicyExecutionEvent"}
    (event,) = cloud.client("registry", "cloudtrail").lookup_events(LookupAttributes=[attribute])["Events"]
    record = json.loads(event["CloudTrailEvent"])
    actions = record["serviceEventDetails"]["lifecycleEventImageActions"]
    assert {each["lifecycleEventImage"]["digest"] for each in actions} == before - left
    assert record["userIdentity"] == {"accountId": REGISTRY, "invokedBy": "AWS Internal"}
    assert (record["eventType"], event["EventTime"] < cloud.embedded.clock.now()) == ("AwsServiceEvent", True)
