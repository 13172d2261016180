"""What becomes of a function as time goes on, in tables of what AWS was seen to do; tests move the clock."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from labkit.embedded.process import client, here
from labkit.pull import policies
from tests.embedded.conftest import MovedClock
from tests.embedded.services.lambda_.conftest import DELETED, DENIED, PENDING, Place, refused

BROKEN = "ERROR: Lambda cannot initialize the provided container image. Verify the image."
LOSSES = [
    pytest.param(Place.withdraw, DENIED, id="the policy is withdrawn"),
    pytest.param(Place.delete_image, DELETED, id="the image is deleted"),
    pytest.param(Place.archive_image, DELETED, id="the image is archived (taken to be as if deleted)"),
    pytest.param(Place.delete_repository, DELETED, id="the repository is deleted"),
]


@pytest.mark.aws("Lambda Developer Guide, functions-states", "high")
def test_a_function_that_nobody_invokes_for_weeks_becomes_inactive_and_comes_back(place: Place):
    """The first invoke is rejected, state Pending, then Active."""
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
    """Deleting the image or the policy does not break an Active function at once."""
    place.active()
    lose(place)
    place.later(timedelta(days=20))
    assert place.state()[0] == "Active" and place.invoke() == [1, None]


@pytest.mark.parametrize(("lose", "reason"), LOSSES)
@pytest.mark.aws("Lambda Developer Guide, functions-states; aws-cdk #18473, #27007", "medium")
def test_a_function_whose_image_cannot_be_had_again_stays_inactive(place: Place, lose, reason):
    """Inactive with the reason, LastUpdateStatus Successful; Invoke CodeArtifactUserFailedException."""
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
    """It is accepted; then Inactive and Failed."""
    place.active()
    lose(place)
    answer = place.lambda_.update_function_configuration(FunctionName="f", MemorySize=256)
    assert (answer["State"], answer["LastUpdateStatus"]) == ("Active", "InProgress")
    place.settle()
    assert place.state() == ("Inactive", *reason, "Failed", *reason)
    assert refused(place.invoke) == ("CodeArtifactUserFailedException", 409, BROKEN)


def test_lambda_adds_nothing_to_the_policy_when_it_fetches_an_image_again(place: Place):
    """Whoever updates may set the policy, and that does not help."""
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
    """Restore the access, then update the function."""
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
    """To push again is not enough (another digest): update-function-code is needed."""
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
    """Restoring takes up to 20 minutes."""
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
