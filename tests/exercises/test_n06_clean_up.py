"""The exercises of notebook 06: the smallest identity policy that removes a repository, and a guard on deleting it."""

from __future__ import annotations

import json

import boto3
import pytest
from botocore.exceptions import ClientError

from labkit import exercises
from labkit.exercises.n06_clean_up import CLEANER
from labkit.pull import policies
from labkit.scenarios import prepare
from tests.exercises.writing import LAMBDA, allow, document, identity, repository

NAME = "lambda-another-account"
CALLS = ("ecr:DescribeRepositories", "ecr:ListTagsForResource", "ecr:DeleteRepository")


def least(lab):
    return identity(*CALLS, resource=repository(lab, NAME))


def role(lab, name=CLEANER):
    return f"arn:aws:iam::{lab.registry.account}:role/{name}"


def guard(condition, action="ecr:DeleteRepository", principal="*"):
    return document({"Effect": "Deny", "Principal": principal, "Action": action, "Condition": condition})


def only_the_role(lab):
    return guard({"ArnNotEquals": {"aws:PrincipalArn": role(lab)}})


def guard_beside(lab, statement):
    return document(*only_the_role(lab)["Statement"], statement)


def test_the_three_calls_on_the_one_repository_are_enough(lab):
    assert exercises.least_cleaner(lab, least(lab)).solved
    assert exercises.least_cleaner(lab, json.dumps(least(lab))).solved


@pytest.mark.parametrize(
    ("answer", "held", "reason"),
    [
        (lambda lab: {}, 0, "empty"),
        (lambda lab: "{", 0, "JSON"),
        (lambda lab: document(allow(LAMBDA)), 0, "no Principal"),
        (
            lambda lab: identity(*CALLS[:2], resource=repository(lab, NAME)),
            5,
            "is not allowed to call ecr:DeleteRepository",
        ),
        (lambda lab: identity("ecr:DeleteRepository", resource=repository(lab, NAME)), 4, "ecr:DescribeRepositories"),
        (lambda lab: identity("ecr:*", resource=repository(lab, NAME)), 5, "must not"),
        (lambda lab: identity(*CALLS), 4, "must not"),
        (lambda lab: identity(*CALLS, resource=repository(lab, f"{NAME}*")), 5, f"{NAME}-2"),
        (lambda lab: identity(*CALLS, "ecr:BatchDeleteImage", resource=repository(lab, NAME)), 5, "BatchDeleteImage"),
    ],
)
def test_too_little_and_too_much_get_a_reason(lab, answer, held, reason):
    verdict = exercises.least_cleaner(lab, answer(lab))
    assert (verdict.held, verdict.cases) == (held, 6)
    assert reason in verdict.reason


@pytest.mark.parametrize(
    "answer",
    [
        only_the_role,
        lambda lab: guard({"StringNotEquals": {"aws:PrincipalArn": role(lab)}}),
        lambda lab: guard({"ArnNotLike": {"aws:PrincipalArn": role(lab)}}, principal={"AWS": "*"}),
        lambda lab: json.dumps(only_the_role(lab)),
    ],
)
def test_a_deny_for_everybody_but_the_role_guards_the_repository(lab, answer):
    verdict = exercises.nobody_else_deletes(lab, answer(lab))
    assert verdict.solved, verdict


@pytest.mark.parametrize(
    ("answer", "held", "reason"),
    [
        (lambda lab: {}, 0, "empty"),
        (lambda lab: least(lab), 0, "no Resource"),
        (lambda lab: policies.same_account(), 2, "admin may delete"),
        (lambda lab: document({**allow("*"), "Action": "ecr:DeleteRepository"}), 2, "admin may delete"),
        (lambda lab: guard({}), 4, f"The role {CLEANER} may not"),
        (lambda lab: guard({"ArnEquals": {"aws:PrincipalArn": role(lab)}}), 2, f"The role {CLEANER} may not"),
        (lambda lab: guard({"ArnNotLike": {"aws:PrincipalArn": role(lab, "Cleaner*")}}), 4, f"{CLEANER}-2"),
        (lambda lab: guard({"ArnNotEquals": {"aws:PrincipalArn": role(lab)}}, "ecr:*"), 5, "may no longer call ecr:"),
        (lambda lab: guard_beside(lab, allow("*")), 5, "user/admin may call ecr:BatchGetImage by this policy alone"),
        (
            lambda lab: guard_beside(lab, allow(LAMBDA)),
            5,
            "Lambda for the function stranger of 813835382529 may call ecr:",
        ),
    ],
)
def test_a_guard_that_stops_too_few_or_too_many_or_lets_somebody_in_gets_a_reason(lab, answer, held, reason):
    verdict = exercises.nobody_else_deletes(lab, answer(lab))
    assert (verdict.held, verdict.cases) == (held, 6), verdict
    assert reason in verdict.reason


@pytest.fixture
def guarded(lab):
    """The repository with its guard, and a client of the role that the answers are about."""
    prepare(lab, "cross-account")
    ecr, iam = lab.registry.client("ecr"), lab.registry.client("iam")
    trust = document({"Effect": "Allow", "Principal": {"AWS": lab.registry.account}, "Action": "sts:AssumeRole"})
    made = iam.create_role(RoleName=CLEANER, AssumeRolePolicyDocument=json.dumps(trust))["Role"]
    iam.put_role_policy(RoleName=CLEANER, PolicyName="least", PolicyDocument=json.dumps(least(lab)))
    ecr.set_repository_policy(repositoryName=NAME, policyText=json.dumps(only_the_role(lab)))
    sts = lab.registry.client("sts")
    keys = sts.assume_role(RoleArn=made["Arn"], RoleSessionName="removal")["Credentials"]
    yield boto3.client(
        "ecr",
        region_name=lab.region,
        endpoint_url=ecr.meta.endpoint_url,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    iam.delete_role_policy(RoleName=CLEANER, PolicyName="least")
    iam.delete_role(RoleName=CLEANER)


def test_the_embedded_aws_agrees_with_both_answers(lab, guarded):
    """The administrator is stopped by the guard, the role removes the repository with its images and nothing else."""
    with pytest.raises(ClientError, match=r"explicit deny in a resource-based policy"):
        lab.registry.client("ecr").delete_repository(repositoryName=NAME, force=True)
    with pytest.raises(ClientError, match="no identity-based policy allows"):
        guarded.batch_get_image(repositoryName=NAME, imageIds=[{"imageTag": "0.0.1"}])
    arn = guarded.describe_repositories(repositoryNames=[NAME])["repositories"][0]["repositoryArn"]
    assert [tag["Key"] for tag in guarded.list_tags_for_resource(resourceArn=arn)["tags"]] == ["labkit"]
    guarded.delete_repository(repositoryName=NAME, force=True)
    with pytest.raises(ClientError, match="AccessDenied"):
        guarded.delete_repository(repositoryName="lambda-same-account")
