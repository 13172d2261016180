"""What IAM refuses of users, groups and roles, in AWS's words: names, conflicts, quotas."""

from __future__ import annotations

from typing import Any

import pytest

from tests.embedded.conftest import Cloud
from tests.embedded.services.iam.common import ADMIN, NEW_ROLE, REGISTRY, TAGS, allow, refusal, state, trust

# -- Refusals ------------------------------------------------------------------------------------------------------

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
