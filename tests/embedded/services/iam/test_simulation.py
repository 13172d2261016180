"""IAM's simulation: what the engine would decide, in AWS's shapes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.embedded.conftest import Cloud

ACCOUNT = "813835382529"
REPOSITORY = f"arn:aws:ecr:eu-central-1:{ACCOUNT}:repository/app"
OTHER = f"arn:aws:ecr:eu-central-1:{ACCOUNT}:repository/other"
ANN = f"arn:aws:iam::{ACCOUNT}:user/ann"
PULL, PUSH = "ecr:BatchGetImage", "ecr:PutImage"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}},
    }
)


def policy(*statements: dict[str, Any], indent: int | None = None) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, indent=indent)


def may(action: str = PULL, resource: str = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def may_not(action: str = PULL, resource: str = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def refusal(call: Any, **params: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def decisions(answer: dict[str, Any]) -> list[str]:
    return [each["EvalDecision"] for each in answer["EvaluationResults"]]


@pytest.fixture
def iam(cloud: Cloud) -> Any:
    """IAM in the registry's account with a user ann, in a group whose inline policy lets it pull."""
    client = cloud.client("registry", "iam")
    client.create_user(UserName="ann")
    client.create_group(GroupName="readers")
    client.add_user_to_group(GroupName="readers", UserName="ann")
    client.put_group_policy(GroupName="readers", PolicyName="pull", PolicyDocument=policy(may(), indent=4))
    return client


