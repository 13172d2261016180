"""What every call needs is asked of the policy engine, and a denial reads as AWS's in the protocol at hand."""

from __future__ import annotations

import pytest

from tests.embedded.conftest import Cloud
from tests.embedded.request.callers import ACCOUNT, Caller, allow, policy, refusal


@pytest.mark.parametrize(
    ("service", "call", "params", "code", "status", "resource"),
    [
        ("iam", "list_roles", {}, "AccessDenied", 403, f"arn:aws:iam::{ACCOUNT}:role/"),
        ("iam", "get_role", {"RoleName": "Caller"}, "AccessDenied", 403, f"arn:aws:iam::{ACCOUNT}:role/Caller"),
        (
            "ecr",
            "create_repository",
            {"repositoryName": "mine"},
            "AccessDeniedException",
            400,
            f"arn:aws:ecr:eu-central-1:{ACCOUNT}:repository/mine",
        ),
        ("ecr", "get_authorization_token", {}, "AccessDeniedException", 400, "*"),
        ("organizations", "list_accounts", {}, "AccessDeniedException", 400, "*"),
        ("lambda", "list_functions", {}, "AccessDeniedException", 403, "*"),
        (
            "lambda",
            "get_function",
            {"FunctionName": "f"},
            "AccessDeniedException",
            403,
            f"arn:aws:lambda:eu-central-1:{ACCOUNT}:function:f",
        ),
    ],
)
@pytest.mark.aws("IAM User Guide, troubleshoot access denied", "high")
def test_a_denial_is_awss_sentence_in_the_protocol_of_the_service(
    cloud: Cloud, service: str, call: str, params: dict[str, str], code: str, status: int, resource: str
) -> None:
    action = f"{service}:{''.join(word.capitalize() for word in call.split('_'))}"
    assert refusal(getattr(Caller(cloud).client(service), call), **params) == (
        code,
        status,
        f"User: arn:aws:sts::{ACCOUNT}:assumed-role/Caller/Test is not authorized to perform: {action} "
        f"on resource: {resource} because no identity-based policy allows the {action} action",
    )


def test_a_permission_for_one_repository_is_none_for_another(cloud: Cloud) -> None:
    mine = f"arn:aws:ecr:*:{ACCOUNT}:repository/mine"
    ecr = Caller(cloud, allow("ecr:CreateRepository", mine)).client("ecr")
    ecr.create_repository(repositoryName="mine")
    assert refusal(ecr.create_repository, repositoryName="yours")[0] == "AccessDeniedException"


@pytest.mark.aws("IAM User Guide, policy evaluation", "high")
def test_the_repositorys_policy_is_enough_in_its_own_account(cloud: Cloud) -> None:
    cloud.client("workload", "ecr").create_repository(repositoryName="mine")
    caller = Caller(cloud)
    ecr = caller.client("ecr")
    assert refusal(ecr.list_images, repositoryName="mine")[0] == "AccessDeniedException"
    open_it(cloud, "workload", f"arn:aws:iam::{ACCOUNT}:role/Caller")
    assert ecr.list_images(repositoryName="mine")["imageIds"] == []


@pytest.mark.aws("IAM User Guide, cross-account policy evaluation", "high")
def test_across_accounts_both_sides_must_allow(cloud: Cloud) -> None:
    cloud.client("registry", "ecr").create_repository(repositoryName="mine")
    caller = Caller(cloud, allow("ecr:ListImages"))
    there = {"registryId": "813835382529", "repositoryName": "mine"}
    assert "no resource-based policy allows" in refusal(caller.client("ecr").list_images, **there)[2]
    open_it(cloud, "registry", f"arn:aws:iam::{ACCOUNT}:root")
    assert caller.client("ecr").list_images(**there)["imageIds"] == []
    caller.may(allow("ecr:DescribeImages"))
    assert "no identity-based policy allows" in refusal(caller.client("ecr").list_images, **there)[2]


def open_it(cloud: Cloud, profile: str, principal: str) -> None:
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "ecr:ListImages"}
    cloud.client(profile, "ecr").set_repository_policy(repositoryName="mine", policyText=policy(statement))


def test_a_boundary_limits_what_is_allowed(cloud: Cloud) -> None:
    caller = Caller(cloud, allow("iam:*"), PermissionsBoundary="arn:aws:iam::aws:policy/IAMReadOnlyAccess")
    assert caller.client("iam").list_users()["Users"]
    _, _, message = refusal(caller.client("iam").create_user, UserName="ann")
    assert message.endswith("because no permissions boundary allows the iam:CreateUser action")


