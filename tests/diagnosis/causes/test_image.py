"""The image, the function's state, and what only records show."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from labkit.diagnosis.diagnose import diagnose
from labkit.diagnosis.facts import Child, Event, Facts, Function, Repository
from labkit.diagnosis.result import CAN, LIKELY, POSSIBLE
from labkit.image.format.manifest import OCI_INDEX
from labkit.pull import policies
from labkit.pull.function import FunctionRef
from tests.diagnosis.causes.given import (
    DIGEST,
    IMAGE,
    REGISTRY,
    REPOSITORY_ARN,
    URI,
    WORKLOAD,
    across,
    causes,
    ids,
    policy,
)

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
HEALTHY = policies.cross_account(WORKLOAD)
LIFECYCLE = {
    "rules": [
        {
            "rulePriority": 1,
            "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 3},
            "action": {"type": "expire"},
        }
    ]
}
RESOLVED = f"{URI.partition(':')[0]}@{DIGEST}"
CALLER = f"arn:aws:iam::{WORKLOAD}:role/Deployer"


def healthy(**changes: Any) -> Facts:
    return across(HEALTHY, **changes)


def asked(image: str) -> Facts:
    return healthy(question={"image": image})


def event(name: str, seconds: int = 0, **more: Any) -> Event:
    parameters = {"registryId": REGISTRY, "repositoryName": "lambda-test", **more.pop("parameters", {})}
    return Event(NOW + timedelta(seconds=seconds), name, REGISTRY, parameters=parameters, **more)


def image(**changes: Any) -> Facts:
    return healthy(image=replace(IMAGE, **changes))


def gone(**changes: Any) -> Facts:
    return healthy(image=None, **changes)


IMAGES = (
    ("of Docker Hub", asked("nginx:latest"), {"image-uri"}),
    ("of the public registry", asked("public.ecr.aws/lambda/python:3.12"), {"image-uri"}),
    ("without a tag", asked(URI.removesuffix(":0.0.1")), {"image-uri"}),
    ("by the FIPS door", asked(URI.replace("dkr.ecr.", "dkr.ecr-fips.")), {"image-uri"}),
    ("of another region", healthy(question={"function": FunctionRef(WORKLOAD, "us-east-1", "f")}), {"other-region"}),
    ("in a region that is not opened", healthy(region_opened=False), {"region-not-opened"}),
    ("without a repository", healthy(repository=None, image=None), {"repository-missing"}),
    ("of a cache", healthy(repository=Repository(pull_through=True), image=None), {"pull-through-cache"}),
    ("that a cache has already", healthy(repository=Repository(pull_through=True)), set()),
    ("missing", gone(), {"image-missing"}),
    (
        "missing, a function has another one",
        gone(
            question={"operation": "update"},
            function=Function(image=URI.replace("0.0.1", "0.0.0"), resolved_image=RESOLVED),
        ),
        {"image-missing"},
    ),
    (
        "deleted, the function had it",
        gone(question={"operation": "update"}, function=Function(image=URI)),
        {"image-deleted"},
    ),
    (
        "deleted, by its digest",
        gone(question={"image": RESOLVED, "operation": "restore"}, function=Function(resolved_image=RESOLVED)),
        {"image-deleted"},
    ),
    (
        "deleted, CloudTrail saw it",
        gone(history=(event("BatchDeleteImage", parameters={"imageIds": [{"imageTag": "0.0.1"}]}),)),
        {"image-deleted"},
    ),
    (
        "another one was deleted",
        gone(history=(event("BatchDeleteImage", parameters={"imageIds": [{"imageTag": "0.0.2"}]}),)),
        {"image-missing"},
    ),
    (
        "deleting it was refused",
        gone(
            history=(
                event("BatchDeleteImage", error_code="AccessDenied", parameters={"imageIds": [{"imageTag": "0.0.1"}]}),
            )
        ),
        {"image-missing"},
    ),
    ("a rule takes it", gone(repository=Repository(lifecycle=json.dumps(LIFECYCLE))), {"image-deleted"}),
    ("archived", image(status="ARCHIVED"), {"image-archived"}),
    ("on its way back", image(status="ACTIVATING"), {"image-archived"}),
    ("an index", image(media_type=OCI_INDEX, children=(Child(DIGEST, "amd64"),)), {"image-index"}),
    ("with zstd layers", image(layer_media_types=("application/vnd.oci.image.layer.v1.tar+zstd",)), {"image-format"}),
    ("a chart", image(config_media_type="application/vnd.cncf.helm.config.v1+json"), {"image-format"}),
    ("huge", image(size=11 * 1024**3), {"image-too-large"}),
    (
        "huge once unpacked",
        healthy(function=Function(state="Failed", state_reason="SizeLimitExceeded: Uncompressed")),
        {"image-too-large"},
    ),
    ("for another architecture", healthy(function=Function(architectures=("arm64",))), {"architecture"}),
    ("for the right architecture", healthy(function=Function(architectures=("x86_64",))), set()),
    (
        "archived and of another architecture",
        healthy(image=replace(IMAGE, status="ARCHIVED", architecture="arm64"), function=Function()),
        {"image-archived", "architecture"},
    ),
)


@pytest.mark.parametrize(("title", "facts", "expected"), IMAGES, ids=[row[0] for row in IMAGES])
def test_an_image(title: str, facts: Facts, expected: set[str]) -> None:
    assert ids(facts) == expected


def test_of_a_repository_that_is_not_there_nobody_says_what_its_policy_lacks() -> None:
    assert ids(across(None, repository=None, image=None)) == {"repository-missing"}


def test_a_lifecycle_rule_alone_makes_a_deletion_likely() -> None:
    [cause] = causes(gone(repository=Repository(lifecycle=json.dumps(LIFECYCLE))))
    assert (cause.id, cause.certainty) == ("image-deleted", LIKELY)


STATES = (
    (
        "an idle function",
        healthy(function=Function("Inactive", "The function is idle.", "Idle")),
        {"function-inactive"},
    ),
    ("inactive for a reason that is mended", healthy(function=Function("Inactive", "", "ImageAccessDenied")), set()),
    (
        "inactive, and its image is gone",
        gone(
            question={"operation": "restore"},
            function=Function("Inactive", "The function is trying to use a deleted image.", "ImageDeleted", image=URI),
        ),
        {"image-deleted", "function-inactive"},
    ),
    ("a key of KMS", healthy(function=Function("Inactive", "", "KMSKeyAccessDenied")), {"kms", "function-inactive"}),
    (
        "a key in the text",
        healthy(
            error="An error occurred (KMSAccessDeniedException) when calling the Invoke operation: "
            "Lambda can't decrypt the container image because KMS access is denied. Check the function's KMS key "
            "settings."
        ),
        {"kms"},
    ),
    (
        "another puller",
        healthy(error="CannotPullContainerError: pull image manifest has been retried 1 time(s)"),
        {"other-puller"},
    ),
)


@pytest.mark.parametrize(("title", "facts", "expected"), STATES, ids=[row[0] for row in STATES])
def test_the_state_of_a_function(title: str, facts: Facts, expected: set[str]) -> None:
    assert ids(facts) == expected


# What records show

REFUSED = event(
    "CreateFunction20150331",
    30,
    error_code="AccessDeniedException",
    error_message="Lambda does not have permission to access the ECR image. Check the ECR permissions.",
)
SETS = tuple(
    event(
        "SetRepositoryPolicy",
        second,
        principal=CALLER,
        invoked_by="lambda.amazonaws.com",
        parameters={"policyText": json.dumps(HEALTHY)},
    )
    for second in (0, 2)
)
DENIED = event(
    "BatchGetImage",
    20,
    error_code="AccessDenied",
    error_message=(
        f"User: {CALLER} is not authorized to perform: ecr:BatchGetImage on resource: {REPOSITORY_ARN} because no "
        "identity-based policy allows the ecr:BatchGetImage action"
    ),
)
BY_ANOTHER = DENIED._replace(error_message=DENIED.error_message.replace(CALLER, f"arn:aws:iam::{REGISTRY}:user/admin"))
"""A refusal of whoever diagnoses, whose reading is recorded too."""


def test_two_sets_within_seconds_and_a_refusal_are_parallel_creates() -> None:
    assert ids(healthy(history=(*SETS, REFUSED))) == {"parallel-creates"}
    assert causes(healthy(history=SETS)) == ()
    apart = (SETS[0], SETS[1]._replace(time=NOW + timedelta(minutes=3)))
    assert ids(healthy(history=(*apart, REFUSED))) == set()


def test_a_statement_that_the_second_of_two_sets_lost_shows_parallel_creates() -> None:
    both = json.dumps(policy(*HEALTHY["Statement"], *policies.same_account()["Statement"]))
    first = SETS[0]._replace(parameters={**SETS[0].parameters, "policyText": both})
    assert ids(healthy(history=(first, SETS[1]))) == {"parallel-creates"}


def test_a_change_shortly_before_a_refusal_is_possible_to_be_still_on_its_way() -> None:
    [cause] = causes(healthy(history=(SETS[0], REFUSED)))
    assert (cause.id, cause.certainty) == ("not-propagated", POSSIBLE)
    assert causes(healthy(history=(SETS[0], REFUSED._replace(time=NOW + timedelta(hours=2))))) == ()
    assert causes(healthy(history=(SETS[0],))) == ()


def test_a_recorded_denial_confirms_a_cause_or_is_said_beside_it() -> None:
    agreeing = across(HEALTHY, identity=across(None).identity._replace(documents=()), history=(DENIED,))
    [cause] = [each for each in causes(agreeing) if each.id == "caller-identity"]
    assert any("AWS recorded the same" in line and "no identity-based policy" in line for line in cause.evidence)
    other = across(policy(*HEALTHY["Statement"][1:]), history=(DENIED,))
    [cause] = causes(other)
    assert cause.id == "caller-statement-missing"
    assert any("AWS recorded another kind of policy" in line for line in cause.evidence)


def test_what_only_the_records_show_does_not_stand_in_the_way_now() -> None:
    found = diagnose(healthy(history=(*SETS, REFUSED)))
    assert (found.verdict, found.ids) == (CAN, {"parallel-creates"})


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"history": (DENIED,)}, True),
        ({"history": (DENIED, event("SetRepositoryPolicy", 9000))}, False),
        ({"history": (BY_ANOTHER,)}, False),
        ({"history": (REFUSED._replace(parameters={"functionName": "f"}),)}, True),
        ({"history": (REFUSED._replace(parameters={"functionName": "another"}),)}, False),
        ({"error": DENIED.error_message}, True),
        ({}, False),
    ],
)
def test_a_refusal_that_was_recorded_is_told_where_everything_allows_it(more: dict[str, Any], told: bool) -> None:
    found = diagnose(healthy(**more))
    assert (found.verdict, found.ids) == (CAN, frozenset())
    assert ("AWS recorded a refusal" in found.sentence) is told


def test_a_recorded_denial_of_somebody_else_is_no_evidence_about_the_caller() -> None:
    found = causes(across(policy(*HEALTHY["Statement"][1:]), history=(BY_ANOTHER,)))
    assert not any("AWS recorded" in line for each in found for line in each.evidence)
    assert causes(healthy(history=(SETS[0], BY_ANOTHER))) == ()
