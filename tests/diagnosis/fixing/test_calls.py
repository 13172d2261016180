"""Causes that a call mends: which call, and that the question is answered once it is made."""

from __future__ import annotations

from typing import Any

import pytest

from labkit.diagnosis import facts as f
from labkit.diagnosis.case import Case
from labkit.diagnosis.facts import Child, Function, Image
from labkit.diagnosis.fixing import fix, next_steps
from labkit.diagnosis.fixing.calls import right_uri
from labkit.pull import policies
from tests.diagnosis.fixing.made import REGISTRY, URI, WORKLOAD, cause, facts, fixed

DIGEST = "sha256:" + "1" * 64
HOST = URI.partition("/")[0]
FUNCTION = f"arn:aws:lambda:eu-central-1:{WORKLOAD}:function:f"
CHILDREN = (
    *(Child("sha256:" + "a" * 64, "arm64"), Child("sha256:" + "b" * 64, "amd64")),
    Child("sha256:" + "c" * 64, "unknown", "unknown"),
)
INDEX = Image(DIGEST, "application/vnd.oci.image.index.v1+json", children=CHILDREN)
ARCHIVED = Image(DIGEST, status="ARCHIVED")
DELETED, IDLE, LOST = (
    Function(state="Inactive", state_reason_code=code) for code in ("ImageDeleted", "Idle", "ImageAccessDenied")
)
WHERE = {"registryId": REGISTRY, "repositoryName": "app"}
POLICY = policies.cross_account(WORKLOAD)
RESTORED = {"imageId": {"imageDigest": DIGEST}, "targetStorageClass": "STANDARD"}
PUSH = ("docker", "push", {"image": URI})
UPDATE = ("lambda", "update-function-code", {"FunctionName": FUNCTION, "ImageUri": URI})
ROLE = f"arn:aws:iam::{WORKLOAD}:role/Execution"

CALLS: dict[str, tuple[dict[str, Any], str, list[Any]]] = {
    "an archived image": (
        {"image": ARCHIVED},
        "image-archived",
        [
            (
                "ecr",
                "update-image-storage-class",
                {**WHERE, "imageId": {"imageDigest": DIGEST}, "targetStorageClass": "STANDARD"},
            )
        ],
    ),
    "a tag that is not there": ({"image": None}, "image-missing", [PUSH]),
    "a deleted image of a function": (
        {
            "image": None,
            "function": DELETED,
            "operation": f.RESTORE,
        },
        "image-deleted",
        [
            ("docker", "push", {"image": URI}),
            ("lambda", "update-function-code", {"FunctionName": FUNCTION, "ImageUri": URI}),
        ],
    ),
    "an index": (
        {"image": INDEX},
        "image-index",
        [
            ("ecr", "put-image", {**WHERE, "imageTag": "1-amd64", "imageDigest": "sha256:" + "b" * 64}),
            (
                "lambda",
                "create-function",
                {
                    "FunctionName": "f",
                    "PackageType": "Image",
                    "Code": {"ImageUri": f"{HOST}/app@sha256:{'b' * 64}"},
                    "Role": ROLE,
                },
            ),
        ],
    ),
    "an idle function": (
        {"function": IDLE, "operation": f.RESTORE},
        "function-inactive",
        [("lambda", "invoke", {"FunctionName": FUNCTION})],
    ),
    "a function that lost its image": (
        {"function": LOST, "operation": f.RESTORE},
        "function-inactive",
        [UPDATE],
    ),
    "a scope of the registry's policy": (
        {"registry_scope": "V1"},
        "registry-policy",
        [("ecr", "put-account-setting", {"name": "REGISTRY_POLICY_SCOPE", "value": "V2"})],
    ),
}


@pytest.mark.parametrize(("known", "identifier", "calls"), CALLS.values(), ids=CALLS)
def test_a_cause_that_a_call_mends_is_shown_with_that_call(known: dict[str, Any], identifier: str, calls: list[Any]):
    fields = {name: value for name, value in known.items() if name != "operation"}
    found = fixed(
        facts(POLICY, operation=known.get("operation", f.CREATE)).having(**fields), cause(identifier, "", kind=f.CALL)
    )
    assert [change.call for change in found.changes] == calls
    assert found.proved


def test_a_repository_that_is_not_there_is_made_filled_and_given_a_policy():
    found = fixed(
        facts(None, repository=None), cause("repository-missing", kind=f.CALL), cause("service-statement-missing")
    )
    assert [change.call[1] if change.call else change.kind for change in found.changes] == [
        *("create-repository", "push"),
        f.REPOSITORY_POLICY,
    ]


def test_the_function_is_pointed_at_the_child_after_the_policy_is_written():
    found = fixed(
        facts(None).having(image=INDEX), cause("image-index", kind=f.CALL), cause("service-statement-missing")
    )
    assert [change.call[1] if change.call else change.kind for change in found.changes] == [
        *("put-image", f.REPOSITORY_POLICY, "create-function"),
    ]


def test_an_image_that_is_being_restored_needs_nothing_but_time():
    known = facts(POLICY).having(image=Image(DIGEST, status="ACTIVATING"))
    why = (cause("image-archived", kind=f.CALL),)
    assert fix(Case(known), why) is None
    assert any("20 minutes" in each for each in next_steps(Case(known), why, None))


@pytest.mark.parametrize(
    ("text", "right"),
    [
        (f"{HOST}/app", f"{HOST}/app:latest"),
        (f"https://{URI}", URI),
        (URI.replace("dkr.ecr", "dkr.ecr-fips"), URI),
        ("public.ecr.aws/lambda/python:3.12", None),
        ("python:3.12", None),
        (URI, None),
    ],
)
def test_the_right_uri_is_found_where_it_can_be(text: str, right: str | None):
    assert right_uri(text) == right
