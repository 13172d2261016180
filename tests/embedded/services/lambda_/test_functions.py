"""A function's life after it was made: updates, configuration, listing, tags, deletion, and a killed process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from labkit.aws.images import push
from labkit.embedded.process import client as embedded_client
from labkit.embedded.protocol.calls import ServiceError
from labkit.embedded.services.lambda_.roles import check_role
from labkit.image.format.errors import Throttled
from labkit.image.format.image import Image
from labkit.pull.function import FunctionRef
from tests.embedded.lab_of_tests import PATIENTLY, REGISTRY, Lab, image_of, refusal, unique

INVALID = "InvalidParameterValueException"
TWO = "def handler(event, context):\n    return 2\n"


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Image:
    return image_of(tmp_path_factory.mktemp("two"), TWO)


@pytest.fixture(scope="module")
def uri(lab: Lab, image: Image) -> str:
    return lab.repository("life/shared", image)


@pytest.fixture
def name() -> str:
    return unique("life")


@pytest.fixture
def lambda_(lab: Lab, name: str, uri: str) -> Any:
    """The Lambda client, once the test's function is active."""
    return lab.active("registry", name, uri)


def updated(lambda_: Any, name: str) -> dict[str, Any]:
    lambda_.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig=PATIENTLY)
    return dict(lambda_.get_function(FunctionName=name))


def answer_of(lambda_: Any, name: str) -> bytes:
    return bytes(lambda_.invoke(FunctionName=name)["Payload"].read())


# -- New code ------------------------------------------------------------------------------------------------------


def test_an_update_takes_the_new_image(lab: Lab, lambda_: Any, name: str, two: Image):
    assert b"Hello" in answer_of(lambda_, name)
    uri = lab.repository(name, two)
    answer = lambda_.update_function_code(FunctionName=name, ImageUri=uri)
    assert answer["State"] == "Active"
    assert answer["LastUpdateStatus"] == "InProgress"
    assert answer["LastUpdateStatusReasonCode"] == "Creating"
    assert answer["LastUpdateStatusReason"] == "The function is being created."
    assert answer["CodeSha256"] == two.digest.removeprefix("sha256:")
    assert updated(lambda_, name)["Code"]["ImageUri"] == uri
    assert answer_of(lambda_, name) == b"2"


@pytest.mark.aws("Lambda Developer Guide, images", "high")
def test_a_moved_tag_changes_nothing_until_the_code_is_updated(lab: Lab, name: str, image: Image, two: Image):
    uri = lab.repository(name, image)
    lambda_ = lab.active("registry", name, uri)
    push(lab.client("registry", "ecr"), name, "0.0.1", two)
    assert b"Hello" in answer_of(lambda_, name)
    lambda_.update_function_code(FunctionName=name, ImageUri=uri)
    assert updated(lambda_, name)["Configuration"]["CodeSha256"] == two.digest.removeprefix("sha256:")
    assert answer_of(lambda_, name) == b"2"


def test_a_dry_run_of_an_update_changes_nothing(lab: Lab, lambda_: Any, name: str, uri: str, two: Image):
    other = lab.repository(name, two)
    answer = lambda_.update_function_code(FunctionName=name, ImageUri=other, DryRun=True)
    assert answer["CodeSha256"] == two.digest.removeprefix("sha256:")
    assert lambda_.get_function(FunctionName=name)["Code"]["ImageUri"] == uri


@pytest.mark.parametrize("source", [{"ZipFile": b"PK"}, {"S3Bucket": "bucket", "S3Key": "key"}, {}])
@pytest.mark.aws("recorded by LocalStack", "recorded")
def test_an_image_function_is_not_updated_with_a_zip(lambda_: Any, name: str, source: dict[str, Any]):
    text = "Please provide ImageUri when updating a function with packageType Image."
    assert refusal(lambda_.update_function_code, FunctionName=name, **source) == (INVALID, 400, text)


@pytest.mark.aws("recorded by LocalStack", "recorded")
def test_an_old_revision_is_not_overwritten(lambda_: Any, name: str, uri: str):
    old = lambda_.get_function(FunctionName=name)["Configuration"]["RevisionId"]
    lambda_.update_function_configuration(FunctionName=name, Timeout=4, RevisionId=old)
    updated(lambda_, name)
    for call, more in (
        (lambda_.update_function_code, {"ImageUri": uri}),
        (lambda_.update_function_configuration, {"Timeout": 5}),
    ):
        code, status, _ = refusal(call, FunctionName=name, RevisionId=old, **more)
        assert (code, status) == ("PreconditionFailedException", 412)


# -- While something is being made ready ---------------------------------------------------------------------------


@pytest.fixture
def held(cloud: Any, monkeypatch: pytest.MonkeyPatch, image: Image) -> Callable[[], None]:
    """An embedded AWS in which images are unpacked only when the test calls this."""
    functions = cloud.embedded.functions
    functions.resume(cloud.embedded.images.blobs)  # else the first call takes up what it has made
    functions.settle()
    waiting: list[Any] = []
    real = functions.make_ready
    monkeypatch.setattr(functions, "make_ready", lambda *arguments: waiting.append(arguments))

    def release() -> None:
        for arguments in waiting:
            real(*arguments)
        waiting.clear()
        functions.settle()

    return release


