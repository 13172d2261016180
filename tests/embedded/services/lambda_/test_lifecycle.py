"""What becomes of a function as time goes on, in tables of what AWS was seen to do; tests move the clock."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from botocore.exceptions import ClientError

from labkit.aws import transport
from labkit.docker.engine_choice import INTERPRETER, VARIABLE
from labkit.embedded.process import client, here
from labkit.embedded.services.lambda_.invoke.code import CodeFailure
from labkit.pull import policies
from tests.embedded.conftest import Cloud, MovedClock
from tests.embedded.lab_of_tests import REGISTRY, image_of, push

WEEKS = timedelta(days=29)
DENIED = ("ImageAccessDenied", "The function does not have permission to access the specified image.")
DELETED = ("ImageDeleted", "The function is trying to use a deleted image.")
PENDING = "ERROR: Lambda is initializing your function. It will be ready to invoke shortly."
BROKEN = "ERROR: Lambda cannot initialize the provided container image. Verify the image."
HANDLER = "import os\ndef handler(event, context):\n    return [{}, os.environ.get('WORD')]\n"


class Place:
    """A repository ``repo`` with an image in the registry account, and what is done to functions made from it."""

    def __init__(self, cloud: Cloud, folder: Path) -> None:
        self.cloud, self.folder = cloud, folder
        self.ecr, self.iam, self.lambda_ = (cloud.client("registry", name) for name in ("ecr", "iam", "lambda"))
        trust = json.dumps(policies.lambda_trust())
        self.role = self.iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        self.repository = self.ecr.create_repository(repositoryName="repo")["repository"]["repositoryUri"]
        self.push(1)

    def push(self, number: int, tag: str = "1") -> None:
        push(self.ecr, "repo", tag, image_of(self.folder / str(number), HANDLER.format(number)))

    def create(self, name: str = "f", **more: Any) -> dict[str, Any]:
        code = {"ImageUri": f"{self.repository}:1"}
        return dict(self.lambda_.create_function(FunctionName=name, Role=self.role, PackageType="Image", Code=code))

    def active(self, name: str = "f") -> None:
        self.create(name)
        self.settle()

    def settle(self) -> None:
        self.cloud.embedded.functions.settle()

    def later(self, by: timedelta = WEEKS) -> None:
        self.cloud.embedded.move_clock(by)

    def state(self, name: str = "f") -> tuple[Any, ...]:
        """State, its code and reason, LastUpdateStatus, its code and reason."""
        found = self.lambda_.get_function_configuration(FunctionName=name)
        return tuple(
            found.get(f"{member}{end}")
            for member in ("State", "LastUpdateStatus")
            for end in ("", "ReasonCode", "Reason")
        )

    def invoke(self, name: str = "f") -> Any:
        return json.loads(self.lambda_.invoke(FunctionName=name)["Payload"].read())

    def withdraw(self) -> None:
        self.ecr.delete_repository_policy(repositoryName="repo")

    def allow(self) -> None:
        document = policies.same_account()
        self.ecr.set_repository_policy(repositoryName="repo", policyText=json.dumps(document))

    def delete_image(self) -> None:
        self.ecr.batch_delete_image(repositoryName="repo", imageIds=[{"imageTag": "1"}])

    def archive_image(self) -> None:
        wanted = {"repositoryName": "repo", "imageId": {"imageTag": "1"}, "targetStorageClass": "ARCHIVE"}
        self.ecr.update_image_storage_class(**wanted)

    def delete_repository(self) -> None:
        self.ecr.delete_repository(repositoryName="repo", force=True)


@pytest.fixture
def place(cloud: Cloud, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Place:
    monkeypatch.setenv(VARIABLE, INTERPRETER)
    transport.connect_clients()
    return Place(cloud, tmp_path / "images")


def refused(call: Callable[[], Any]) -> tuple[str, int, str]:
    """Code, status and text of the error that a call gets."""
    with pytest.raises(ClientError) as caught:
        call()
    answer = caught.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Message"]


LOSSES = [
    pytest.param(Place.withdraw, DENIED, id="the policy is withdrawn"),
    pytest.param(Place.delete_image, DELETED, id="the image is deleted"),
    pytest.param(Place.archive_image, DELETED, id="the image is archived (13.4: taken to be as if deleted)"),
    pytest.param(Place.delete_repository, DELETED, id="the repository is deleted"),
]


@pytest.mark.aws("Lambda Developer Guide, functions-states", "high")
def test_a_function_that_nobody_invokes_for_weeks_becomes_inactive_and_comes_back(place: Place):
    """aws-facts 7.2: the first invoke is rejected, state Pending, then Active."""
    place.active()
    place.later()
    assert place.state() == ("Inactive", "Idle", "The function is currently idle.", "Successful", None, None)
    assert refused(place.invoke) == ("CodeArtifactUserPendingException", 409, PENDING)
    place.settle()
    assert place.state() == ("Active", None, None, "Successful", None, None)
    assert place.invoke() == [1, None]


def test_one_that_is_invoked_now_and_then_stays_active(place: Place):
    place.active()
    for _ in range(3):
        place.later(timedelta(days=20))
        assert place.invoke() == [1, None]
    place.later(timedelta(days=27))
    assert place.state()[0] == "Active"
    place.later(timedelta(days=1))
    assert place.state()[0] == "Inactive"


def test_a_configuration_that_was_changed_counts_as_a_sign_of_life(place: Place):
    place.active()
    place.later(timedelta(days=20))
    place.lambda_.update_function_configuration(FunctionName="f", MemorySize=256)
    place.settle()
    place.later(timedelta(days=20))
    assert place.state()[0] == "Active"


@pytest.mark.aws("AWS says several weeks and no number: 14 days are folklore", "low")
def test_how_long_a_function_may_idle_is_a_setting_and_0_is_for_ever(place: Place):
    place.active()
    client.let_time_pass(place.cloud.home.root, None, {"idle": 0})
    place.later(timedelta(days=1000))
    assert place.state()[0] == "Active"
    client.let_time_pass(place.cloud.home.root, None, {"idle": 3600})
    assert place.state()[0] == "Inactive"


def test_inactive_stays_inactive_when_the_clock_is_set_back_and_when_the_lab_is_started_anew(
    place: Place, clock: MovedClock
):
    place.active()
    place.later()
    client.move_clock(place.cloud.home.root, "now")
    assert place.state()[:2] == ("Inactive", "Idle")
    here.stop(place.cloud.home)
    here.start(place.cloud.home, clock)
    assert client.clock(place.cloud.home.root).ahead == timedelta()


@pytest.mark.parametrize(("lose", "reason"), LOSSES)
@pytest.mark.aws("field reports of breaking days or weeks later", "medium")
def test_an_active_function_goes_on_with_its_own_copy_of_the_image(place: Place, lose, reason):
    """aws-facts 7.2: deleting the image or the policy does not break an Active function at once."""
    place.active()
    lose(place)
    place.later(timedelta(days=20))
    assert place.state()[0] == "Active" and place.invoke() == [1, None]


@pytest.mark.parametrize(("lose", "reason"), LOSSES)
@pytest.mark.aws("Lambda Developer Guide, functions-states; aws-cdk #18473, #27007", "medium")
def test_a_function_whose_image_cannot_be_had_again_stays_inactive(place: Place, lose, reason):
    """aws-facts 7.3: Inactive with the reason, LastUpdateStatus Successful; Invoke CodeArtifactUserFailedException."""
    place.active()
    lose(place)
    place.later()
    assert refused(place.invoke)[0] == "CodeArtifactUserPendingException"
    assert place.state() == ("Inactive", *reason, "Successful", None, None)
    for _ in range(2):
        assert refused(place.invoke) == ("CodeArtifactUserFailedException", 409, BROKEN)


@pytest.mark.parametrize(("lose", "reason"), LOSSES)
@pytest.mark.aws("aws-cdk #18473, aws-lambda-deploy #68", "medium")
def test_an_update_of_the_configuration_fetches_the_image_and_fails_later(place: Place, lose, reason):
    """differences A6, aws-facts 2 (row 10): it is accepted; then Inactive and Failed."""
    place.active()
    lose(place)
    answer = place.lambda_.update_function_configuration(FunctionName="f", MemorySize=256)
    assert (answer["State"], answer["LastUpdateStatus"]) == ("Active", "InProgress")
    place.settle()
    assert place.state() == ("Inactive", *reason, "Failed", *reason)
    assert refused(place.invoke) == ("CodeArtifactUserFailedException", 409, BROKEN)


def test_lambda_adds_nothing_to_the_policy_when_it_fetches_an_image_again(place: Place):
    """aws-facts 2 (row 10): whoever updates may set the policy, and that does not help."""
    place.active()
    place.withdraw()
    place.lambda_.update_function_configuration(FunctionName="f", MemorySize=256)
    place.settle()
    assert (
        refused(lambda: place.ecr.get_repository_policy(repositoryName="repo"))[0]
        == "RepositoryPolicyNotFoundException"
    )


@pytest.mark.aws("Lambda Developer Guide, functions-states", "high")
def test_giving_the_permission_back_is_not_enough_the_function_has_to_be_updated(place: Place):
    """aws-facts 13.4: cure: restore the access, then update the function."""
    place.active()
    place.withdraw()
    place.later()
    refused(place.invoke)
    place.allow()
    assert refused(place.invoke)[0] == "CodeArtifactUserFailedException"
    place.lambda_.update_function_configuration(FunctionName="f", Description="again")
    place.settle()
    assert place.state() == ("Active", None, None, "Successful", None, None)
    assert place.invoke() == [1, None]


@pytest.mark.aws("public reports", "medium")
def test_pushing_another_image_under_the_tag_is_not_enough_update_function_code_is_needed(place: Place):
    """aws-facts 7.3: re-push is not enough (new digest); run update-function-code."""
    place.active()
    place.delete_image()
    place.later()
    refused(place.invoke)
    place.push(2)
    place.lambda_.update_function_configuration(FunctionName="f", Description="again")
    place.settle()
    assert place.state()[3:] == ("Failed", *DELETED)
    place.lambda_.update_function_code(FunctionName="f", ImageUri=f"{place.repository}:1")
    place.settle()
    assert place.state() == ("Active", None, None, "Successful", None, None)
    assert place.invoke() == [2, None]


def test_a_lifecycle_policy_that_expires_the_image_in_use_is_met_when_the_function_is_restored(place: Place):
    """aws-facts 8 (root cause 16)."""
    place.active()
    selection = {"tagStatus": "any", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 7}
    rule = {"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}
    place.ecr.put_lifecycle_policy(repositoryName="repo", lifecyclePolicyText=json.dumps({"rules": [rule]}))
    place.later(timedelta(days=20))
    assert place.ecr.list_images(repositoryName="repo")["imageIds"] == [] and place.invoke() == [1, None]
    place.later()
    refused(place.invoke)
    assert place.state()[:3] == ("Inactive", *DELETED)


@pytest.mark.aws("an inference from ECR's archive; Lambda's side is not recorded", "low")
def test_an_archived_image_that_was_restored_can_be_fetched_again(place: Place):
    """aws-facts 13.4: restoring takes up to 20 minutes."""
    place.active()
    place.archive_image()
    place.later()
    refused(place.invoke)
    assert place.state()[:3] == ("Inactive", *DELETED)
    wanted = {"repositoryName": "repo", "imageId": {"imageTag": "1"}, "targetStorageClass": "STANDARD"}
    place.ecr.update_image_storage_class(**wanted)
    place.later(timedelta(minutes=21))
    place.lambda_.update_function_code(FunctionName="f", ImageUri=f"{place.repository}:1")
    place.settle()
    assert place.state()[0] == "Active"


def test_a_function_across_accounts_is_restored_by_lambda_alone_whatever_the_caller_may(place: Place):
    workload = place.cloud.client("workload", "lambda")
    trust = json.dumps(policies.lambda_trust())
    role = place.cloud.client("workload", "iam").create_role(RoleName="r", AssumeRolePolicyDocument=trust)["Role"][
        "Arn"
    ]
    both = policies.cross_account("592444418872")
    place.ecr.set_repository_policy(repositoryName="repo", policyText=json.dumps(both))
    code = {"ImageUri": f"{place.repository}:1"}
    workload.create_function(FunctionName="g", Role=role, PackageType="Image", Code=code)
    place.settle()
    both["Statement"] = [each for each in both["Statement"] if "Service" in each["Principal"]]
    place.ecr.set_repository_policy(repositoryName="repo", policyText=json.dumps(both))
    place.later()
    refused(lambda: workload.invoke(FunctionName="g"))
    place.settle()
    assert workload.get_function_configuration(FunctionName="g")["State"] == "Active"


# -- Where the world is realistic ----------------------------------------------------------------------------------


@pytest.fixture
def slow(place: Place) -> Place:
    client.let_time_pass(place.cloud.home.root, True, {"propagation": 0, "race": 0})
    return place


FOLLOWING: list[Callable[[Any], Any]] = [
    lambda it: it.update_function_configuration(FunctionName="f", MemorySize=256),
    lambda it: it.update_function_code(
        FunctionName="f", ImageUri=f"{REGISTRY}.dkr.ecr.eu-central-1.amazonaws.com/repo:1"
    ),
    lambda it: it.tag_resource(Resource=f"arn:aws:lambda:eu-central-1:{REGISTRY}:function:f", Tags={"a": "b"}),
]
CONFLICT = "The operation cannot be performed at this time. "
IS_PENDING = f"{CONFLICT}The function is currently in the following state: Pending"
IN_PROGRESS = f"{CONFLICT}An update is in progress for resource: arn:aws:lambda:eu-central-1:{REGISTRY}:function:f"


@pytest.mark.aws("remotion #1186, lithops #877", "medium")
def test_what_follows_a_creation_without_waiting_is_refused(slow: Place):
    """differences A7: 20 of 20 such calls are 409."""
    assert slow.create()["State"] == "Pending"
    slow.settle()
    for call in [*FOLLOWING, lambda it: it.invoke(FunctionName="f")] * 5:
        assert refused(lambda call=call: call(slow.lambda_)) == ("ResourceConflictException", 409, IS_PENDING)
    slow.later(timedelta(seconds=4))
    assert slow.state()[:2] == ("Pending", "Creating")
    slow.later(timedelta(seconds=1))
    assert slow.state()[:2] == ("Active", None)
    assert slow.invoke() == [1, None]


@pytest.mark.aws("recorded by LocalStack", "recorded")
def test_what_follows_an_update_without_waiting_is_refused_and_the_old_code_and_configuration_serve(slow: Place):
    """differences A7, aws-facts 7.2; recorded: test_lambda_concurrent_code_updates."""
    slow.create()
    slow.later(timedelta(seconds=5))
    slow.push(2)
    environment = {"Variables": {"WORD": "new"}}
    slow.lambda_.update_function_code(FunctionName="f", ImageUri=f"{slow.repository}:1")
    slow.settle()
    for call in FOLLOWING * 7:
        assert refused(lambda call=call: call(slow.lambda_)) == ("ResourceConflictException", 409, IN_PROGRESS)
    assert slow.invoke() == [1, None]
    slow.later(timedelta(seconds=5))
    assert slow.invoke() == [2, None]
    slow.lambda_.update_function_configuration(FunctionName="f", Environment=environment)
    assert slow.invoke() == [2, None]
    slow.later(timedelta(seconds=5))
    assert slow.invoke() == [2, "new"]


def test_restoring_lasts_and_what_has_happened_until_its_end_decides(slow: Place):
    slow.create()
    slow.later(timedelta(seconds=5))
    slow.later()
    for _ in range(2):
        assert refused(slow.invoke) == ("CodeArtifactUserPendingException", 409, PENDING)
        assert slow.state()[:2] == ("Pending", "Restoring")
    slow.withdraw()
    slow.later(timedelta(seconds=40))
    assert slow.state()[:3] == ("Inactive", *DENIED)


def test_a_new_function_whose_image_cannot_be_used_fails_when_it_would_be_active(slow: Place):
    """aws-facts 1: created, then State Failed; StateReasonCode InvalidImage."""
    broken = CodeFailure("InvalidImage", "SizeLimitExceeded: Uncompressed container image size exceeds 10 GiB limit")
    with patch.object(slow.cloud.embedded.functions.code, "prepare", side_effect=broken):
        slow.create()
        slow.settle()
        slow.later(timedelta(seconds=4))
        assert slow.state()[0] == "Pending"
        slow.later(timedelta(seconds=1))
    assert slow.state()[:3] == ("Failed", broken.code, broken.reason)


@pytest.mark.parametrize("after", ["now", "not realistic"])
def test_what_is_waited_for_is_over_when_the_clock_is_set_back_or_the_world_is_quick_again(slow: Place, after: str):
    slow.later(timedelta(days=30))
    slow.create()
    slow.settle()
    root = slow.cloud.home.root
    if after == "now":
        client.move_clock(root, "now")
    else:
        client.let_time_pass(root, False)
    slow.settle()
    assert slow.state()[0] == "Active"


def test_what_is_waited_for_is_waited_for_after_a_restart(slow: Place, clock: MovedClock):
    slow.create()
    here.stop(slow.cloud.home)
    served = here.start(slow.cloud.home, clock)
    slow.cloud.embedded, slow.cloud.served = served.embedded, served
    again = slow.cloud.client("registry", "lambda")
    again.get_function(FunctionName="f")
    served.embedded.functions.settle()
    assert again.get_function_configuration(FunctionName="f")["State"] == "Pending"
    clock.move(seconds=5)
    served.embedded.catch_up()
    served.embedded.functions.settle()
    assert again.get_function_configuration(FunctionName="f")["State"] == "Active"


@pytest.mark.parametrize("begin", ["create", "update"])
def test_boto3s_waiters_wait_while_time_passes(slow: Place, clock: MovedClock, begin: str):
    with patch("botocore.waiter.time.sleep", lambda seconds: clock.move(seconds=seconds)):
        slow.create()
        slow.lambda_.get_waiter("function_active_v2").wait(FunctionName="f")
        if begin == "update":
            slow.lambda_.update_function_configuration(FunctionName="f", MemorySize=256)
            slow.lambda_.get_waiter("function_updated_v2").wait(FunctionName="f")
    assert slow.state()[0] == "Active"


def test_a_function_can_be_deleted_while_it_is_pending(slow: Place):
    slow.create()
    slow.lambda_.delete_function(FunctionName="f")
    slow.later(timedelta(seconds=5))
    assert refused(slow.state)[0] == "ResourceNotFoundException"


# -- Versions ------------------------------------------------------------------------------------------------------


def test_each_version_goes_its_own_way(place: Place):
    place.active()
    place.later(timedelta(days=20))
    assert place.lambda_.publish_version(FunctionName="f")["Version"] == "1"
    place.later(timedelta(days=20))
    assert place.state()[:2] == ("Inactive", "Idle")
    assert place.state("f:1")[0] == "Active" and place.invoke("f:1") == [1, None]
    place.later()
    place.withdraw()
    refused(lambda: place.invoke("f:1"))
    assert (place.state()[:2], place.state("f:1")[:3]) == (("Inactive", "Idle"), ("Inactive", *DENIED))