CUSTOM = (
    ("what is allowed", [policy(may())], {}, ["allowed"]),
    ("what nobody speaks of", [policy(may(PUSH))], {}, ["implicitDeny"]),
    ("what is denied", [policy(may()), policy(may_not())], {}, ["explicitDeny"]),
    ("each action by itself", [policy(may())], {"ActionNames": [PULL, PUSH]}, ["allowed", "implicitDeny"]),
    ("a boundary that does not allow", [policy(may())],
     {"PermissionsBoundaryPolicyInputList": [policy(may(PUSH))]}, ["implicitDeny"]),
    ("a level of SCPs that does not allow", [policy(may())],
     {"OrderedOrganizationPolicyInputList": [{"ServiceControlPolicyInputList": [policy(may("*"))]},
                                             {"ServiceControlPolicyInputList": [policy(may(PUSH))]}]},
     ["implicitDeny"]),
    ("an SCP that denies", [policy(may())],
     {"OrderedOrganizationPolicyInputList": [{"ServiceControlPolicyInputList": [policy(may("*"), may_not())]}]},
     ["explicitDeny"]),
    ("a key that has the value", [policy(may(Condition={"StringEquals": {"aws:RequestedRegion": "eu-central-1"}}))],
     {"ContextEntries": [{"ContextKeyName": "aws:RequestedRegion", "ContextKeyValues": ["eu-central-1"],
                          "ContextKeyType": "string"}]}, ["allowed"]),
    ("a key without a value", [policy(may(Condition={"StringEquals": {"aws:RequestedRegion": "eu-central-1"}}))],
     {}, ["implicitDeny"]),
    ("a list of values", [policy(may(Condition={"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}}))],
     {"ContextEntries": [{"ContextKeyName": "aws:TagKeys", "ContextKeyValues": ["c"],
                          "ContextKeyType": "stringList"}]}, ["implicitDeny"]),
    ("a resource policy alone", [policy(may(PUSH))],
     {"ResourcePolicy": policy(may(Principal={"AWS": ANN})), "CallerArn": ANN, "ResourceArns": [REPOSITORY]},
     ["allowed"]),
    ("another account's resource, its owner silent", [policy(may())],
     {"ResourcePolicy": policy(may(PUSH, Principal={"AWS": ANN})), "CallerArn": ANN,
      "ResourceArns": [REPOSITORY.replace(ACCOUNT, "592444418872")]}, ["implicitDeny"]),
    ("another account's resource, both agreed", [policy(may())],
     {"ResourcePolicy": policy(may(Principal={"AWS": ANN})), "CallerArn": ANN,
      "ResourceArns": [REPOSITORY.replace(ACCOUNT, "592444418872")]}, ["allowed"]),
)  # fmt: skip


@pytest.mark.parametrize(("texts", "more", "said"), [row[1:] for row in CUSTOM], ids=[row[0] for row in CUSTOM])
def test_given_policies_are_evaluated(cloud: Cloud, texts: list[str], more: dict[str, Any], said: list[str]) -> None:
    asked = {"PolicyInputList": texts, "ActionNames": [PULL], **more}
    assert decisions(cloud.client("registry", "iam").simulate_custom_policy(**asked)) == said


def test_a_statement_is_named_with_its_place(cloud: Cloud) -> None:
    # The example of the AWS CLI's reference.
    text = (
        '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*",'
        '"Condition":{"DateGreaterThan":{"aws:CurrentTime":"2018-08-16T12:00:00Z"}}}}'
    )
    moment = {"ContextKeyName": "aws:CurrentTime", "ContextKeyType": "date"}
    simulate = cloud.client("registry", "iam").simulate_custom_policy
    asked: dict[str, Any] = {"PolicyInputList": [text], "ActionNames": ["dynamodb:CreateBackup"]}
    after = [{**moment, "ContextKeyValues": ["2019-04-25T11:00:00Z"]}]
    [result] = simulate(**asked, ContextEntries=after)["EvaluationResults"]
    assert result == {
        "EvalActionName": "dynamodb:CreateBackup",
        "EvalResourceName": "*",
        "EvalDecision": "allowed",
        "MatchedStatements": [
            {
                "SourcePolicyId": "PolicyInputList.1",
                "SourcePolicyType": "none",
                "StartPosition": {"Line": 1, "Column": 38},
                "EndPosition": {"Line": 1, "Column": 167},
            }
        ],
        "MissingContextValues": [],
    }
    [result] = simulate(**asked)["EvaluationResults"]
    assert (result["EvalDecision"], result["MatchedStatements"]) == ("implicitDeny", [])
    assert result["MissingContextValues"] == ["aws:CurrentTime"]


def test_each_resource_has_a_result_and_the_strictest_is_the_actions(cloud: Cloud) -> None:
    text = policy(may(resource=REPOSITORY), may_not(resource=OTHER))
    answer = cloud.client("registry", "iam").simulate_custom_policy(
        PolicyInputList=[text], ActionNames=[PULL], ResourceArns=[REPOSITORY, OTHER]
    )
    [result] = answer["EvaluationResults"]
    assert result["EvalDecision"] == "explicitDeny" and len(result["MatchedStatements"]) == 2
    each = result["ResourceSpecificResults"]
    assert [(one["EvalResourceName"], one["EvalResourceDecision"]) for one in each] == [
        (REPOSITORY, "allowed"),
        (OTHER, "explicitDeny"),
    ]


def test_a_user_has_the_policies_of_its_groups_and_they_are_named(iam: Any) -> None:
    [result] = iam.simulate_principal_policy(PolicySourceArn=ANN, ActionNames=[PULL])["EvaluationResults"]
    [statement] = result["MatchedStatements"]
    assert (statement["SourcePolicyId"], statement["SourcePolicyType"]) == ("pull", "IAM Policy")
    assert (statement["StartPosition"], statement["EndPosition"]) == (
        {"Line": 3, "Column": 19},
        {"Line": 8, "Column": 10},
    )


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, "allowed"),
        ({"PolicyInputList": [policy(may_not())]}, "explicitDeny"),
        ({"PermissionsBoundaryPolicyInputList": [policy(may(PUSH))]}, "implicitDeny"),
        ({"PolicyExclusionList": [{"PolicyType": "inline"}]}, "implicitDeny"),
        ({"PolicyExclusionList": [{"PolicyType": "aws-managed"}]}, "allowed"),
        (
            {
                "PolicyExclusionList": [
                    {
                        "InlinePolicyIdentifier": {
                            "PolicyName": "pull",
                            "AttachmentType": "group",
                            "AttachmentName": "readers",
                        }
                    }
                ]
            },
            "implicitDeny",
        ),
        ({"PolicyExclusionList": [{"PolicyArn": "arn:aws:iam::aws:policy/Read*"}]}, "allowed"),
    ],
)
def test_what_a_principal_has_can_be_added_to_and_taken_from(iam: Any, more: dict[str, Any], said: str) -> None:
    assert decisions(iam.simulate_principal_policy(PolicySourceArn=ANN, ActionNames=[PULL], **more)) == [said]


def test_what_the_simulation_says_is_what_happens(cloud: Cloud, iam: Any) -> None:
    iam.put_user_policy(
        UserName="ann",
        PolicyName="mixed",
        PolicyDocument=policy(may("iam:*"), may_not("iam:ListRoles"), may("ecr:Describe*")),
    )
    iam.put_user_permissions_boundary(UserName="ann", PermissionsBoundary="arn:aws:iam::aws:policy/IAMReadOnlyAccess")
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    ann = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    calls = {
        "iam:ListUsers": lambda: cloud.client(ann, "iam").list_users(),
        "iam:ListRoles": lambda: cloud.client(ann, "iam").list_roles(),
        "iam:CreateGroup": lambda: cloud.client(ann, "iam").create_group(GroupName="new"),
        "ecr:DescribeRepositories": lambda: cloud.client(ann, "ecr").describe_repositories(),
    }
    answer = iam.simulate_principal_policy(PolicySourceArn=ANN, ActionNames=list(calls))
    said = {each["EvalActionName"]: each["EvalDecision"] for each in answer["EvaluationResults"]}
    assert set(said.values()) == {"allowed", "explicitDeny", "implicitDeny"}
    for action, call in calls.items():
        if said[action] == "allowed":
            call()
        else:
            assert refusal(call)[0] in ("AccessDenied", "AccessDeniedException")
    details = {each["EvalActionName"]: each for each in answer["EvaluationResults"]}
    boundary = details["iam:CreateGroup"]["PermissionsBoundaryDecisionDetail"]
    assert boundary == {"AllowedByPermissionsBoundary": False}
    assert details["iam:ListUsers"]["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": True}
    assert details["iam:ListUsers"]["OrganizationsDecisionDetail"] == {"AllowedByOrganizations": True}


def test_a_role_and_a_group_can_be_asked_too(iam: Any) -> None:
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)
    iam.attach_role_policy(RoleName="r", PolicyArn="arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly")
    role = f"arn:aws:iam::{ACCOUNT}:role/r"
    answer = iam.simulate_principal_policy(PolicySourceArn=role, ActionNames=[PULL, PUSH])
    assert decisions(answer) == ["allowed", "implicitDeny"]
    [statement] = answer["EvaluationResults"][0]["MatchedStatements"]
    assert statement["SourcePolicyId"] == "AmazonEC2ContainerRegistryReadOnly"
    assert statement["SourcePolicyType"] == "IAM Policy"
    group = f"arn:aws:iam::{ACCOUNT}:group/readers"
    assert decisions(iam.simulate_principal_policy(PolicySourceArn=group, ActionNames=[PULL])) == ["allowed"]
    given = {"PolicySourceArn": role, "ActionNames": [PULL], "ResourcePolicy": policy(may(Principal="*"))}
    assert refusal(iam.simulate_principal_policy, **given)[0] == "InvalidInput"


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_actions_come_in_pages_of_any_size(iam: Any, size: int) -> None:
    actions = [PULL, PUSH, "ecr:DescribeImages"]
    pages = iam.get_paginator("simulate_principal_policy").paginate(
        PolicySourceArn=ANN, ActionNames=actions, PaginationConfig={"PageSize": size}
    )
    found = [[each["EvalActionName"] for each in page["EvaluationResults"]] for page in pages]
    assert [action for page in found for action in page] == actions
    assert all(len(page) <= size for page in found)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"ActionNames": ["ecr:*"]}, "InvalidInput"),
        ({"ActionNames": ["BatchGetImage"]}, "InvalidInput"),
        ({"PolicyInputList": ["{}"]}, "InvalidInput"),
        ({"CallerArn": "arn:aws:sts::813835382529:assumed-role/r/s"}, "InvalidInput"),
        ({"CallerArn": "arn:aws:iam:::user/x"}, "InvalidInput"),
        ({"ResourcePolicy": policy(may(Principal="*"))}, "InvalidInput"),
        ({"ResourcePolicy": "{}", "CallerArn": ANN}, "InvalidInput"),
        ({"ResourcePolicy": policy(may()), "CallerArn": ANN}, "InvalidInput"),
        ({"PermissionsBoundaryPolicyInputList": [policy(may())] * 2}, "InvalidInput"),
        ({"Marker": "none"}, "ValidationError"),
    ],
)
def test_what_cannot_be_simulated_is_refused(iam: Any, asked: dict[str, Any], code: str) -> None:
    right = {"PolicyInputList": [policy(may())], "ActionNames": [PULL]}
    assert refusal(iam.simulate_custom_policy, **{**right, **asked})[0] == code