def made(cloud: Any, image: Image, name: str = "f") -> tuple[Any, str]:
    """A function whose image is still to be made ready, and its image's URI."""
    ecr, lambda_, iam = (cloud.client("registry", service) for service in ("ecr", "lambda", "iam"))
    trust = '{"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": '
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust + '"lambda.amazonaws.com"}}}')["Role"]["Arn"]
    uri = ecr.create_repository(repositoryName="repo")["repository"]["repositoryUri"] + ":1"
    push(ecr, "repo", "1", image)
    lambda_.create_function(FunctionName=name, Role=role, PackageType="Image", Code={"ImageUri": uri})
    return lambda_, uri


@pytest.mark.aws("remotion #1186, lithops #877", "medium")
def test_a_pending_function_can_be_neither_invoked_nor_changed(cloud: Any, held: Callable[[], None], image: Image):
    lambda_, uri = made(cloud, image)
    text = "The operation cannot be performed at this time. The function is currently in the following state: Pending"
    for call, more in (
        (lambda_.invoke, {}),
        (lambda_.update_function_code, {"ImageUri": uri}),
        (lambda_.update_function_configuration, {"Timeout": 4}),
    ):
        assert refusal(call, FunctionName="f", **more) == ("ResourceConflictException", 409, text)
    held()
    assert lambda_.get_function(FunctionName="f")["Configuration"]["State"] == "Active"
    assert b"Hello" in answer_of(lambda_, "f")


@pytest.mark.aws("recorded by LocalStack; Lambda Developer Guide", "recorded")
def test_one_update_waits_for_the_other_and_the_old_code_serves(cloud: Any, held: Callable[[], None], image: Image):
    lambda_, uri = made(cloud, image)
    held()
    lambda_.update_function_code(FunctionName="f", ImageUri=uri)
    arn = f"arn:aws:lambda:eu-central-1:{REGISTRY}:function:f"
    text = f"The operation cannot be performed at this time. An update is in progress for resource: {arn}"
    expected = ("ResourceConflictException", 409, text)
    assert refusal(lambda_.update_function_code, FunctionName="f", ImageUri=uri) == expected
    assert refusal(lambda_.update_function_configuration, FunctionName="f", Timeout=4) == expected
    assert b"Hello" in answer_of(lambda_, "f")
    held()
    lambda_.update_function_configuration(FunctionName="f", Timeout=4)


def test_an_image_deleted_while_its_function_is_pending_is_still_made_ready(
    cloud: Any, held: Callable[[], None], image: Image
):
    lambda_, _ = made(cloud, image)
    cloud.client("registry", "ecr").delete_repository(repositoryName="repo", force=True)
    assert set(cloud.embedded.images.blobs) == {image.digest, *image.blobs}
    held()
    assert b"Hello" in answer_of(lambda_, "f")
    cloud.embedded.images.collect(cloud.embedded.functions.needed_blobs())
    assert list(cloud.embedded.images.blobs) == []


def test_a_failed_function_says_that_its_image_cannot_be_used(cloud: Any, held: Callable[[], None], image: Image):
    lambda_, _ = made(cloud, image)
    layer = image.parsed.layers[-1].digest
    cloud.embedded.images.blobs.path(layer).write_bytes(b"damaged on disk")
    held()
    configuration = lambda_.get_function(FunctionName="f")["Configuration"]
    assert (configuration["State"], configuration["StateReasonCode"]) == ("Failed", "ImageDeleted")
    assert layer not in cloud.embedded.images.blobs  # it was set aside, and can be pushed again
    code, status, text = refusal(lambda_.invoke, FunctionName="f")
    assert (code, status) == ("CodeArtifactUserFailedException", 409)
    assert text == "ERROR: Lambda cannot initialize the provided container image. Verify the image."


def test_a_process_is_replaced_before_its_credentials_expire(
    cloud: Any, held: Callable[[], None], clock: Any, tmp_path: Any
):
    handler = "import os\ndef handler(event, context):\n    return os.environ['AWS_ACCESS_KEY_ID']\n"
    lambda_, _ = made(cloud, image_of(tmp_path / "image", handler))
    held()
    first = answer_of(lambda_, "f")
    clock.move(hours=11)
    assert answer_of(lambda_, "f") == first
    clock.move(hours=1)
    assert answer_of(lambda_, "f") != first


def test_a_function_all_of_whose_environments_are_busy_is_throttled(
    cloud: Any, held: Callable[[], None], image: Image, monkeypatch: pytest.MonkeyPatch
):
    def busy(*_: Any) -> None:
        raise Throttled(10)

    lambda_, _ = made(cloud, image)
    held()
    monkeypatch.setattr(cloud.embedded.functions.environments, "invoke", busy)
    assert refusal(lambda_.invoke, FunctionName="f") == ("TooManyRequestsException", 429, "Rate Exceeded.")


