"""Condition keys of tags, boundaries, parameters and forwarded calls have the values that AWS gives them.

Each case says what a caller may do under a condition that holds, and that it may not under one that does not.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from labkit.embedded.records import tags
from labkit.embedded.request.context import keys_of
from labkit.embedded.request.endpoints import OF_FUNCTION
from labkit.iam.arn import parse
from tests.embedded.conftest import Cloud, session_keys
from tests.embedded.request.callers import ACCOUNT, Caller, allow, policy, refusal

REPOSITORY = f"arn:aws:ecr:eu-central-1:{ACCOUNT}:repository/mine"
FUNCTION = f"arn:aws:lambda:eu-central-1:{ACCOUNT}:function:f"
BOUNDARY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
TEAM = [{"Key": "Team", "Value": "blue"}]
DENIED = ("AccessDenied", "AccessDeniedException")

Prepare = Callable[[Cloud], object]


def repository(cloud: Cloud) -> None:
    cloud.client("workload", "ecr").create_repository(repositoryName="mine", tags=TEAM)


def user(cloud: Cloud) -> None:
    cloud.client("workload", "iam").create_user(UserName="ann", Tags=TEAM, PermissionsBoundary=BOUNDARY)


def managed_policy(cloud: Cloud) -> None:
    document = policy(allow("s3:GetObject"))
    cloud.client("workload", "iam").create_policy(PolicyName="p", PolicyDocument=document, Tags=TEAM)


def group(cloud: Cloud) -> None:
    cloud.client("workload", "iam").create_group(GroupName="g")


def function_tags(cloud: Cloud) -> None:
    """A function's tags stand by themselves: whether there is the function is asked after the permission."""
    with cloud.embedded.database.write():
        tags.put(cloud.embedded.database, FUNCTION, {"Team": "blue"})


def nothing(cloud: Cloud) -> None:
    pass


EQUALS, ANY, LIKE = "StringEquals", "ForAnyValue:StringEquals", "ArnLike"
MANAGED = f"arn:aws:iam::{ACCOUNT}:policy/p"
CREATE = {"FunctionName": "f", "Role": f"arn:aws:iam::{ACCOUNT}:role/Caller", "PackageType": "Image"}