@pytest.mark.parametrize(
    ("arn", "answer"),
    [
        (f"arn:aws:iam::{ACCOUNT}:user/nobody", ("NoSuchEntity", "The user with name nobody cannot be found.")),
        ("arn:aws:iam::592444418872:user/admin", ("NoSuchEntity", "The user with name admin cannot be found.")),
        ("no arn of this kind at all", ("ValidationError", "Invalid ARN:  Could not be parsed!")),
        (REPOSITORY, ("InvalidInput", f"ARN {REPOSITORY} is not valid.")),
    ],
)
def test_a_source_that_is_not_there(iam: Any, arn: str, answer: tuple[str, str]) -> None:
    assert refusal(iam.simulate_principal_policy, PolicySourceArn=arn, ActionNames=[PULL]) == answer


def test_the_keys_that_policies_look_at_are_told(iam: Any) -> None:
    text = policy(
        may(resource="arn:aws:ecr:*:*:repository/${aws:username}", Condition={"Null": {"aws:SourceVpc": "true"}})
    )
    keys = ["aws:SourceVpc", "aws:username"]
    assert iam.get_context_keys_for_custom_policy(PolicyInputList=[text])["ContextKeyNames"] == keys
    iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=text)
    assert sorted(iam.get_context_keys_for_principal_policy(PolicySourceArn=ANN)["ContextKeyNames"]) == keys
