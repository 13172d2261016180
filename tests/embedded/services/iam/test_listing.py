"""Lists in pages: every list shows every item once, whatever the size of a page and whoever comes and goes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.embedded.conftest import Cloud
from tests.embedded.services.iam.common import refusal, trust

LISTS: list[tuple[str, str, dict[str, str], int]] = [
    ("list_users", "Users", {}, 6),
    ("list_users", "Users", {"PathPrefix": "/team/"}, 5),
    ("list_groups", "Groups", {}, 5),
    ("list_groups_for_user", "Groups", {"UserName": "u0"}, 5),
    ("get_group", "Users", {"GroupName": "g0"}, 5),
    ("list_roles", "Roles", {}, 5),
    ("list_access_keys", "AccessKeyMetadata", {"UserName": "u0"}, 2),
    ("list_user_tags", "Tags", {"UserName": "u0"}, 5),
    ("list_role_tags", "Tags", {"RoleName": "r0"}, 5),
    ("list_instance_profiles", "InstanceProfiles", {}, 5),
    ("list_instance_profiles_for_role", "InstanceProfiles", {"RoleName": "r0"}, 5),
    ("list_instance_profile_tags", "Tags", {"InstanceProfileName": "p0"}, 5),
    ("list_account_aliases", "AccountAliases", {}, 1),
]


@pytest.fixture
def iam(cloud: Cloud) -> Any:
    """IAM of an account that has five of everything."""
    iam = cloud.client("registry", "iam")
    tags = [{"Key": f"k{number}", "Value": "v"} for number in range(5)]
    for number in range(5):
        iam.create_user(UserName=f"u{number}", Path="/team/", Tags=tags)
        iam.create_group(GroupName=f"g{number}")
        iam.create_role(RoleName=f"r{number}", AssumeRolePolicyDocument=trust(), Tags=tags)
        iam.create_instance_profile(InstanceProfileName=f"p{number}", Tags=tags)
        iam.add_role_to_instance_profile(InstanceProfileName=f"p{number}", RoleName="r0")
        iam.add_user_to_group(GroupName="g0", UserName=f"u{number}")
    for number in range(1, 5):
        iam.add_user_to_group(GroupName=f"g{number}", UserName="u0")
    for _ in range(2):
        iam.create_access_key(UserName="u0")
    iam.create_account_alias(AccountAlias="the-registry")
    return iam


def pages(call: Any, member: str, size: int, **params: Any) -> list[Any]:
    """All items of a list, asked for in pages."""
    found, more = [], {}
    while True:
        answer = call(**params, MaxItems=size, **more)
        assert len(answer[member]) <= size and ("Marker" in answer) == answer["IsTruncated"]
        found += answer[member]
        if not answer["IsTruncated"]:
            return found
        more = {"Marker": answer["Marker"]}


def test_every_list_shows_every_item_once_in_pages_of_any_size(iam: Any) -> None:
    for name, member, params, number in LISTS:
        call = getattr(iam, name)
        whole = call(**params)
        assert (len(whole[member]), whole["IsTruncated"]) == (number, False), name
        for size in (1, 2, 3, number):
            assert pages(call, member, size, **params) == whole[member], (name, size)


def test_markers_of_other_lists_and_made_up_ones_are_refused(cloud: Cloud, iam: Any) -> None:
    marker = iam.list_users(MaxItems=2)["Marker"]
    iam.list_users(MaxItems=1, Marker=marker)
    invalid = (400, "ValidationError", "Invalid Marker.")
    for other in ("x", "AAAA", f"{marker}=", f"{marker[:-1]}!", marker.lower(), "ÿ"):
        assert refusal(iam.list_users, Marker=other) == invalid, other
    assert refusal(iam.list_users, Marker=marker, PathPrefix="/team/") == invalid
    assert refusal(iam.list_groups, Marker=marker) == invalid
    assert refusal(cloud.client("workload", "iam").list_users, Marker=marker) == invalid


def test_a_list_goes_on_where_it_was_though_rows_come_and_go(iam: Any) -> None:
    first = iam.list_roles(MaxItems=3)
    assert [role["RoleName"] for role in first["Roles"]] == ["r0", "r1", "r2"]
    iam.delete_role(RoleName="r1")
    iam.delete_role(RoleName="r2")
    iam.delete_role(RoleName="r3")
    iam.create_role(RoleName="r00", AssumeRolePolicyDocument=trust())
    iam.create_role(RoleName="r25", AssumeRolePolicyDocument=trust())
    rest = iam.list_roles(Marker=first["Marker"])["Roles"]
    assert [role["RoleName"] for role in rest] == ["r25", "r4"]


def test_keys_of_tags_that_are_too_long_for_a_marker_are_not_lost(iam: Any) -> None:
    tags = [{"Key": "\u4e2d" * 127 + letter, "Value": ""} for letter in "abcd"]
    iam.tag_role(RoleName="r1", Tags=tags)
    assert len(pages(lambda **params: iam.list_role_tags(**params), "Tags", 9, RoleName="r1")) == 9
    answer = iam.list_role_tags(RoleName="r1", MaxItems=6)
    assert len(answer["Tags"]) == 9 and answer["IsTruncated"] is False