#: what is there, the action, the call with its parameters, and a condition: operator, key, a value that it has
CASES: list[tuple[Prepare, str, str, dict[str, Any], tuple[str, str, str]]] = [
    (
        repository,
        "ecr:DescribeImages",
        "describe_images",
        {"repositoryName": "mine"},
        (EQUALS, "aws:ResourceTag/Team", "blue"),
    ),
    (
        repository,
        "ecr:DescribeImages",
        "describe_images",
        {"repositoryName": "mine"},
        (EQUALS, "ecr:ResourceTag/team", "blue"),
    ),
    (
        repository,
        "ecr:UntagResource",
        "untag_resource",
        {"resourceArn": REPOSITORY, "tagKeys": ["Team"]},
        (ANY, "aws:TagKeys", "Team"),
    ),
    (
        repository,
        "ecr:TagResource",
        "tag_resource",
        {"resourceArn": REPOSITORY, "tags": TEAM},
        (EQUALS, "aws:RequestTag/Team", "blue"),
    ),
    (
        nothing,
        "ecr:PutAccountSetting",
        "put_account_setting",
        {"name": "BLOB_MOUNTING", "value": "ENABLED"},
        (EQUALS, "ecr:AccountSetting", "BLOB_MOUNTING"),
    ),
    (user, "iam:GetUser", "get_user", {"UserName": "ann"}, (EQUALS, "aws:ResourceTag/Team", "blue")),
    (user, "iam:GetUser", "get_user", {"UserName": "ann"}, (EQUALS, "iam:ResourceTag/Team", "blue")),
    (user, "iam:UntagUser", "untag_user", {"UserName": "ann", "TagKeys": ["Team"]}, (ANY, "aws:TagKeys", "Team")),
    (managed_policy, "iam:GetPolicy", "get_policy", {"PolicyArn": MANAGED}, (EQUALS, "aws:ResourceTag/Team", "blue")),
    (
        nothing,
        "iam:CreateUser",
        "create_user",
        {"UserName": "bob", "PermissionsBoundary": BOUNDARY},
        (LIKE, "iam:PermissionsBoundary", BOUNDARY),
    ),
    (
        user,
        "iam:PutUserPermissionsBoundary",
        "put_user_permissions_boundary",
        {"UserName": "ann", "PermissionsBoundary": ADMINISTRATOR},
        (LIKE, "iam:PermissionsBoundary", ADMINISTRATOR),
    ),
    (
        user,
        "iam:PutUserPolicy",
        "put_user_policy",
        {"UserName": "ann", "PolicyName": "p", "PolicyDocument": policy(allow("s3:*"))},
        (LIKE, "iam:PermissionsBoundary", BOUNDARY),
    ),
    (
        user,
        "iam:AttachUserPolicy",
        "attach_user_policy",
        {"UserName": "ann", "PolicyArn": ADMINISTRATOR},
        (LIKE, "iam:PolicyARN", ADMINISTRATOR),
    ),
    (function_tags, "lambda:ListTags", "list_tags", {"Resource": FUNCTION}, (EQUALS, "aws:ResourceTag/Team", "blue")),
    (
        function_tags,
        "lambda:InvokeFunction",
        "invoke",
        {"FunctionName": "f", "Qualifier": "$LATEST"},
        (EQUALS, "aws:ResourceTag/Team", "blue"),
    ),
    (
        nothing,
        "iam:PassRole",
        "create_function",
        {**CREATE, "Code": {"ImageUri": "x"}},
        (LIKE, "iam:AssociatedResourceArn", FUNCTION),
    ),
]


def outcome(cloud: Cloud, action: str, call: str, params: dict[str, Any], condition: dict[str, Any]) -> str:
    """The error of the call, empty where there is none, for one who may do this action under the condition."""
    caller = Caller(cloud, allow(action, Condition=condition), *([] if action != "iam:PassRole" else [CREATING]))
    service = "lambda" if call == "create_function" else action.partition(":")[0]
    try:
        getattr(caller.client(service), call)(**params)
    except Exception as error:
        return str(error)
    finally:
        caller.iam.delete_role_policy(RoleName="Caller", PolicyName="p")
        caller.iam.delete_role(RoleName="Caller")
    return ""


CREATING = allow("lambda:CreateFunction")


def name_of(case: object) -> str | None:
    return str(case[1]) if isinstance(case, tuple) else None


@pytest.mark.parametrize(("prepare", "action", "call", "params", "condition"), CASES, ids=name_of)
def test_a_key_has_its_value_in_this_request_and_no_other(
    cloud: Cloud, prepare: Prepare, action: str, call: str, params: dict[str, Any], condition: tuple[str, str, str]
):
    prepare(cloud)
    operator, key, value = condition
    refused = outcome(cloud, action, call, params, {operator: {key: value + "x"}})
    assert f"not authorized to perform: {action}" in refused
    assert "not authorized" not in outcome(cloud, action, call, params, {operator: {key: value}})


ABSENT = [
    (managed_policy, "iam:GetPolicy", "get_policy", {"PolicyArn": MANAGED}, "iam:ResourceTag/Team"),
    (group, "iam:GetGroup", "get_group", {"GroupName": "g"}, "aws:ResourceTag/Team"),
    (user, "iam:DeleteUser", "delete_user", {"UserName": "ann"}, "iam:PermissionsBoundary"),
    (user, "iam:GetUser", "get_user", {"UserName": "ann"}, "ecr:ResourceTag/Team"),
    (
        nothing,
        "iam:PassRole",
        "create_function",
        {**CREATE, "Code": {"ImageUri": "x"}, "Tags": {"Team": "blue"}},
        "aws:RequestTag/Team",
    ),
    (nothing, "iam:ListUsers", "list_users", {}, "aws:CalledVia"),
    (nothing, "iam:ListUsers", "list_users", {}, "aws:SourceVpce"),
    (nothing, "iam:ListUsers", "list_users", {}, "aws:PrincipalServiceNamesList"),
]


