"""The world at the first start, and what other settings make of it: only what they name anew is touched."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labkit.embedded.records import accounts
from labkit.embedded.records.founding import administrators
from labkit.embedded.state import world
from labkit.embedded.state.settings import WorldSettings
from labkit.errors import UsageError
from labkit.pull.organization import OUTSIDER
from tests.embedded.conftest import Cloud

NEW = "000000000007"
HOME = world.HOME_ORGANIZATION


def chosen(organization: str | None = None, **numbers: str) -> WorldSettings:
    return WorldSettings.parse({"accounts": numbers, **({"organization": organization} if organization else {})})


def paths(cloud: Cloud) -> dict[str, tuple[str, ...]]:
    """The path of every profile's account."""
    return {name: cloud.embedded.membership(number).paths for name, number in cloud.embedded.settings.accounts.items()}


def everything(cloud: Cloud) -> dict[str, list[tuple[Any, ...]]]:
    db = cloud.embedded.database
    tables = [row["name"] for row in db.all("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    return {table: [tuple(row) for row in db.all(f"SELECT * FROM {table}")] for table in tables}


def test_the_first_world_is_the_one_that_is_drawn(cloud: Cloud) -> None:
    organizations = cloud.client("management", "organizations")
    shown = organizations.list_accounts()["Accounts"]
    assert [(each["Id"], each["Name"], each["Email"], each["JoinedMethod"]) for each in shown] == [
        ("111122223333", "management", "management@example.com", "INVITED"),
        ("813835382529", "registry", "registry@example.com", "CREATED"),
        ("592444418872", "workload", "workload@example.com", "CREATED"),
        ("444455556666", "development", "development@example.com", "CREATED"),
    ]
    for unit in HOME.units[1:]:
        described = organizations.describe_organizational_unit(OrganizationalUnitId=unit.id)["OrganizationalUnit"]
        assert (described["Name"], described["Path"]) == (unit.name, HOME.path(unit.id))
        assert organizations.list_parents(ChildId=unit.id)["Parents"][0]["Id"] == unit.parent
    assert organizations.list_roots()["Roots"] == [
        {
            "Id": "r-lab1",
            "Arn": "arn:aws:organizations::111122223333:root/o-lambdaecrlab/r-lab1",
            "Name": "Root",
            "PolicyTypes": [],
        }
    ]
    kinds = ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY")
    listed = [each for kind in kinds for each in organizations.list_policies(Filter=kind)["Policies"]]
    assert [each["Name"] for each in listed] == ["FullAWSAccess", "RCPFullAWSAccess"]
    assert accounts.numbers(cloud.embedded.database, "profile") == sorted(world.ACCOUNTS.values())


def test_applying_the_same_settings_again_changes_nothing(cloud: Cloud) -> None:
    before = everything(cloud)
    cloud.embedded.apply(WorldSettings())
    assert everything(cloud) == before


@pytest.mark.parametrize("profile", list(world.ACCOUNTS))
def test_another_account_stands_where_the_one_before_stood(cloud: Cloud, profile: str) -> None:
    before, old = paths(cloud), world.ACCOUNTS[profile]
    cloud.embedded.apply(chosen(**{profile: NEW}))
    assert paths(cloud) == before
    assert cloud.embedded.membership(old) == OUTSIDER
    assert accounts.exists(cloud.embedded.database, old)
    assert cloud.client(profile, "sts").get_caller_identity()["Account"] == NEW
    cloud.embedded.apply(WorldSettings())
    assert paths(cloud) == before and cloud.embedded.membership(NEW) == OUTSIDER


def test_an_account_that_is_named_again_has_all_that_was_in_it(cloud: Cloud) -> None:
    key = administrators(cloud.embedded.database, cloud.embedded.settings)["workload"]
    cloud.client("workload", "iam").create_user(UserName="ann")
    cloud.embedded.apply(chosen(workload=NEW))
    cloud.embedded.apply(WorldSettings())
    assert administrators(cloud.embedded.database, cloud.embedded.settings)["workload"] == key
    users = cloud.client("workload", "iam").list_users()["Users"]
    assert [user["UserName"] for user in users] == ["admin", "ann"]


def test_an_organization_of_another_name_is_the_same(cloud: Cloud) -> None:
    organizations = cloud.client("management", "organizations")
    organizations.enable_policy_type(RootId="r-lab1", PolicyType="SERVICE_CONTROL_POLICY")
    organizations.create_account(AccountName="more", Email="more@example.com")
    before = paths(cloud)
    cloud.embedded.apply(chosen("o-exampleorgid"))
    renamed = {
        name: tuple(path.replace("o-lambdaecrlab", "o-exampleorgid") for path in each) for name, each in before.items()
    }
    assert paths(cloud) == renamed
    assert len(organizations.list_accounts()["Accounts"]) == 5
    assert len(organizations.list_targets_for_policy(PolicyId="p-FullAWSAccess")["Targets"]) == 10
    assert organizations.list_create_account_status()["CreateAccountStatuses"][0]["AccountName"] == "more"


def test_another_management_account_takes_over_what_its_organization_has(cloud: Cloud) -> None:
    organizations = cloud.client("management", "organizations")
    organizations.enable_policy_type(RootId="r-lab1", PolicyType="SERVICE_CONTROL_POLICY")
    organizations.tag_resource(ResourceId="111122223333", Tags=[{"Key": "a", "Value": "b"}])
    cloud.embedded.apply(chosen("o-exampleorgid", management=NEW, workload="111122223333"))
    successor = cloud.client("management", "organizations")
    assert successor.describe_organization()["Organization"]["MasterAccountId"] == NEW
    assert successor.list_tags_for_resource(ResourceId=NEW)["Tags"] == [{"Key": "a", "Value": "b"}]
    for account in (NEW, "111122223333"):
        found = successor.list_policies_for_target(TargetId=account, Filter="SERVICE_CONTROL_POLICY")["Policies"]
        assert [each["Name"] for each in found] == ["FullAWSAccess"]
    assert paths(cloud)["workload"] == ("o-exampleorgid/r-lab1/ou-lab1-workloads/ou-lab1-production/",)


def test_an_account_that_was_moved_stays_moved(cloud: Cloud) -> None:
    cloud.client("management", "organizations").move_account(
        AccountId="592444418872", SourceParentId="ou-lab1-production", DestinationParentId="r-lab1"
    )
    cloud.embedded.apply(WorldSettings.parse({"region": "us-east-1", "accounts": {"development": NEW}}))
    assert paths(cloud)["workload"] == ("o-lambdaecrlab/r-lab1/",)


def test_an_account_whose_unit_is_gone_goes_to_the_root(cloud: Cloud) -> None:
    organizations = cloud.client("management", "organizations")
    organizations.remove_account_from_organization(AccountId="444455556666")
    organizations.delete_organizational_unit(OrganizationalUnitId="ou-lab1-development")
    cloud.embedded.apply(chosen(development=NEW))
    assert paths(cloud)["development"] == ("o-lambdaecrlab/r-lab1/",)


def test_where_the_organization_was_deleted_there_is_none(cloud: Cloud) -> None:
    organizations = cloud.client("management", "organizations")
    for profile in ("registry", "workload", "development"):
        organizations.remove_account_from_organization(AccountId=world.ACCOUNTS[profile])
    organizations.delete_organization()
    cloud.embedded.apply(chosen("o-exampleorgid", workload=NEW, management="000000000008"))
    assert paths(cloud) == {**dict.fromkeys(world.ACCOUNTS, ()), "neighbour": ("o-neighbourorg/r-nbr1/",)}


REFUSED = {
    "management accounts exchanged": ({"management": "777788889999", "neighbour": "111122223333"}, "manages the other"),
    "one that manages its own": ({"workload": "123456789012", "outsider": NEW}, "123456789012 manages the other"),
    "its own as management": ({"management": "123456789012", "outsider": NEW}, "123456789012 manages the other"),
}


@pytest.mark.parametrize(("numbers", "sentence"), REFUSED.values(), ids=list(REFUSED))
def test_settings_that_collide_with_an_organization_change_nothing(
    cloud: Cloud, numbers: dict[str, str], sentence: str
) -> None:
    cloud.client("outsider", "organizations").create_organization()
    before, file = everything(cloud), cloud.home.settings
    with pytest.raises(UsageError, match=sentence):
        cloud.embedded.apply(chosen(**numbers))
    assert everything(cloud) == before
    assert not file.exists() or json.loads(file.read_text()) == WorldSettings().to_dict()


def test_an_id_that_an_organization_has_cannot_be_taken(cloud: Cloud) -> None:
    made = cloud.client("outsider", "organizations").create_organization()["Organization"]["Id"]
    with pytest.raises(UsageError, match=f"{made} is the id of another organization"):
        cloud.embedded.apply(chosen(made))
