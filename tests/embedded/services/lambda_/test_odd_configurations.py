"""Functions from images whose configuration nobody's builder would write: InvalidImage, or a result; never a fault."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest

from labkit.aws.images import push_blobs
from labkit.image.format.image import Image
from labkit.image.format.manifest import DOCKER_CONFIG, Descriptor, digest
from labkit.pull import policies
from tests.embedded.conftest import Cloud
from tests.embedded.lab_of_tests import refusal
from tests.image.odd_configurations import READABLE, UNREADABLE, written

BROKEN = "ERROR: Lambda cannot initialize the provided container image. Verify the image."
EMPTY = "nothing at all"  # a registry takes no empty blob

Create = Callable[..., dict[str, Any]]


@pytest.fixture
def create(cloud: Cloud, image: Image) -> Create:
    """Push the usual image with this configuration, create a function from it, and return its configuration."""
    ecr, lambda_ = cloud.client("registry", "ecr"), cloud.client("registry", "lambda")
    trust = json.dumps(policies.lambda_trust())
    role = cloud.client("registry", "iam").create_role(RoleName="r", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    uri = ecr.create_repository(repositoryName="odd")["repository"]["repositoryUri"]

    def make(config: bytes, tag: str = "1") -> dict[str, Any]:
        manifest = json.loads(image.manifest)
        manifest["config"] = Descriptor(DOCKER_CONFIG, len(config), digest(config)).to_dict()
        layers = {layer["digest"]: image.blobs[layer["digest"]] for layer in manifest["layers"]}
        push_blobs(ecr, "odd", {digest(config): config, **layers})
        ecr.put_image(repositoryName="odd", imageTag=tag, imageManifest=json.dumps(manifest))
        code = {"ImageUri": f"{uri}:{tag}"}
        made = lambda_.create_function(FunctionName="f", Role=role, PackageType="Image", Code=code)
        assert made["State"] == "Pending"
        cloud.embedded.functions.settle()
        return dict(lambda_.get_function_configuration(FunctionName="f"))

    return make


def no_traceback(caplog: pytest.LogCaptureFixture) -> bool:
    return not any(record.exc_info for record in caplog.records)


@pytest.mark.parametrize("what", [name for name in UNREADABLE if name != EMPTY])
def test_an_image_that_nobody_can_read_makes_a_function_that_fails(
    cloud: Cloud, create: Create, what: str, caplog: pytest.LogCaptureFixture
):
    found = create(UNREADABLE[what])
    assert (found["State"], found["StateReasonCode"]) == ("Failed", "InvalidImage")
    assert "configuration" in found["StateReason"]
    lambda_ = cloud.client("registry", "lambda")
    assert refusal(lambda_.invoke, FunctionName="f") == ("CodeArtifactUserFailedException", 409, BROKEN)
    assert no_traceback(caplog)
    lambda_.delete_function(FunctionName="f")
    assert create(written(), "2")["State"] == "Active"  # and the lab goes on


@pytest.mark.parametrize("what", READABLE)
def test_an_image_that_is_only_odd_makes_a_function_whose_invocation_has_a_result(
    cloud: Cloud, create: Create, what: str, caplog: pytest.LogCaptureFixture
):
    assert create(READABLE[what])["State"] == "Active"
    answer = cloud.client("registry", "lambda").invoke(FunctionName="f", LogType="Tail")
    assert answer["StatusCode"] == 200
    assert "FunctionError" not in answer or "errorType" in json.loads(answer["Payload"].read())
    assert no_traceback(caplog)


@pytest.mark.parametrize(
    "override",
    [
        {"Command": ["\0"]},
        {"Command": ["lambda_function.handler\0"]},
        {"Command": ["x" * 140_000]},
        {"EntryPoint": ["\0"]},
    ],
    ids=ascii,
)
def test_what_is_odd_in_a_functions_own_configuration_fails_its_invocation_and_nothing_else(
    cloud: Cloud, create: Create, override: dict[str, Any], caplog: pytest.LogCaptureFixture
):
    create(written())
    lambda_ = cloud.client("registry", "lambda")
    lambda_.update_function_configuration(FunctionName="f", ImageConfig=override)
    cloud.embedded.functions.settle()
    answer = lambda_.invoke(FunctionName="f", LogType="Tail")
    assert (answer["StatusCode"], "FunctionError" in answer) == (200, True)
    assert json.loads(answer["Payload"].read())["errorType"].startswith("Runtime.")
    assert no_traceback(caplog)


@pytest.mark.parametrize("override", [{"Command": ["\ud800.x"]}, {"WorkingDirectory": "\udcff"}], ids=ascii)
def test_half_of_a_character_is_no_text_for_any_call(cloud: Cloud, create: Create, override: dict[str, Any]):
    create(written())
    change = cloud.client("registry", "lambda").update_function_configuration
    assert refusal(change, FunctionName="f", ImageConfig=override)[:2] == ("SerializationException", 400)


def test_many_short_variables_count_with_what_the_system_needs_for_each(create: Create):
    names = ["".join(letters) for letters in product("abcdefghijklmnopqrstu", repeat=4)][:170_000]
    found = create(written(Env=[f"{name}=" for name in names]))
    assert (found["State"], found["StateReasonCode"]) == ("Failed", "InvalidImage")