@pytest.mark.parametrize(("prepare", "action", "call", "params", "key"), ABSENT)
def test_a_key_that_aws_does_not_have_for_an_action_is_absent_whatever_the_call_says(
    cloud: Cloud, prepare: Prepare, action: str, call: str, params: dict[str, Any], key: str
):
    prepare(cloud)
    assert f"perform: {action}" in outcome(cloud, action, call, params, {"Null": {key: "false"}})
    assert f"perform: {action}" not in outcome(cloud, action, call, params, {"Null": {key: "true"}})


@pytest.mark.differs(
    "every key has a value or none", "where AWS's value is not known the lab takes the strict reading and says so"
)
def test_a_key_that_the_lab_does_not_know_allows_nothing_and_denies_all(cloud: Cloud):
    key = "lambda:InvokedViaFunctionUrl"
    for value in ("true", "false"):
        allowed = outcome(cloud, "lambda:InvokeFunction", "invoke", {"FunctionName": "f"}, {"Bool": {key: value}})
        assert "not authorized" in allowed
    deny = {"Effect": "Deny", "Action": "lambda:*", "Resource": "*", "Condition": {"Bool": {key: "true"}}}
    caller = Caller(cloud, allow("lambda:*"), deny)
    assert "explicit deny" in refusal(caller.client("lambda").invoke, FunctionName="f")[2]
    assert caller.client("lambda").list_functions()["Functions"] == []  # which has no such key


def test_an_action_that_is_newer_than_the_table_has_the_global_keys():
    assert "aws:requestedregion" in keys_of("ecr:StartReplicationBackfill")
    assert "aws:tagkeys" not in keys_of("ecr:StartReplicationBackfill")


def test_the_credentials_of_a_function_say_which_function_calls(cloud: Cloud):
    caller = Caller(cloud, allow("iam:ListUsers", Condition={"ArnLike": {"lambda:SourceFunctionArn": FUNCTION}}))
    assert refusal(caller.client("iam").list_users)[0] == "AccessDenied"
    with cloud.embedded.database.write():
        role = f"arn:aws:iam::{ACCOUNT}:role/Caller"
        session = cloud.embedded.role_session(role, "f", 900, context={OF_FUNCTION: FUNCTION})
    keys = {
        "AccessKeyId": session.access_key,
        "SecretAccessKey": session.secret_key,
        "SessionToken": session.session_token,
    }
    assert cloud.client(session_keys(keys), "iam").list_users()["Users"]


@pytest.mark.aws("IAM User Guide, aws:PrincipalTag", "high")
def test_tags_of_a_user_are_tags_of_the_principal(cloud: Cloud):
    iam = cloud.client("workload", "iam")
    iam.create_user(UserName="ann", Tags=TEAM)
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    under = {"StringEquals": {"aws:PrincipalTag/team": "blue"}}
    iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=policy(allow("iam:ListUsers", Condition=under)))
    assert cloud.client(keys, "iam").list_users()["Users"]
    iam.untag_user(UserName="ann", TagKeys=["Team"])
    assert refusal(cloud.client(keys, "iam").list_users)[0] == "AccessDenied"


def test_a_tag_decides_what_may_be_done_to_what_as_it_is_now(cloud: Cloud):
    repository(cloud)
    own = {"StringEquals": {"aws:ResourceTag/Team": "${aws:PrincipalTag/Team}"}}
    ecr = Caller(cloud, allow("ecr:*", Condition=own), Tags=TEAM).client("ecr")
    assert ecr.list_images(repositoryName="mine")["imageIds"] == []
    cloud.client("workload", "ecr").tag_resource(resourceArn=REPOSITORY, tags=[{"Key": "Team", "Value": "red"}])
    assert refusal(ecr.list_images, repositoryName="mine")[0] == "AccessDeniedException"


