"""The account as a whole: its alias, what it has and may have, and all of it at once."""

from __future__ import annotations

from typing import Any

import pytest

from tests.embedded.conftest import Cloud
from tests.embedded.services.iam.common import ADMIN, REGISTRY, allow, refusal, trust

LISTS = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")
READER = "arn:aws:iam::aws:policy/IAMReadOnlyAccess"


@pytest.fixture
def iam(cloud: Cloud) -> Any:
    """IAM of an account with some of everything."""
    iam = cloud.client("registry", "iam")
    tags = [{"Key": "team", "Value": "blue"}]
    iam.create_policy(PolicyName="P", PolicyDocument=allow("ecr:*"), Description="mine")
    own = f"arn:aws:iam::{REGISTRY}:policy/P"
    iam.create_policy_version(PolicyArn=own, PolicyDocument=allow("ecr:Get*"), SetAsDefault=True)
    iam.create_user(UserName="ann", Tags=tags, PermissionsBoundary=ADMIN)
    iam.create_group(GroupName="g1")
    iam.create_group(GroupName="g2")
    iam.create_role(RoleName="R", AssumeRolePolicyDocument=trust(), Tags=tags)
    iam.create_role(RoleName="S", AssumeRolePolicyDocument=trust())
    iam.create_instance_profile(InstanceProfileName="I")
    iam.add_role_to_instance_profile(InstanceProfileName="I", RoleName="R")
    for group in ("g2", "g1"):
        iam.add_user_to_group(GroupName=group, UserName="ann")
    iam.attach_group_policy(GroupName="g1", PolicyArn=READER)
    iam.attach_role_policy(RoleName="R", PolicyArn=own)
    iam.put_role_policy(RoleName="R", PolicyName="inline", PolicyDocument=allow("s3:*"))
    iam.put_user_policy(UserName="ann", PolicyName="inline", PolicyDocument=allow("s3:Get*"))
    return iam


def test_everything_is_told_at_once(iam: Any) -> None:
    told = iam.get_account_authorization_details()
    ann = next(user for user in told["UserDetailList"] if user["UserName"] == "ann")
    assert ann["GroupList"] == ["g1", "g2"] and ann["Tags"] == [{"Key": "team", "Value": "blue"}]
    assert ann["PermissionsBoundary"]["PermissionsBoundaryArn"] == ADMIN
    assert [policy["PolicyName"] for policy in ann["UserPolicyList"]] == ["inline"]
    assert ann["UserPolicyList"][0]["PolicyDocument"]["Statement"][0]["Action"] == "s3:Get*"
    groups = {group["GroupName"]: group["AttachedManagedPolicies"] for group in told["GroupDetailList"]}
    assert groups == {"g1": [{"PolicyName": "IAMReadOnlyAccess", "PolicyArn": READER}], "g2": []}
    role = told["RoleDetailList"][0]
    assert [profile["InstanceProfileName"] for profile in role["InstanceProfileList"]] == ["I"]
    assert role["AttachedManagedPolicies"][0]["PolicyName"] == "P" and role["RoleLastUsed"] == {}
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Action"] == "sts:AssumeRole"
    policies = {policy["PolicyName"]: policy for policy in told["Policies"]}
    assert set(policies) == {"P", "AdministratorAccess", "IAMReadOnlyAccess"}
    assert policies["P"]["Description"] == "mine" and policies["P"]["AttachmentCount"] == 1
    versions = [(each["VersionId"], each["IsDefaultVersion"]) for each in policies["P"]["PolicyVersionList"]]
    assert versions == [("v2", True), ("v1", False)]
    assert policies["P"]["PolicyVersionList"][1]["Document"]["Statement"][0]["Action"] == "ecr:*"
    assert policies["AdministratorAccess"]["PermissionsBoundaryUsageCount"] == 1


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
@pytest.mark.parametrize("kinds", [[], ["Role", "User"], ["LocalManagedPolicy"], ["AWSManagedPolicy", "Group"]])
def test_everything_is_told_in_pages_of_any_size(iam: Any, size: int, kinds: list[str]) -> None:
    asked = {"Filter": kinds} if kinds else {}
    whole = iam.get_account_authorization_details(**asked)
    pages = list(
        iam.get_paginator("get_account_authorization_details").paginate(**asked, PaginationConfig={"PageSize": size})
    )
    for name in LISTS:
        assert [item for page in pages for item in page[name]] == whole[name]
    assert all(sum(len(page[name]) for name in LISTS) <= size for page in pages)
    assert whole["IsTruncated"] is False


def test_a_page_takes_as_many_queries_however_much_is_in_it(cloud: Cloud, iam: Any) -> None:
    def queries() -> int:
        asked, database = 0, cloud.embedded.database
        original = database._execute

        def counted(*args: Any) -> Any:
            nonlocal asked
            asked += 1
            return original(*args)

        database._execute = counted  # type: ignore[method-assign]
        iam.get_account_authorization_details(Filter=["User", "Role", "Group"])
        database._execute = original  # type: ignore[method-assign]
        return asked

    before = queries()
    for number in range(20):
        iam.create_role(RoleName=f"r{number}", AssumeRolePolicyDocument=trust())
        iam.attach_role_policy(RoleName=f"r{number}", PolicyArn=ADMIN)
    assert queries() == before


def test_the_summary_counts_what_is_there(iam: Any) -> None:
    told = iam.get_account_summary()["SummaryMap"]
    counted = {
        "Users": 2,
        "Groups": 2,
        "Roles": 2,
        "Policies": 1,
        "InstanceProfiles": 1,
        "PolicyVersionsInUse": 2,
        "AccessKeysPerUserQuota": 2,
        "GroupsPerUserQuota": 10,
        "UsersQuota": 5000,
    }
    assert counted.items() <= told.items()
    iam.delete_role(RoleName="S")
    assert iam.get_account_summary()["SummaryMap"]["Roles"] == 1


def test_an_account_has_one_alias_that_no_other_has(cloud: Cloud, iam: Any) -> None:
    iam.create_account_alias(AccountAlias="the-registry")
    iam.create_account_alias(AccountAlias="our-registry")
    answer = iam.list_account_aliases()
    assert (answer["AccountAliases"], answer["IsTruncated"]) == (["our-registry"], False)
    other = cloud.client("workload", "iam")
    assert refusal(other.create_account_alias, AccountAlias="our-registry") == (
        409,
        "EntityAlreadyExists",
        "The account alias our-registry already exists.",
    )
    assert refusal(other.create_account_alias, AccountAlias="123456789012")[0] == 400
    assert refusal(other.delete_account_alias, AccountAlias="our-registry")[:2] == (404, "NoSuchEntity")
    iam.delete_account_alias(AccountAlias="our-registry")
    assert iam.list_account_aliases()["AccountAliases"] == []
