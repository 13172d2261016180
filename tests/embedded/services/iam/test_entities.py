"""Users, groups and roles: made, shown, renamed, refused and deleted, in AWS's shapes and words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.embedded.conftest import Cloud
from tests.embedded.services.iam.common import ADMIN, REGISTRY, allow, as_user, refusal, state, trust

BOUNDARY = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": ADMIN}
TAGS = [{"Key": "team", "Value": "blue"}]


@pytest.fixture
def iam(cloud: Cloud) -> Any:
    """IAM as the registry account's administrator sees it."""
    return cloud.client("registry", "iam")


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


# -- Refusals ------------------------------------------------------------------------------------------------------

NEW_ROLE = {"AssumeRolePolicyDocument": trust()}
EXISTS = [
    ("create_user", {"UserName": "ANN"}, "User with name ANN already exists."),
    ("create_group", {"GroupName": "Builders"}, "Group with name Builders already exists."),
    ("create_role", {"RoleName": "r", **NEW_ROLE}, "Role with name r already exists."),
    ("create_instance_profile", {"InstanceProfileName": "p"}, "Instance Profile p already exists."),
    ("update_user", {"UserName": "ann", "NewUserName": "Admin"}, "User with name Admin already exists."),
    ("update_group", {"GroupName": "others", "NewGroupName": "BUILDERS"}, "Group with name BUILDERS already exists."),
]
MISSING = [
    ("get_user", {"UserName": "x"}, "The user with name x cannot be found."),
    ("get_user", {"UserName": "Ann"}, "The user with name Ann cannot be found."),
    ("update_user", {"UserName": "x", "NewUserName": "y"}, "The user with name x cannot be found."),
    ("delete_user", {"UserName": "x"}, "The user with name x cannot be found."),
    ("list_user_tags", {"UserName": "x"}, "The user with name x cannot be found."),
    ("list_groups_for_user", {"UserName": "x"}, "The user with name x cannot be found."),
    ("create_access_key", {"UserName": "x"}, "The user with name x cannot be found."),
    ("list_access_keys", {"UserName": "x"}, "The user with name x cannot be found."),
    ("add_user_to_group", {"UserName": "x", "GroupName": "builders"}, "The user with name x cannot be found."),
    ("add_user_to_group", {"UserName": "ann", "GroupName": "x"}, "The group with name x cannot be found."),
    ("get_group", {"GroupName": "x"}, "The group with name x cannot be found."),
    ("update_group", {"GroupName": "x", "NewPath": "/"}, "The group with name x cannot be found."),
    ("delete_group", {"GroupName": "x"}, "The group with name x cannot be found."),
    ("get_role", {"RoleName": "x"}, "The role with name x cannot be found."),
    ("update_role", {"RoleName": "x", "Description": ""}, "The role with name x cannot be found."),
    ("delete_role", {"RoleName": "x"}, "The role with name x cannot be found."),
    ("tag_role", {"RoleName": "x", "Tags": TAGS}, "The role with name x cannot be found."),
    ("list_role_tags", {"RoleName": "x"}, "The role with name x cannot be found."),
    (
        "update_assume_role_policy",
        {"RoleName": "x", "PolicyDocument": trust()},
        "The role with name x cannot be found.",
    ),
    ("list_instance_profiles_for_role", {"RoleName": "x"}, "The role with name x cannot be found."),
    ("get_instance_profile", {"InstanceProfileName": "x"}, "Instance Profile x cannot be found."),
    ("delete_access_key", {"AccessKeyId": "A" * 20}, f"The Access Key with id {'A' * 20} cannot be found."),
    ("get_access_key_last_used", {"AccessKeyId": "A" * 20}, f"The Access Key with id {'A' * 20} cannot be found."),
    (
        "create_user",
        {"UserName": "new", "PermissionsBoundary": f"{ADMIN}x"},
        f"Scope ARN: {ADMIN}x does not exist or is not attachable.",
    ),
    (
        "create_role",
        {"RoleName": "new", "PermissionsBoundary": f"{ADMIN}x", **NEW_ROLE},
        f"Scope ARN: {ADMIN}x does not exist or is not attachable.",
    ),
]
FORBIDDEN = [
    ("create_user", {"UserName": "a b"}),
    ("create_user", {"UserName": "ä"}),
    ("create_user", {"UserName": "a" * 65}),
    ("create_user", {"UserName": "new", "Path": "team"}),
    ("create_group", {"GroupName": "a/b"}),
    ("create_role", {"RoleName": "a:b", **NEW_ROLE}),
    ("create_role", {"RoleName": "new", "MaxSessionDuration": 43201, **NEW_ROLE}),
    ("create_role", {"RoleName": "new", "Description": "\u2713", **NEW_ROLE}),
    ("update_role", {"RoleName": "R", "MaxSessionDuration": 43201}),
    ("list_roles", {"MaxItems": 1001}),
    ("list_roles", {"PathPrefix": "no slash"}),
    ("list_roles", {"Marker": "made up"}),
    ("tag_role", {"RoleName": "R", "Tags": [{"Key": "k" * 129, "Value": ""}]}),
]


