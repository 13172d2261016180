"""Where the world is realistic: what was changed decides some seconds later, and writes can get in each other's way."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from labkit.embedded.process import client
from labkit.pull import policies
from tests.embedded.conftest import Cloud
from tests.embedded.lab_of_tests import PULL_DENIED, REGISTRY, WORKLOAD, image_of, push

FIRST, SECOND = timedelta(seconds=9), timedelta(seconds=1)
LIST = "arn:aws:iam::aws:policy/IAMReadOnlyAccess"
ROLE = f"arn:aws:iam::{REGISTRY}:role/r"


def document(effect: str = "Allow", action: str = "iam:ListUsers") -> str:
    statement = {"Effect": effect, "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def slow(cloud: Cloud) -> Cloud:
    """A realistic world, whose functions are Active at once all the same, with a user ``u`` and its keys."""
    cloud.client("registry", "iam").create_user(UserName="u")
    cloud.client("registry", "iam").create_group(GroupName="g")
    client.let_time_pass(cloud.home.root, True, {"pending": 0})
    return cloud


@pytest.fixture
def may(slow: Cloud) -> Callable[[], bool]:
    """Whether the user ``u`` may list users now."""
    made = slow.client("registry", "iam").create_access_key(UserName="u")["AccessKey"]
    keys = {"aws_access_key_id": made["AccessKeyId"], "aws_secret_access_key": made["SecretAccessKey"]}
    return lambda: allowed(lambda: slow.client(keys, "iam").list_users())


def allowed(call: Callable[[], Any]) -> bool:
    try:
        call()
    except ClientError as error:
        assert "AccessDenied" in str(error) or PULL_DENIED in str(error) or "cannot be assumed" in str(error)
        return False
    return True


ARN = f"arn:aws:iam::{REGISTRY}:policy/p"
#: What is done to give the user u a permission, and what takes it away again.
CHANGES: list[tuple[str, Callable[[Any], Any], Callable[[Any], Any]]] = [
    (
        "an inline policy",
        lambda iam: iam.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=document()),
        lambda iam: iam.delete_user_policy(UserName="u", PolicyName="p"),
    ),
    (
        "a managed policy",
        lambda iam: iam.attach_user_policy(UserName="u", PolicyArn=LIST),
        lambda iam: iam.detach_user_policy(UserName="u", PolicyArn=LIST),
    ),
    (
        "a group's policy",
        lambda iam: (
            iam.add_user_to_group(UserName="u", GroupName="g"),
            iam.put_group_policy(GroupName="g", PolicyName="p", PolicyDocument=document()),
        ),
        lambda iam: iam.remove_user_from_group(UserName="u", GroupName="g"),
    ),
    (
        "a version of a policy",
        lambda iam: (
            iam.create_policy(PolicyName="p", PolicyDocument=document("Deny")),
            iam.attach_user_policy(UserName="u", PolicyArn=ARN),
            iam.create_policy_version(PolicyArn=ARN, PolicyDocument=document(), SetAsDefault=True),
        ),
        lambda iam: iam.set_default_policy_version(PolicyArn=ARN, VersionId="v1"),
    ),
]


@pytest.mark.parametrize(("give", "take"), [row[1:] for row in CHANGES], ids=[row[0] for row in CHANGES])
def test_what_iam_has_accepted_decides_some_seconds_later_a_deletion_too(slow: Cloud, may, give, take):
    iam = slow.client("registry", "iam")
    slow.embedded.move_clock(timedelta(seconds=10))
    for change, now in ((give, True), (take, False)):
        change(iam)
        assert may() is not now
        slow.embedded.move_clock(FIRST)
        assert may() is not now
        slow.embedded.move_clock(SECOND)
        assert may() is now


def test_of_several_changes_each_is_known_in_its_turn(slow: Cloud, may):
    iam = slow.client("registry", "iam")
    iam.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=document())
    slow.embedded.move_clock(timedelta(seconds=5))
    iam.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=document("Deny"))
    seen = [may()]
    for _ in range(2):
        slow.embedded.move_clock(timedelta(seconds=5))
        seen.append(may())
    assert seen == [False, True, False]


def test_what_iam_answers_is_what_was_written(slow: Cloud):
    iam = slow.client("registry", "iam")
    iam.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=document())
    assert iam.list_user_policies(UserName="u")["PolicyNames"] == ["p"]


def test_a_boundary_is_known_later(slow: Cloud, may):
    iam = slow.client("registry", "iam")
    iam.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=document())
    slow.embedded.move_clock(timedelta(seconds=10))
    iam.put_user_permissions_boundary(
        UserName="u", PermissionsBoundary="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    )
    assert may()
    slow.embedded.move_clock(timedelta(seconds=10))
    assert not may()


@pytest.mark.parametrize("world", ["not realistic", "propagation 0"])
@pytest.mark.differs(
    "what IAM and ECR accept is known seconds later",
    "outputs stay the same from run to run; labkit up --realistic turns it on",
)
def test_elsewhere_everything_is_known_at_once(slow: Cloud, may, world: str):
    iam = slow.client("registry", "iam")
    iam.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=document())
    assert not may()
    slow_world = {"propagation": 0} if world == "propagation 0" else {}
    client.let_time_pass(slow.home.root, bool(slow_world), slow_world)
    assert may()
    iam.delete_user_policy(UserName="u", PolicyName="p")
    assert not may()


def test_what_was_noted_goes_when_it_does_not_matter_any_more(slow: Cloud):
    iam = slow.client("registry", "iam")
    for _ in range(5):
        iam.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=document())
        iam.delete_user_policy(UserName="u", PolicyName="p")
        slow.embedded.move_clock(timedelta(seconds=10))
    rows = slow.embedded.database.all("SELECT holder FROM superseded")
    assert [row["holder"] for row in rows] == [f"arn:aws:iam::{REGISTRY}:user/u"] * 2


def test_a_clock_that_is_set_back_leaves_nothing_to_wait_for(slow: Cloud, may):
    slow.embedded.move_clock(timedelta(days=1))
    slow.client("registry", "iam").put_user_policy(UserName="u", PolicyName="p", PolicyDocument=document())
    assert not may()
    slow.embedded.move_clock(None)
    assert may()


# -- Repositories, roles and Lambda ---------------------------------------------------------------------------------


@pytest.fixture
def ecr(slow: Cloud, tmp_path: Path) -> Any:
    """ECR of the registry account, with an image ``repo:1``."""
    made = slow.client("registry", "ecr")
    made.create_repository(repositoryName="repo")
    push(made, "repo", "1", image_of(tmp_path / "image"))
    return made


def create(slow: Cloud, name: str = "f", keys: Any = "registry") -> Any:
    uri = f"{REGISTRY}.dkr.ecr.eu-central-1.amazonaws.com/repo:1"
    lambda_ = slow.client(keys, "lambda")
    return lambda_.create_function(FunctionName=name, Role=ROLE, PackageType="Image", Code={"ImageUri": uri})


def role(slow: Cloud) -> None:
    trust = json.dumps(policies.lambda_trust())
    slow.client("registry", "iam").create_role(RoleName="r", AssumeRolePolicyDocument=trust)


def deployer(slow: Cloud) -> dict[str, str]:
    """Keys of a user who may create functions and has no permission on ECR."""
    iam = slow.client("registry", "iam")
    iam.create_user(UserName="deployer")
    iam.attach_user_policy(UserName="deployer", PolicyArn="arn:aws:iam::aws:policy/AWSLambda_FullAccess")
    key = iam.create_access_key(UserName="deployer")["AccessKey"]
    slow.embedded.move_clock(timedelta(seconds=10))
    return {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}


def sids(ecr: Any) -> list[str]:
    found = json.loads(ecr.get_repository_policy(repositoryName="repo")["policyText"])
    return [each["Sid"] for each in found["Statement"]]


@pytest.mark.aws("aws-sdk-js #3498; how long: public reports", "medium")
def test_a_new_role_cannot_be_assumed_by_lambda_for_some_seconds(slow: Cloud, ecr: Any):
    """Reports say: retry 5 to 30 s after creating the role."""
    role(slow)
    assert not allowed(lambda: create(slow))
    slow.embedded.move_clock(FIRST)
    assert not allowed(lambda: create(slow))
    slow.embedded.move_clock(SECOND)
    assert allowed(lambda: create(slow))


def test_a_new_repository_policy_lets_lambda_in_some_seconds_later_and_out_as_late(slow: Cloud, ecr: Any):
    role(slow)
    keys = deployer(slow)
    ecr.set_repository_policy(repositoryName="repo", policyText=json.dumps(policies.same_account()))
    assert not allowed(lambda: create(slow, "early", keys))
    slow.embedded.move_clock(timedelta(seconds=10))
    assert allowed(lambda: create(slow, "late", keys))
    ecr.delete_repository_policy(repositoryName="repo")
    assert allowed(lambda: create(slow, "still", keys))
    slow.embedded.move_clock(timedelta(seconds=10))
    assert not allowed(lambda: create(slow, "no-more", keys))


def test_lambda_goes_by_the_statement_that_it_adds_itself_and_others_learn_of_it_later(slow: Cloud, ecr: Any):
    """aws-sam-cli 8190: 403 for the one that comes right behind; running it again helps."""
    role(slow)
    keys = deployer(slow)
    create(slow, "first")
    assert sids(ecr) == ["LambdaECRImageRetrievalPolicy"]
    assert not allowed(lambda: create(slow, "second", keys))
    slow.embedded.move_clock(timedelta(seconds=10))
    assert allowed(lambda: create(slow, "second", keys))


@pytest.mark.aws("public reports of a lost statement", "medium")
def test_of_two_creations_at_a_time_one_undoes_what_was_set_in_between(slow: Cloud, ecr: Any):
    """An unlocked read, change and set; a statement is lost."""
    role(slow)
    slow.embedded.move_clock(timedelta(seconds=10))
    create(slow, "first")
    both = json.loads(ecr.get_repository_policy(repositoryName="repo")["policyText"])
    both["Statement"] += policies.cross_account(WORKLOAD)["Statement"]
    ecr.set_repository_policy(repositoryName="repo", policyText=json.dumps(both))
    assert len(sids(ecr)) == 3
    create(slow, "second")
    assert sids(ecr) == ["LambdaECRImageRetrievalPolicy"]


@pytest.mark.parametrize("quiet", ["race=0", "later"])
def test_without_a_race_nothing_is_lost(slow: Cloud, ecr: Any, quiet: str):
    role(slow)
    slow.embedded.move_clock(timedelta(seconds=10))
    if quiet == "race=0":
        client.let_time_pass(slow.home.root, True, {"race": 0})
    ecr.set_repository_policy(repositoryName="repo", policyText=json.dumps(policies.cross_account(WORKLOAD)))
    if quiet == "later":
        slow.embedded.move_clock(timedelta(seconds=3))
    create(slow)
    assert len(sids(ecr)) == 3


def test_a_registry_policy_is_known_later(slow: Cloud, ecr: Any):
    statement = {"Sid": "no", "Effect": "Deny", "Principal": "*", "Action": "ecr:DescribeImages", "Resource": "*"}
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    ecr.put_registry_policy(policyText=text)
    assert allowed(lambda: ecr.describe_images(repositoryName="repo"))
    slow.embedded.move_clock(timedelta(seconds=10))
    assert not allowed(lambda: ecr.describe_images(repositoryName="repo"))