@pytest.mark.aws("aws-toolkit-azure-devops #546", "high")
def test_a_role_of_another_account_is_not_taken(cloud: Any):
    key = FunctionRef(REGISTRY, "eu-central-1", "f")
    with pytest.raises(ServiceError) as refused:
        check_role(cloud.embedded, key, "arn:aws:iam::592444418872:role/LambdaRoleWithoutPermissions")
    assert (refused.value.code, refused.value.status) == ("AccessDeniedException", 403)
    assert refused.value.message == "Cross-account pass role is not allowed."


# -- Configuration -------------------------------------------------------------------------------------------------


def test_a_new_configuration_is_shown_and_keeps_the_rest(lambda_: Any, name: str):
    before = lambda_.get_function(FunctionName=name)["Configuration"]
    chosen = {"Timeout": 7, "Description": "greets", "Environment": {"Variables": {"NAME": "value"}}}
    answer = lambda_.update_function_configuration(FunctionName=name, **chosen)
    assert answer["LastUpdateStatus"] == "InProgress"
    after = updated(lambda_, name)["Configuration"]
    assert {key: after[key] for key in chosen} == chosen
    changed = {key for key in after if after[key] != before.get(key)}
    assert changed <= {*chosen, "RevisionId", "LastModified"}


@pytest.mark.parametrize(
    ("more", "text"),
    [
        (
            {"Layers": [f"arn:aws:lambda:eu-central-1:{REGISTRY}:layer:l:1"]},
            "Lambda layers are not supported for functions created with container images.",
        ),
        (
            {"Handler": "a.b"},
            "Please don't provide Handler or Runtime or Layer when the intended function PackageType is Image.",
        ),
        (
            {"Role": f"arn:aws:iam::{REGISTRY}:role/Nobody"},
            "The role defined for the function cannot be assumed by Lambda.",
        ),
    ],
)
def test_what_an_image_function_cannot_have_is_refused(lambda_: Any, name: str, more: dict[str, Any], text: str):
    assert refusal(lambda_.update_function_configuration, FunctionName=name, **more) == (INVALID, 400, text)


# -- Listing, tags, deletion ---------------------------------------------------------------------------------------


def test_functions_are_listed_by_name_without_states(lab: Lab, uri: str, name: str):
    wanted = [f"{name[:40]}-{number}" for number in range(5)]
    for each in wanted:
        lab.active("registry", each, uri)
    lambda_ = lab.client("registry", "lambda")
    pages = lambda_.get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 2})
    found = [function for page in pages for function in page["Functions"]]
    names = [function["FunctionName"] for function in found]
    assert names == sorted(set(names))
    assert set(wanted) <= set(names)
    assert not any("State" in function or "LastUpdateStatus" in function for function in found)
    assert lab.client("outsider", "lambda").list_functions()["Functions"] == []


def test_functions_carry_tags(lambda_: Any, name: str):
    arn = f"arn:aws:lambda:eu-central-1:{REGISTRY}:function:{name}"
    revision = lambda_.get_function(FunctionName=name)["Configuration"]["RevisionId"]
    lambda_.tag_resource(Resource=arn, Tags={"lab": "yes", "more": "1"})
    lambda_.untag_resource(Resource=arn, TagKeys=["more", "never"])
    assert lambda_.list_tags(Resource=arn)["Tags"] == {"lab": "yes"}
    answer = lambda_.get_function(FunctionName=name)
    assert answer["Tags"] == {"lab": "yes"}
    assert answer["Configuration"]["RevisionId"] != revision


def test_a_deleted_function_is_gone_and_its_name_free(lab: Lab, lambda_: Any, name: str, uri: str):
    assert lambda_.delete_function(FunctionName=name)["ResponseMetadata"]["HTTPStatusCode"] == 204
    expected = f"Function not found: arn:aws:lambda:eu-central-1:{REGISTRY}:function:{name}"
    for call, text in (
        (lambda_.get_function, expected),
        (lambda_.invoke, f"{expected}:$LATEST"),
        (lambda_.delete_function, expected),
    ):
        assert refusal(call, FunctionName=name) == ("ResourceNotFoundException", 404, text)
    lab.active("registry", name, uri)


def test_functions_survive_a_killed_process(tmp_path_factory: pytest.TempPathFactory, image: Image):
    lab = Lab(tmp_path_factory.mktemp("killed") / "lab")
    try:
        uri = lab.repository("kept", image)
        before = lab.active("registry", "f", uri, Tags={"lab": "yes"}).get_function(FunctionName="f")
        lab.create("registry", "half-made", uri)
        lab.kill()
        lambda_ = lab.client("registry", "lambda")
        after = lambda_.get_function(FunctionName="f")
        assert {**after, "ResponseMetadata": None} == {**before, "ResponseMetadata": None}
        assert b"Hello" in answer_of(lambda_, "f")
        lambda_.get_waiter("function_active_v2").wait(FunctionName="half-made", WaiterConfig=PATIENTLY)
        assert b"Hello" in answer_of(lambda_, "half-made")
    finally:
        embedded_client.stop(lab.home)