@pytest.fixture
def peopled(iam: Any) -> Any:
    """An account with a user, two groups, a role and an instance profile."""
    iam.create_user(UserName="ann")
    iam.create_group(GroupName="builders")
    iam.create_group(GroupName="others")
    iam.create_role(RoleName="R", **NEW_ROLE)
    iam.create_instance_profile(InstanceProfileName="P")
    return iam


def test_characters_that_may_not_stand_in_names_and_paths_are_refused_in_iams_own_words(iam: Any) -> None:
    invalid = "The specified value for {} is invalid. {}"
    name = "It must contain only alphanumeric characters and/or the following: +=,.@_-"
    path = "It must begin and end with / and contain only alphanumeric characters and/or / characters."
    assert refusal(iam.get_role, RoleName="team/R")[2] == invalid.format("roleName", name)
    assert refusal(iam.create_user, UserName="a b")[2] == invalid.format("userName", name)
    assert refusal(iam.create_user, UserName="ann", Path="team")[2] == invalid.format("path", path)
    assert refusal(iam.get_role, RoleName="a b" * 30)[2].endswith("Member must have length less than or equal to 64")


@pytest.mark.aws("recorded by LocalStack; recorded by Cloud Custodian; public logs", "recorded")
def test_what_is_refused_is_refused_in_awss_words_and_changes_nothing(cloud: Cloud, peopled: Any) -> None:
    before = state(cloud)
    found = [(name, refusal(getattr(peopled, name), **params)) for name, params, _ in EXISTS]
    assert found == [(name, (409, "EntityAlreadyExists", text)) for name, _, text in EXISTS]
    found = [(name, refusal(getattr(peopled, name), **params)) for name, params, _ in MISSING]
    assert found == [(name, (404, "NoSuchEntity", text)) for name, _, text in MISSING]
    refused = [(name, params, refusal(getattr(peopled, name), **params)[:2]) for name, params in FORBIDDEN]
    assert refused == [(name, params, (400, "ValidationError")) for name, params in FORBIDDEN]
    assert state(cloud) == before


# -- Conflicts and quotas ------------------------------------------------------------------------------------------

HANGS_ON: list[tuple[str, dict[str, str], str, dict[str, str], dict[str, str], str]] = [
    # what is deleted, what hangs on it, how it is taken away, and what AWS says meanwhile
    (
        "user",
        {"UserName": "ann"},
        "add_user_to_group remove_user_from_group",
        {"GroupName": "builders"},
        {"GroupName": "builders"},
        "must remove users from group first.",
    ),
    (
        "user",
        {"UserName": "ann"},
        "attach_user_policy detach_user_policy",
        {"PolicyArn": ADMIN},
        {"PolicyArn": ADMIN},
        "must detach all policies first.",
    ),
    (
        "user",
        {"UserName": "ann"},
        "put_user_policy delete_user_policy",
        {"PolicyName": "p", "PolicyDocument": allow()},
        {"PolicyName": "p"},
        "must delete policies first.",
    ),
    (
        "group",
        {"GroupName": "builders"},
        "add_user_to_group remove_user_from_group",
        {"UserName": "ann"},
        {"UserName": "ann"},
        "must remove users from group first.",
    ),
    (
        "group",
        {"GroupName": "builders"},
        "attach_group_policy detach_group_policy",
        {"PolicyArn": ADMIN},
        {"PolicyArn": ADMIN},
        "must detach all policies first.",
    ),
    (
        "group",
        {"GroupName": "builders"},
        "put_group_policy delete_group_policy",
        {"PolicyName": "p", "PolicyDocument": allow()},
        {"PolicyName": "p"},
        "must delete policies first.",
    ),
    (
        "role",
        {"RoleName": "R"},
        "attach_role_policy detach_role_policy",
        {"PolicyArn": ADMIN},
        {"PolicyArn": ADMIN},
        "must detach all policies first.",
    ),
    (
        "role",
        {"RoleName": "R"},
        "put_role_policy delete_role_policy",
        {"PolicyName": "p", "PolicyDocument": allow()},
        {"PolicyName": "p"},
        "must delete policies first.",
    ),
    (
        "role",
        {"RoleName": "R"},
        "add_role_to_instance_profile remove_role_from_instance_profile",
        {"InstanceProfileName": "P"},
        {"InstanceProfileName": "P"},
        "must remove roles from instance profile first.",
    ),
    (
        "instance_profile",
        {"InstanceProfileName": "P"},
        "add_role_to_instance_profile remove_role_from_instance_profile",
        {"RoleName": "R"},
        {"RoleName": "R"},
        "must remove roles from instance profile first.",
    ),
]


