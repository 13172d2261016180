"""Users, groups and roles: made, shown, tagged and renamed, in AWS's shapes and words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.embedded.conftest import Cloud
from tests.embedded.services.iam.common import ADMIN, REGISTRY, TAGS, allow, as_user, refusal, trust

BOUNDARY = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": ADMIN}


def test_a_role_is_shown_as_aws_shows_it(iam: Any) -> None:
    made = iam.create_role(RoleName="R", Path="/team/", AssumeRolePolicyDocument=trust())["Role"]
    assert made["Arn"] == f"arn:aws:iam::{REGISTRY}:role/team/R"
    assert made["RoleId"].startswith("AROA327C6N4A") and len(made["RoleId"]) == 21
    assert set(made) == {"Path", "RoleName", "RoleId", "Arn", "CreateDate", "AssumeRolePolicyDocument"}
    listed = {**made, "MaxSessionDuration": 3600}
    assert iam.get_role(RoleName="R")["Role"] == {**listed, "RoleLastUsed": {}}
    assert iam.list_roles()["Roles"] == [listed]


def test_a_role_shows_what_it_was_made_with(iam: Any) -> None:
    members = {"Description": "builds", "Tags": TAGS}
    made = iam.create_role(
        RoleName="R", AssumeRolePolicyDocument=trust(), MaxSessionDuration=7200, PermissionsBoundary=ADMIN, **members
    )["Role"]
    assert {**made, **members, "PermissionsBoundary": BOUNDARY} == made and "MaxSessionDuration" not in made
    assert iam.get_role(RoleName="R")["Role"] == {**made, "MaxSessionDuration": 7200, "RoleLastUsed": {}}
    (listed,) = iam.list_roles()["Roles"]
    assert listed["Description"] == "builds" and not {"Tags", "PermissionsBoundary", "RoleLastUsed"} & set(listed)


def test_a_user_and_a_group_are_shown_as_aws_shows_them(iam: Any) -> None:
    user = iam.create_user(UserName="ann", Path="/team/", Tags=TAGS, PermissionsBoundary=ADMIN)["User"]
    assert user["UserId"].startswith("AIDA327C6N4A") and user["Arn"] == f"arn:aws:iam::{REGISTRY}:user/team/ann"
    assert iam.get_user(UserName="ann")["User"] == user and user["PermissionsBoundary"] == BOUNDARY
    plain = {name: user[name] for name in ("Path", "UserName", "UserId", "Arn", "CreateDate")}
    assert iam.list_users(PathPrefix="/team/")["Users"] == [plain]
    group = iam.create_group(GroupName="builders")["Group"]
    assert group["GroupId"].startswith("AGPA327C6N4A") and set(group) == {
        "Path",
        "GroupName",
        "GroupId",
        "Arn",
        "CreateDate",
    }
    iam.add_user_to_group(GroupName="builders", UserName="ann")
    iam.add_user_to_group(GroupName="builders", UserName="ann")
    shown = iam.get_group(GroupName="builders")
    assert (shown["Group"], shown["Users"], shown["IsTruncated"]) == (group, [plain], False)
    assert iam.list_groups_for_user(UserName="ann")["Groups"] == [group]


def test_who_asks_without_a_name_is_meant(cloud: Cloud, iam: Any) -> None:
    assert iam.get_user()["User"]["UserName"] == "admin"
    iam.create_role(RoleName="R", AssumeRolePolicyDocument=trust(AWS=REGISTRY))
    iam.put_role_policy(RoleName="R", PolicyName="all", PolicyDocument=allow())
    session = cloud.client("registry", "sts").assume_role(
        RoleArn=f"arn:aws:iam::{REGISTRY}:role/R", RoleSessionName="me"
    )
    keys = session["Credentials"]
    role = cloud.client(
        {
            "aws_access_key_id": keys["AccessKeyId"],
            "aws_secret_access_key": keys["SecretAccessKey"],
            "aws_session_token": keys["SessionToken"],
        },
        "iam",
    )
    assert refusal(role.get_user) == (
        400,
        "ValidationError",
        "Must specify userName when calling with non-User credentials",
    )


@pytest.mark.aws("recorded by LocalStack", "recorded")
def test_the_trust_policy_is_url_encoded_wherever_it_is_shown(iam: Any) -> None:
    document = trust(Service=["lambda.amazonaws.com"])[:-1] + ', "Id": "100% a%2Fb+c"}'
    made = iam.create_role(RoleName="R", AssumeRolePolicyDocument=document)["Role"]
    shown = [made, iam.get_role(RoleName="R")["Role"], *iam.list_roles()["Roles"]]
    shown.append(iam.update_role_description(RoleName="R", Description="d")["Role"])
    assert [each["AssumeRolePolicyDocument"] for each in shown] == [json.loads(document)] * 4


def test_a_user_without_access_is_refused_whoever_it_is(cloud: Cloud, iam: Any) -> None:
    iam.create_user(UserName="ann")
    ann = as_user(cloud, iam, "ann", "iam")
    assert refusal(ann.list_users)[1] == "AccessDenied"
    iam.create_group(GroupName="readers")
    iam.attach_group_policy(GroupName="readers", PolicyArn="arn:aws:iam::aws:policy/IAMReadOnlyAccess")
    iam.add_user_to_group(GroupName="readers", UserName="ann")
    assert len(ann.list_users()["Users"]) == 2


@pytest.mark.parametrize(
    ("kind", "named"),
    [("user", {"UserName": "ann"}), ("role", {"RoleName": "R"}), ("instance_profile", {"InstanceProfileName": "P"})],
)
def test_tags(peopled: Any, kind: str, named: dict[str, str]) -> None:
    tag, untag, tags = (getattr(peopled, name.format(kind)) for name in ("tag_{}", "untag_{}", "list_{}_tags"))
    tag(**named, Tags=[{"Key": "b", "Value": "1"}, {"Key": "a", "Value": ""}])
    tag(**named, Tags=[{"Key": "B", "Value": "2"}])
    assert tags(**named)["Tags"] == [{"Key": "B", "Value": "2"}, {"Key": "a", "Value": ""}]
    assert refusal(tag, **named, Tags=[{"Key": "k", "Value": "1"}, {"Key": "K", "Value": "2"}]) == (
        400,
        "InvalidInput",
        "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
    )
    tag(**named, Tags=[{"Key": f"k{number}", "Value": ""} for number in range(48)])
    assert refusal(tag, **named, Tags=[{"Key": "more", "Value": ""}]) == (
        409,
        "LimitExceeded",
        "The number of tags has reached the maximum limit.",
    )
    untag(**named, TagKeys=["a", "B", "missing", *(f"k{number}" for number in range(47))])
    assert tags(**named) | {"ResponseMetadata": None} == {
        "Tags": [{"Key": "k47", "Value": ""}],
        "IsTruncated": False,
        "ResponseMetadata": None,
    }


# -- Renaming ------------------------------------------------------------------------------------------------------


def test_a_renamed_user_keeps_its_id_keys_groups_and_policies(cloud: Cloud, peopled: Any) -> None:
    peopled.add_user_to_group(GroupName="builders", UserName="ann")
    peopled.attach_user_policy(UserName="ann", PolicyArn=ADMIN)
    before = peopled.get_user(UserName="ann")["User"]
    ann = as_user(cloud, peopled, "ann", "sts")
    peopled.update_user(UserName="ann", NewUserName="Ann", NewPath="/team/")
    after = peopled.get_user(UserName="Ann")["User"]
    assert after == {**before, "UserName": "Ann", "Path": "/team/", "Arn": f"arn:aws:iam::{REGISTRY}:user/team/Ann"}
    assert ann.get_caller_identity()["Arn"] == after["Arn"]
    assert [each["UserName"] for each in peopled.get_group(GroupName="builders")["Users"]] == ["Ann"]
    assert peopled.list_access_keys(UserName="Ann")["AccessKeyMetadata"][0]["UserName"] == "Ann"
    assert peopled.list_attached_user_policies(UserName="Ann")["AttachedPolicies"]
    assert refusal(peopled.get_user, UserName="ann")[1] == "NoSuchEntity"


def test_a_renamed_group_keeps_its_members_and_policies(peopled: Any) -> None:
    peopled.add_user_to_group(GroupName="builders", UserName="ann")
    before = peopled.get_group(GroupName="builders")["Group"]
    peopled.update_group(GroupName="builders", NewGroupName="makers")
    shown = peopled.get_group(GroupName="makers")
    assert shown["Group"] == {**before, "GroupName": "makers", "Arn": f"arn:aws:iam::{REGISTRY}:group/makers"}
    assert len(shown["Users"]) == 1


def test_renaming_needs_leave_for_both_names(cloud: Cloud, peopled: Any) -> None:
    peopled.create_user(UserName="bob")
    bob = as_user(cloud, peopled, "bob", "iam")
    mine = allow("iam:UpdateUser", f"arn:aws:iam::{REGISTRY}:user/ann")
    peopled.put_user_policy(UserName="bob", PolicyName="p", PolicyDocument=mine)
    assert refusal(bob.update_user, UserName="ann", NewUserName="eve")[1] == "AccessDenied"
    both = allow("iam:UpdateUser", f"arn:aws:iam::{REGISTRY}:user/*")
    peopled.put_user_policy(UserName="bob", PolicyName="p", PolicyDocument=both)
    bob.update_user(UserName="ann", NewUserName="eve")


def test_a_role_is_updated(peopled: Any) -> None:
    peopled.update_role(RoleName="R", MaxSessionDuration=7200)
    peopled.update_role(RoleName="R", Description="d")
    shown = peopled.get_role(RoleName="R")["Role"]
    assert (shown["MaxSessionDuration"], shown["Description"]) == (7200, "d")


# -- Last use ------------------------------------------------------------------------------------------------------


def test_when_a_key_and_a_role_were_last_used(cloud: Cloud, peopled: Any) -> None:
    key = peopled.create_access_key(UserName="ann")["AccessKey"]
    asked = {"AccessKeyId": key["AccessKeyId"]}
    assert peopled.get_access_key_last_used(**asked)["AccessKeyLastUsed"] == {"ServiceName": "N/A", "Region": "N/A"}
    keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    cloud.client(keys, "sts").get_caller_identity()
    used, expected = peopled.get_access_key_last_used(**asked), {"LastUsedDate": cloud.clock.now()}
    assert used["UserName"] == "ann"
    assert used["AccessKeyLastUsed"] == {**expected, "ServiceName": "sts", "Region": "eu-central-1"}
    cloud.clock.move(minutes=2)
    peopled.create_user(UserName="written.with.this")
    row = cloud.embedded.database.one("SELECT * FROM access_key WHERE id = ?", key["AccessKeyId"])
    assert row is not None and row["last_used_service"] == "sts"
    assert peopled.get_access_key_last_used(**asked) | {"ResponseMetadata": None} == {**used, "ResponseMetadata": None}
    assert refusal(cloud.client("workload", "iam").get_access_key_last_used, **asked)[1] == "NoSuchEntity"