def test_a_boundary_limits_a_user_too(cloud: Cloud) -> None:
    iam = cloud.client("workload", "iam")
    iam.create_user(UserName="ann", PermissionsBoundary="arn:aws:iam::aws:policy/IAMReadOnlyAccess")
    iam.attach_user_policy(UserName="ann", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    assert cloud.client(keys, "iam").list_users()["Users"]
    assert refusal(cloud.client(keys, "iam").create_user, UserName="bob")[0] == "AccessDenied"


def test_a_role_with_a_path_is_known_by_its_whole_arn(cloud: Cloud) -> None:
    caller = Caller(cloud, allow("iam:GetRole", f"arn:aws:iam::{ACCOUNT}:role/team/Caller"), path="/team/")
    assert caller.client("iam").get_role(RoleName="Caller")["Role"]["Path"] == "/team/"
    caller.may(allow("iam:GetRole", f"arn:aws:iam::{ACCOUNT}:role/Caller"))
    assert refusal(caller.client("iam").get_role, RoleName="Caller")[0] == "AccessDenied"


def test_a_role_is_passed_to_lambda_only_by_leave(cloud: Cloud) -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/Caller"
    function = {"FunctionName": "f", "Role": role, "PackageType": "Image", "Code": {"ImageUri": "x"}}
    caller = Caller(cloud, allow("lambda:*"))
    code, status, message = refusal(caller.client("lambda").create_function, **function)
    assert (code, status) == ("AccessDeniedException", 403)
    assert f"is not authorized to perform: iam:PassRole on resource: {role} because no identity" in message
    to_ec2 = {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}
    caller.may(allow("lambda:*"), allow("iam:PassRole", Condition=to_ec2))
    assert "iam:PassRole" in refusal(caller.client("lambda").create_function, **function)[2]
    to_lambda = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
    caller.may(allow("lambda:*"), allow("iam:PassRole", Condition=to_lambda))
    assert "iam:PassRole" not in refusal(caller.client("lambda").create_function, **function)[2]


@pytest.mark.parametrize(
    ("operator", "key", "value"),
    [
        ("StringEquals", "aws:PrincipalOrgID", "o-lambdaecrlab"),
        (
            "ForAnyValue:StringLike",
            "aws:PrincipalOrgPaths",
            "o-lambdaecrlab/r-lab1/ou-lab1-workloads/*",
        ),
        ("StringEquals", "aws:PrincipalAccount", ACCOUNT),
        ("ArnEquals", "aws:PrincipalArn", f"arn:aws:iam::{ACCOUNT}:role/Caller"),
        ("StringEquals", "aws:PrincipalType", "AssumedRole"),
        ("StringLike", "aws:userid", "AROA*:Test"),
        ("Null", "aws:username", "true"),
        ("DateLessThan", "aws:CurrentTime", "2026-01-16T00:00:00Z"),
        ("NumericGreaterThan", "aws:EpochTime", "1768000000"),
        ("DateGreaterThanEquals", "aws:TokenIssueTime", "2026-01-15T12:00:00Z"),
        ("IpAddress", "aws:SourceIp", "127.0.0.0/8"),
        ("Bool", "aws:SecureTransport", "true"),
        ("StringEquals", "aws:RequestedRegion", "eu-central-1"),
        ("StringLike", "aws:UserAgent", "Botocore/*"),
        ("Bool", "aws:PrincipalIsAWSService", "false"),
        ("StringEquals", "aws:ResourceAccount", ACCOUNT),
        ("StringEquals", "aws:ResourceOrgID", "o-lambdaecrlab"),
        ("StringEquals", "aws:PrincipalTag/team", "blue"),
    ],
)
def test_condition_keys_have_the_values_that_aws_gives_them(cloud: Cloud, operator: str, key: str, value: str) -> None:
    condition = {operator: {key: value}}
    caller = Caller(cloud, allow("iam:ListUsers", Condition=condition), Tags=[{"Key": "team", "Value": "blue"}])
    assert caller.client("iam").list_users()["Users"]


def test_an_account_in_no_organization_has_no_organization_keys(cloud: Cloud) -> None:
    iam = cloud.client("outsider", "iam")
    iam.create_user(UserName="ann")
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    absent = {"Null": {"aws:PrincipalOrgID": "true", "aws:PrincipalOrgPaths": "true", "aws:ResourceOrgID": "true"}}
    document = policy(allow("iam:ListUsers", Condition=absent))
    iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=document)
    assert cloud.client(keys, "iam").list_users()["Users"]


def test_an_invocation_needs_invokefunction_and_knows_the_qualifier(cloud: Cloud) -> None:
    caller = Caller(cloud)
    _, _, message = refusal(caller.client("lambda").invoke, FunctionName="f", Qualifier="2")
    assert "lambda:InvokeFunction on resource: " + f"arn:aws:lambda:eu-central-1:{ACCOUNT}:function:f:2" in message