@pytest.mark.parametrize(("kind", "named", "operations", "given", "taken", "text"), HANGS_ON)
@pytest.mark.aws("recorded by Cloud Custodian; IAM API Reference", "recorded")
def test_what_something_hangs_on_cannot_be_deleted(
    peopled: Any, kind: str, named: Any, operations: str, given: Any, taken: Any, text: str
) -> None:
    put, take = operations.split()
    getattr(peopled, put)(**named, **given)
    delete = getattr(peopled, f"delete_{kind}")
    assert refusal(delete, **named) == (409, "DeleteConflict", f"Cannot delete entity, {text}")
    getattr(peopled, take)(**named, **taken)
    delete(**named)


def test_a_user_with_keys_cannot_be_deleted_and_has_two_at_most(peopled: Any) -> None:
    keys = [peopled.create_access_key(UserName="ann")["AccessKey"] for _ in range(2)]
    assert refusal(peopled.create_access_key, UserName="ann") == (
        409,
        "LimitExceeded",
        "Cannot exceed quota for AccessKeysPerUser: 2",
    )
    assert set(keys[0]) == {"UserName", "AccessKeyId", "Status", "SecretAccessKey", "CreateDate"}
    listed = peopled.list_access_keys(UserName="ann")["AccessKeyMetadata"]
    assert [each["AccessKeyId"] for each in listed] == [each["AccessKeyId"] for each in keys]
    assert set(listed[0]) == {"UserName", "AccessKeyId", "Status", "CreateDate"}
    assert refusal(peopled.delete_user, UserName="ann") == (
        409,
        "DeleteConflict",
        "Cannot delete entity, must delete access keys first.",
    )
    for key in keys:
        peopled.delete_access_key(UserName="ann", AccessKeyId=key["AccessKeyId"])
    peopled.delete_user(UserName="ann")


def test_quotas(peopled: Any) -> None:
    for number in range(10):
        peopled.create_group(GroupName=f"g{number}")
        peopled.add_user_to_group(GroupName=f"g{number}", UserName="ann")
    assert refusal(peopled.add_user_to_group, GroupName="builders", UserName="ann") == (
        409,
        "LimitExceeded",
        "Cannot exceed quota for GroupsPerUser: 10",
    )
    peopled.add_role_to_instance_profile(InstanceProfileName="P", RoleName="R")
    assert refusal(peopled.add_role_to_instance_profile, InstanceProfileName="P", RoleName="R") == (
        409,
        "LimitExceeded",
        "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1",
    )
    long = trust(Service=[f"s{number}.amazonaws.com" for number in range(100)])
    assert refusal(peopled.create_role, RoleName="new", AssumeRolePolicyDocument=long) == (
        409,
        "LimitExceeded",
        "Cannot exceed quota for ACLSizePerRole: 2048",
    )


@pytest.mark.aws("IAM quotas, autumn 2026; public logs", "medium")
def test_an_account_has_a_quota_of_each_kind(cloud: Cloud, iam: Any) -> None:
    with cloud.embedded.database.write():
        cloud.embedded.database.run("UPDATE tally SET number = 5000 WHERE account = ? AND kind = 'user'", REGISTRY)
    assert refusal(iam.create_user, UserName="one.too.many") == (
        409,
        "LimitExceeded",
        "Cannot exceed quota for UsersPerAccount: 5000",
    )


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
