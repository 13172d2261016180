"""IAM: what labkit checks and keeps by itself, and that moto's part arrives."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from labkit.embedded.state.backend import _originals

from labkit.iam import Policy
from tests.embedded.conftest import Cloud

ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
LAMBDA_TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": ["sts:AssumeRole"], "Principal": {"Service": ["lambda.amazonaws.com"]}}
        ],
    }
)


def refusal(call: Any, **params: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def statement(**more: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", **more}]})


def test_the_articles_role_is_made(cloud: Cloud) -> None:
    iam = cloud.client("registry", "iam")
    role = iam.create_role(RoleName="LambdaRoleWithoutPermissions", AssumeRolePolicyDocument=LAMBDA_TRUST)["Role"]
    assert role["Arn"] == "arn:aws:iam::813835382529:role/LambdaRoleWithoutPermissions"
    assert role["RoleId"].startswith("AROA327C6N4A") and role["CreateDate"]
    assert iam.get_role(RoleName="LambdaRoleWithoutPermissions")["Role"]["AssumeRolePolicyDocument"] == json.loads(
        LAMBDA_TRUST
    )


@pytest.mark.parametrize(
    "document",
    [
        "nope",
        "{}",
        statement(),
        statement(Principal="*", Resource="*"),
        statement(Principal={"AWS": "arn:aws:iam::813835382529:role/Missing"}),
        json.dumps({"Statement": {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}}),
        json.dumps({"Statement": {"Effect": "allow", "Principal": "*", "Action": "sts:AssumeRole"}}),
    ],
)
def test_a_trust_policy_must_be_one(cloud: Cloud, document: str) -> None:
    iam = cloud.client("registry", "iam")
    code, _ = refusal(iam.create_role, RoleName="R", AssumeRolePolicyDocument=document)
    assert code == "MalformedPolicyDocument"
    assert iam.list_roles()["Roles"] == []
    iam.create_role(RoleName="R", AssumeRolePolicyDocument=LAMBDA_TRUST)
    assert refusal(iam.update_assume_role_policy, RoleName="R", PolicyDocument=document)[0] == "MalformedPolicyDocument"


@pytest.mark.parametrize("document", ["nope", statement(), statement(Resource="*", Principal="*")])
def test_an_identity_policy_must_be_one(cloud: Cloud, document: str) -> None:
    iam = cloud.client("registry", "iam")
    assert refusal(iam.create_policy, PolicyName="P", PolicyDocument=document)[0] == "MalformedPolicyDocument"
    put = {"UserName": "admin", "PolicyName": "P", "PolicyDocument": document}
    assert refusal(iam.put_user_policy, **put)[0] == "MalformedPolicyDocument"


def test_a_user_has_an_id_of_awss_form_and_two_keys_at_most(cloud: Cloud) -> None:
    iam = cloud.client("registry", "iam")
    assert iam.create_user(UserName="ann")["User"]["UserId"].startswith("AIDA327C6N4A")
    first = iam.create_access_key(UserName="ann")["AccessKey"]
    iam.create_access_key(UserName="ann")
    assert refusal(iam.create_access_key, UserName="ann")[0] == "LimitExceeded"
    listed = iam.list_access_keys(UserName="ann")["AccessKeyMetadata"]
    assert [key["Status"] for key in listed] == ["Active", "Active"]
    assert "SecretAccessKey" not in listed[0]
    assert refusal(iam.delete_user, UserName="ann")[0] == "DeleteConflict"
    for key in listed:
        iam.delete_access_key(UserName="ann", AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName="ann")
    assert refusal(iam.delete_access_key, UserName="ann", AccessKeyId=first["AccessKeyId"])[0] == "NoSuchEntity"


def test_nobody_makes_a_key_for_a_user_that_is_not_there(cloud: Cloud) -> None:
    iam = cloud.client("registry", "iam")
    assert refusal(iam.create_access_key, UserName="ghost")[0] == "NoSuchEntity"
    assert refusal(iam.list_access_keys, UserName="ghost")[0] == "NoSuchEntity"


def test_boundaries_of_users_are_kept_and_shown(cloud: Cloud) -> None:
    iam = cloud.client("registry", "iam")
    iam.create_user(UserName="ann", PermissionsBoundary=ADMIN)
    boundary = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": ADMIN}
    assert iam.get_user(UserName="ann")["User"]["PermissionsBoundary"] == boundary
    iam.delete_user_permissions_boundary(UserName="ann")
    assert "PermissionsBoundary" not in iam.get_user(UserName="ann")["User"]
    code, _ = refusal(
        iam.put_user_permissions_boundary, UserName="ann", PermissionsBoundary="arn:aws:iam::aws:policy/Missing"
    )
    assert code == "NoSuchEntity"


def test_aws_managed_policies_are_there_in_every_account(cloud: Cloud) -> None:
    for profile in ("registry", "outsider"):
        iam = cloud.client(profile, "iam")
        policy = iam.get_policy(PolicyArn="arn:aws:iam::aws:policy/AWSLambda_FullAccess")["Policy"]
        version = iam.get_policy_version(PolicyArn=policy["Arn"], VersionId=policy["DefaultVersionId"])
        permissions = {a for s in version["PolicyVersion"]["Document"]["Statement"] for a in s["Action"]}
        assert "lambda:*" in permissions and not any(action.startswith("ecr:") for action in permissions)


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("delete_policy", {}),
        ("create_policy_version", {"PolicyDocument": statement(Resource="*"), "SetAsDefault": True}),
        ("delete_policy_version", {"VersionId": "v1"}),
        ("set_default_policy_version", {"VersionId": "v1"}),
        ("tag_policy", {"Tags": [{"Key": "a", "Value": "b"}]}),
    ],
)
def test_aws_managed_policies_cannot_be_changed(cloud: Cloud, operation: str, params: dict[str, Any]) -> None:
    iam = cloud.client("registry", "iam")
    assert refusal(getattr(iam, operation), PolicyArn=ADMIN, **params)[0] == "AccessDenied"


def test_attachments_are_counted_for_each_account(cloud: Cloud) -> None:
    iam = cloud.client("registry", "iam")
    iam.create_user(UserName="ann")
    iam.attach_user_policy(UserName="ann", PolicyArn=ADMIN)
    assert iam.get_policy(PolicyArn=ADMIN)["Policy"]["AttachmentCount"] == 2
    assert cloud.client("workload", "iam").get_policy(PolicyArn=ADMIN)["Policy"]["AttachmentCount"] == 1


def test_the_state_is_the_same_after_a_dump_and_a_load(cloud: Cloud) -> None:
    iam = cloud.client("registry", "iam")
    iam.create_user(UserName="ann", Tags=[{"Key": "a", "Value": "b"}], PermissionsBoundary=ADMIN)
    iam.create_policy(PolicyName="P", PolicyDocument=statement(Resource="*"))
    iam.attach_user_policy(UserName="ann", PolicyArn="arn:aws:iam::813835382529:policy/P")
    iam.attach_user_policy(UserName="ann", PolicyArn=ADMIN)
    before = [drop(iam.get_account_authorization_details(Filter=[kind])) for kind in ("User", "LocalManagedPolicy")]
    backend = cloud.embedded.backend
    backend.load(backend.dump().partition(b"\n")[2])
    after = [drop(iam.get_account_authorization_details(Filter=[kind])) for kind in ("User", "LocalManagedPolicy")]
    assert after == before
    assert iam.get_policy(PolicyArn=ADMIN)["Policy"]["AttachmentCount"] == 2
    iam.detach_user_policy(UserName="ann", PolicyArn=ADMIN)
    assert iam.get_policy(PolicyArn=ADMIN)["Policy"]["AttachmentCount"] == 1
    assert iam.get_user(UserName="ann")["User"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == ADMIN


def drop(answer: dict[str, Any]) -> dict[str, Any]:
    answer.pop("ResponseMetadata")
    return answer


def test_groups_give_their_members_their_policies(cloud: Cloud) -> None:
    iam = cloud.client("registry", "iam")
    iam.create_user(UserName="ann")
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    ann = cloud.client(
        {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}, "iam"
    )
    assert refusal(ann.list_users)[0] == "AccessDenied"
    iam.create_group(GroupName="readers")
    iam.attach_group_policy(GroupName="readers", PolicyArn="arn:aws:iam::aws:policy/IAMReadOnlyAccess")
    iam.add_user_to_group(GroupName="readers", UserName="ann")
    assert len(ann.list_users()["Users"]) == 2


def test_mistakes_are_client_errors(cloud: Cloud) -> None:
    iam = cloud.client("registry", "iam")
    assert refusal(iam.get_role, RoleName="Missing")[0] == "NoSuchEntity"
    iam.create_role(RoleName="R", AssumeRolePolicyDocument=LAMBDA_TRUST)
    assert refusal(iam.create_role, RoleName="R", AssumeRolePolicyDocument=LAMBDA_TRUST)[0] == "EntityAlreadyExists"
    assert refusal(iam.create_user, UserName="a b")[0] == "ValidationError"
    assert refusal(iam.simulate_principal_policy, PolicySourceArn=ADMIN, ActionNames=["a:b"])[0] == "InvalidAction"


def test_the_engine_reads_every_policy_of_aws() -> None:
    for policy in _originals():
        Policy.parse(policy.versions[0].document, policy.name)