PULL = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
ELSEWHERE = "813835382529.dkr.ecr.eu-central-1.amazonaws.com/theirs:1"


def create(cloud: Cloud, caller: Caller) -> str:
    """Lambda's refusal to make a function of an image of the other account: no permission, or no such image."""
    function = {**CREATE, "Code": {"ImageUri": ELSEWHERE}}
    return refusal(caller.client("lambda").create_function, **function)[2]


def opened(cloud: Cloud, **statement: Any) -> None:
    """A repository of the registry account, open to the workload account and to Lambda."""
    ecr = cloud.client("registry", "ecr")
    ecr.create_repository(repositoryName="theirs", tags=TEAM)
    for_all = {"Effect": "Allow", "Principal": "*", "Action": PULL}
    ecr.set_repository_policy(repositoryName="theirs", policyText=json.dumps(document([for_all, *statement.values()])))


def document(statements: list[dict[str, Any]]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": statements}


FORWARDED = [
    ({"Bool": {"aws:ViaAWSService": "true"}}, True),
    ({"Bool": {"aws:ViaAWSService": "false"}}, False),
    ({"Null": {"aws:CalledVia": "true", "aws:SourceArn": "true", "aws:SourceAccount": "true"}}, True),
    ({"Null": {"aws:PrincipalServiceNamesList": "true"}}, True),
    ({"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, False),  # Lambda's address, which is not known
    ({"StringEquals": {"ecr:ResourceTag/Team": "blue"}}, True),
    ({"StringEquals": {"aws:ResourceAccount": "813835382529"}}, True),
]


@pytest.mark.parametrize(("condition", "holds"), FORWARDED)
@pytest.mark.aws("Lambda Developer Guide: documented for KMS, not for ECR", "medium")
def test_the_callers_request_for_the_image_is_one_that_lambda_forwards(
    cloud: Cloud, condition: dict[str, Any], holds: bool
):
    opened(cloud)
    caller = Caller(cloud, allow(["lambda:*", "iam:PassRole"]), allow(PULL, Condition=condition))
    assert ("does not exist" in create(cloud, caller)) is holds


OF_LAMBDA = [
    ({"ForAllValues:StringNotEquals": {"aws:PrincipalServiceNamesList": "lambda.amazonaws.com"}}, True),
    ({"ForAnyValue:StringEquals": {"aws:PrincipalServiceNamesList": "lambda.amazonaws.com"}}, False),
    ({"ArnEquals": {"aws:SourceArn": FUNCTION}}, False),
    ({"ArnEquals": {"aws:SourceArn": FUNCTION + ":$LATEST"}}, True),
    ({"StringEquals": {"aws:ResourceTag/Team": "blue"}}, False),
    ({"StringEquals": {"aws:ResourceTag/Team": "red"}}, True),
    ({"StringEquals": {"aws:PrincipalArn": "x"}}, False),  # whose value is not documented
    ({"Bool": {"aws:ViaAWSService": "true"}}, True),
    ({"Bool": {"aws:PrincipalIsAWSService": "true"}}, False),
    ({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}, False),  # it comes through no endpoint
]


@pytest.mark.parametrize(("condition", "spared"), OF_LAMBDA)
@pytest.mark.aws("IAM User Guide, global condition keys", "high")
def test_lambdas_own_request_has_the_keys_of_a_service(cloud: Cloud, condition: dict[str, Any], spared: bool):
    itself = {"Service": "lambda.amazonaws.com"}
    opened(cloud, deny={"Effect": "Deny", "Principal": itself, "Action": PULL, "Condition": condition})
    caller = Caller(cloud, allow(["lambda:*", "iam:PassRole", *PULL]))
    assert ("does not exist" in create(cloud, caller)) is spared


def test_a_functions_version_has_the_functions_tags(cloud: Cloud):
    db = cloud.embedded.database
    assert tags.holder(db, parse(f"{FUNCTION}:prod")) == FUNCTION
