"""STS: identities and sessions, with the article's outputs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from labkit.embedded.records import keys
from labkit.embedded.records.keys import Session, SessionPolicy
from tests.embedded.conftest import Cloud, session_keys

ROLE = "arn:aws:iam::813835382529:role/LimitedLambdaRole"


def trust(*principals: str, **condition: Any) -> str:
    statement = {"Effect": "Allow", "Principal": {"AWS": list(principals)}, "Action": "sts:AssumeRole", **condition}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def allow(*actions: str, resource: str = "*", **condition: Any) -> str:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource, **condition}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def make_role(cloud: Cloud, document: str = "", name: str = "LimitedLambdaRole", **more: Any) -> None:
    document = document or trust("arn:aws:iam::813835382529:root")
    cloud.client("registry", "iam").create_role(RoleName=name, AssumeRolePolicyDocument=document, **more)


def denied(call: Callable[..., Any], **params: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def assume(cloud: Cloud, who: Any = "registry", role: str = ROLE, **more: Any) -> Any:
    return cloud.client(who, "sts").assume_role(RoleArn=role, RoleSessionName="Test", **more)


def test_the_articles_identity_after_switching_the_role(cloud: Cloud) -> None:
    make_role(cloud)
    keys = session_keys(assume(cloud)["Credentials"])
    identity = cloud.client(keys, "sts").get_caller_identity()
    identity.pop("ResponseMetadata")
    assert re.fullmatch(r"AROA327C6N4A\w{9}:Test", identity.pop("UserId"))
    assert identity == {
        "Account": "813835382529",
        "Arn": "arn:aws:sts::813835382529:assumed-role/LimitedLambdaRole/Test",
    }


@pytest.mark.aws("STS API Reference, GetCallerIdentity", "high")
def test_who_one_is_and_a_session_token_need_no_permission_and_cannot_be_denied(cloud: Cloud) -> None:
    iam = cloud.client("registry", "iam")
    iam.create_user(UserName="ann")
    deny = {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}
    iam.put_user_policy(UserName="ann", PolicyName="no", PolicyDocument=json.dumps(deny))
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    assert cloud.client(keys, "sts").get_caller_identity()["Arn"] == "arn:aws:iam::813835382529:user/ann"
    assert cloud.client(keys, "sts").get_session_token()["Credentials"]


@pytest.mark.aws("IAM User Guide, troubleshoot access denied", "medium")
def test_a_role_is_assumed_only_if_its_trust_policy_says_so(cloud: Cloud) -> None:
    make_role(cloud, trust("arn:aws:iam::592444418872:root"))
    code, message = denied(assume, cloud=cloud)
    assert code == "AccessDenied"
    assert message == (
        "User: arn:aws:iam::813835382529:user/admin is not authorized to perform: sts:AssumeRole "
        "because no role trust policy allows the sts:AssumeRole action"
    )
    assert assume(cloud, "workload")["AssumedRoleUser"]["Arn"].endswith("assumed-role/LimitedLambdaRole/Test")
    assert denied(assume, cloud=cloud, who="outsider")[0] == "AccessDenied"


def test_a_role_for_lambda_is_not_for_people(cloud: Cloud) -> None:
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": ["sts:AssumeRole"], "Principal": {"Service": ["lambda.amazonaws.com"]}}
        ],
    }
    make_role(cloud, json.dumps(document))
    assert denied(assume, cloud=cloud)[0] == "AccessDenied"


@pytest.mark.aws("IAM User Guide", "medium")
def test_a_role_that_does_not_exist_is_denied_and_not_revealed(cloud: Cloud) -> None:
    make_role(cloud, trust("arn:aws:iam::592444418872:root"))
    code, existing = denied(assume, cloud=cloud)
    missing = denied(assume, cloud=cloud, role=ROLE.replace("Limited", "Nolimits"))
    assert missing == (code, existing.replace("LimitedLambdaRole", "NolimitsLambdaRole"))


def test_the_caller_needs_the_permission_too(cloud: Cloud) -> None:
    make_role(cloud, trust("arn:aws:iam::813835382529:root"))
    iam = cloud.client("registry", "iam")
    iam.create_user(UserName="ann")
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    assert denied(assume, cloud=cloud, who=keys)[0] == "AccessDenied"
    iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=allow("sts:AssumeRole", resource=ROLE))
    assert assume(cloud, keys)["Credentials"]["AccessKeyId"].startswith("ASIA")


@pytest.mark.aws("IAM User Guide, external ids", "high")
def test_an_external_id_is_compared(cloud: Cloud) -> None:
    condition = {"Condition": {"StringEquals": {"sts:ExternalId": "secret"}}}
    make_role(cloud, trust("arn:aws:iam::592444418872:root", **condition))
    assert denied(assume, cloud=cloud, who="workload")[0] == "AccessDenied"
    assert denied(assume, cloud=cloud, who="workload", ExternalId="wrong")[0] == "AccessDenied"
    assert assume(cloud, "workload", ExternalId="secret")


@pytest.mark.aws("IAM User Guide, session policies", "high")
def test_a_session_policy_only_takes_away(cloud: Cloud) -> None:
    make_role(cloud)
    cloud.client("registry", "iam").put_role_policy(
        RoleName="LimitedLambdaRole", PolicyName="p", PolicyDocument=allow("ecr:*", "iam:ListUsers")
    )
    answer = assume(cloud, Policy=allow("iam:*"))
    assert 1 <= answer["PackedPolicySize"] <= 100
    keys = session_keys(answer["Credentials"])
    assert cloud.client(keys, "iam").list_users()["Users"]
    code, message = denied(cloud.client(keys, "ecr").describe_repositories)
    assert code == "AccessDeniedException"
    assert message.endswith("because no session policy allows the ecr:DescribeRepositories action")
    assert denied(cloud.client(keys, "iam").list_roles)[0] == "AccessDenied"


def test_a_managed_policy_can_be_a_session_policy(cloud: Cloud) -> None:
    make_role(cloud)
    iam = cloud.client("registry", "iam")
    iam.attach_role_policy(RoleName="LimitedLambdaRole", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    read_only = [{"arn": "arn:aws:iam::aws:policy/IAMReadOnlyAccess"}]
    keys = session_keys(assume(cloud, PolicyArns=read_only)["Credentials"])
    assert cloud.client(keys, "iam").list_users()["Users"]
    assert denied(cloud.client(keys, "iam").create_user, UserName="x")[0] == "AccessDenied"
    assert (
        denied(assume, cloud=cloud, PolicyArns=[{"arn": "arn:aws:iam::aws:policy/Nope"}])[0]
        == "MalformedPolicyDocument"
    )


@pytest.mark.aws("IAM User Guide, Troubleshoot access denied error messages", "high")
def test_a_denial_by_a_session_policy_ends_with_the_arn_of_a_managed_one(cloud: Cloud) -> None:
    make_role(cloud)
    iam = cloud.client("registry", "iam")
    iam.attach_role_policy(RoleName="LimitedLambdaRole", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    deny = json.loads(allow("*"))
    deny["Statement"].append({"Effect": "Deny", "Action": "iam:CreateUser", "Resource": "*"})
    arn = iam.create_policy(PolicyName="no-users", PolicyDocument=json.dumps(deny))["Policy"]["Arn"]
    for given, end in (({"PolicyArns": [{"arn": arn}]}, f": {arn}"), ({"Policy": json.dumps(deny)}, "")):
        keys = session_keys(assume(cloud, **given)["Credentials"])
        said = denied(cloud.client(keys, "iam").create_user, UserName="x")[1]
        assert said.endswith(f"with an explicit deny in a session policy{end}")


@pytest.mark.parametrize("policy", ["nope", "{}", '{"Statement": []}', trust("arn:aws:iam::813835382529:root")])
def test_a_session_policy_must_be_one(cloud: Cloud, policy: str) -> None:
    make_role(cloud)
    assert denied(assume, cloud=cloud, Policy=policy)[0] == "MalformedPolicyDocument"


def test_a_session_is_as_long_as_the_role_allows(cloud: Cloud) -> None:
    make_role(cloud, MaxSessionDuration=7200)
    now = cloud.clock.now()
    assert (assume(cloud)["Credentials"]["Expiration"] - now).total_seconds() == 3600
    assert (assume(cloud, DurationSeconds=7200)["Credentials"]["Expiration"] - now).total_seconds() == 7200
    code, message = denied(assume, cloud=cloud, DurationSeconds=7201)
    assert (code, message) == (
        "ValidationError",
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
    )


@pytest.mark.aws("eks-anywhere #9485", "high")
def test_a_role_that_is_assumed_by_a_role_lasts_an_hour(cloud: Cloud) -> None:
    make_role(cloud, MaxSessionDuration=7200)
    cloud.client("registry", "iam").put_role_policy(
        RoleName="LimitedLambdaRole", PolicyName="p", PolicyDocument=allow("sts:AssumeRole")
    )
    keys = session_keys(assume(cloud)["Credentials"])
    assert assume(cloud, keys, DurationSeconds=3600)
    assert denied(assume, cloud=cloud, who=keys, DurationSeconds=3601)[1] == (
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
    )


@pytest.mark.parametrize("name", ["a b", "x/y", "ümlaut"])
def test_a_session_name_has_its_letters(cloud: Cloud, name: str) -> None:
    make_role(cloud)
    sts = cloud.client("registry", "sts")
    code, message = denied(sts.assume_role, RoleArn=ROLE, RoleSessionName=name)
    assert code == "ValidationError"
    assert message.startswith(f"1 validation error detected: Value '{name}' at 'roleSessionName' failed to satisfy")


@pytest.mark.aws("aws-runas #11", "high")
def test_a_role_session_cannot_ask_for_a_session_token(cloud: Cloud) -> None:
    make_role(cloud)
    keys = session_keys(assume(cloud)["Credentials"])
    assert denied(cloud.client(keys, "sts").get_session_token) == (
        "AccessDenied",
        "Cannot call GetSessionToken with session credentials",
    )


def test_a_key_says_to_which_account_it_belongs(cloud: Cloud) -> None:
    key = cloud.keys("workload")["aws_access_key_id"]
    sts = cloud.client("registry", "sts")
    assert sts.get_access_key_info(AccessKeyId=key)["Account"] == "592444418872"


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("decode_authorization_message", {"EncodedMessage": "x"}),
        ("get_web_identity_token", {"Audience": ["a"], "SigningAlgorithm": "RS256"}),
    ],
)
def test_what_is_not_implemented_says_so(cloud: Cloud, operation: str, params: dict[str, str]) -> None:
    code, message = denied(getattr(cloud.client("registry", "sts"), operation), **params)
    assert code == "InvalidAction" and message.startswith("The embedded AWS does not implement sts:")


def test_a_parameter_that_is_not_implemented_says_so(cloud: Cloud) -> None:
    make_role(cloud)
    code, message = denied(assume, cloud=cloud, SerialNumber="arn:aws:iam::813835382529:mfa/ann", TokenCode="123456")
    assert (code, message) == (
        "InvalidParameterValue",
        "The embedded AWS does not implement the parameter SerialNumber.",
    )


def test_session_policies_that_version_1_of_the_schema_wrote_are_read(cloud: Cloud) -> None:
    make_role(cloud)
    credentials = assume(cloud)["Credentials"]
    database, text = cloud.embedded.database, allow("iam:ListUsers")
    with database.write():
        database.run("UPDATE session SET policies = ? WHERE id = ?", json.dumps([text]), credentials["AccessKeyId"])
    found = keys.find(database, credentials["AccessKeyId"])
    assert isinstance(found, Session) and found.policies == (SessionPolicy(text),)
