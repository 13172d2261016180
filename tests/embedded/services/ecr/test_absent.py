"""What this ECR has not got: harmless questions get AWS's empty answers, the rest a sentence."""

from __future__ import annotations

from typing import Any

import pytest

from labkit.image.format.image import Image
from tests.embedded.lab_of_tests import REGISTRY, Lab, refusal

ASKED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "describe_registry": ({}, {"replicationConfiguration": {"rules": []}}),
    "get_registry_scanning_configuration": ({}, {"scanningConfiguration": {"scanType": "BASIC", "rules": []}}),
    "describe_repository_creation_templates": ({}, {"repositoryCreationTemplates": []}),
    "list_pull_time_update_exclusions": ({}, {"pullTimeUpdateExclusions": []}),
    "describe_pull_through_cache_rules": ({}, {"pullThroughCacheRules": []}),
    "describe_image_replication_status": (
        {"repositoryName": "t42", "imageId": {"imageTag": "1"}},
        {"replicationStatuses": []},
    ),
    "describe_image_signing_status": (
        {"repositoryName": "t42", "imageId": {"imageTag": "1"}},
        {"signingStatuses": []},
    ),
}
IMAGE = {"repositoryName": "t42", "imageId": {"imageTag": "1"}}
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "start_image_scan": (IMAGE, "scans no images"),
    "put_registry_scanning_configuration": ({"scanType": "ENHANCED"}, "scans no images"),
    "put_replication_configuration": ({"replicationConfiguration": {"rules": []}}, "does not replicate"),
    "create_repository_creation_template": ({"prefix": "ROOT", "appliedFor": ["REPLICATION"]}, "no templates"),
    "register_pull_time_update_exclusion": (
        {"principalArn": f"arn:aws:iam::{REGISTRY}:role/scanner"},
        "pulls of everybody",
    ),
}


@pytest.fixture
def made(lab: Lab, image: Image) -> str:
    """A repository with an image."""
    return lab.repository("t42", image, "1")


@pytest.mark.parametrize(("name", "call", "expected"), [(name, *row) for name, row in ASKED.items()], ids=ASKED)
def test_what_only_asks_gets_the_empty_answer(
    ecr: Any, made: str, name: str, call: dict[str, Any], expected: dict[str, Any]
):
    answer = getattr(ecr, name)(**call)
    assert {key: answer[key] for key in expected} == expected


@pytest.mark.parametrize(("name", "call", "words"), [(name, *row) for name, row in REFUSED.items()], ids=REFUSED)
@pytest.mark.differs(
    "AWS scans, replicates, signs, and makes repositories from templates", "nothing of it decides a pull by Lambda"
)
def test_what_would_start_something_is_refused_with_a_sentence(
    ecr: Any, made: str, name: str, call: dict[str, Any], words: str
):
    code, status, text = refusal(getattr(ecr, name), **call)
    assert (code, status) == ("UnknownOperationException", 400)
    assert words in text


def test_an_image_has_no_findings_and_is_told_from_one_that_is_not_there(ecr: Any, made: str):
    code, _, text = refusal(ecr.describe_image_scan_findings, **IMAGE)
    assert code == "ScanNotFoundException"
    assert text.startswith("Image scan does not exist for the image with '{imageDigest:'sha256:")
    missing = {**IMAGE, "imageId": {"imageTag": "2"}}
    assert refusal(ecr.describe_image_scan_findings, **missing)[0] == "ImageNotFoundException"


def test_what_is_not_there_is_called_not_found(ecr: Any):
    assert refusal(ecr.get_signing_configuration)[0] == "SigningConfigurationNotFoundException"
    code = refusal(ecr.delete_repository_creation_template, prefix="ROOT")[0]
    assert code == "TemplateNotFoundException"


def test_scanning_on_push_is_a_setting_that_is_shown(ecr: Any, made: str):
    for scans, frequency in ((False, "MANUAL"), (True, "SCAN_ON_PUSH")):
        ecr.put_image_scanning_configuration(repositoryName="t42", imageScanningConfiguration={"scanOnPush": scans})
        (shown,) = ecr.describe_repositories(repositoryNames=["t42"])["repositories"]
        assert shown["imageScanningConfiguration"] == {"scanOnPush": scans}
        answer = ecr.batch_get_repository_scanning_configuration(repositoryNames=["t42", "none"])
        (found,) = answer["scanningConfigurations"]
        assert (found["scanOnPush"], found["scanFrequency"], found["appliedScanFilters"]) == (scans, frequency, [])
        assert [each["repositoryName"] for each in answer["failures"]] == ["none"]
