"""Member accounts: how they are made, and how they leave."""

from __future__ import annotations

import json
from typing import Any
from unittest.mock import patch

import pytest

from labkit.embedded.records import accounts as records
from labkit.embedded.services.organizations import accounts
from labkit.pull.organization import OUTSIDER
from tests.embedded.conftest import Cloud, session_keys
from tests.embedded.services.organizations import asking
from tests.embedded.services.organizations.asking import MANAGEMENT, ROOT, SCP, WORKLOAD


def test_an_account_is_made_in_the_background_and_described_when_it_is_done(cloud: Cloud) -> None:
    organizations = cloud.client("management", "organizations")
    asked = organizations.create_account(AccountName="new", Email="new@example.com")["CreateAccountStatus"]
    now = cloud.clock.now()
    assert asked == {"Id": asked["Id"], "AccountName": "new", "State": "IN_PROGRESS", "RequestedTimestamp": now}
    done = organizations.describe_create_account_status(CreateAccountRequestId=asked["Id"])["CreateAccountStatus"]
    number = done["AccountId"]
    assert done == {**asked, "State": "SUCCEEDED", "CompletedTimestamp": now, "AccountId": number}
    assert organizations.describe_account(AccountId=number)["Account"] == {
        "Id": number,
        "Arn": f"arn:aws:organizations::111122223333:account/o-lambdaecrlab/{number}",
        "Email": "new@example.com",
        "Name": "new",
        "Status": "ACTIVE",
        "State": "ACTIVE",
        "Paths": [f"o-lambdaecrlab/r-lab1/{number}/"],
        "JoinedMethod": "CREATED",
        "JoinedTimestamp": now,
    }
    assert records.exists(cloud.embedded.database, number)
    assert records.numbers(cloud.embedded.database, "organization") == [number]


@pytest.mark.parametrize("role", [None, "Administration"])
def test_a_new_account_is_administered_from_the_management_account_and_from_nowhere_else(
    cloud: Cloud, role: str | None
) -> None:
    organizations = cloud.client("management", "organizations")
    number = asking.new_account(organizations, "new", **({"RoleName": role} if role else {}))
    arn = f"arn:aws:iam::{number}:role/{role or 'OrganizationAccountAccessRole'}"
    answer = cloud.client("management", "sts").assume_role(RoleArn=arn, RoleSessionName="Test")
    iam = cloud.client(session_keys(answer["Credentials"]), "iam")
    shown = iam.get_role(RoleName=arn.rpartition("/")[2])["Role"]
    (statement,) = shown["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"AWS": f"arn:aws:iam::{MANAGEMENT}:root"}
    attached = iam.list_attached_role_policies(RoleName=shown["RoleName"])["AttachedPolicies"]
    assert attached == [
        {"PolicyName": "AdministratorAccess", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}
    ]
    with pytest.raises(cloud.client("workload", "sts").exceptions.ClientError, match="AccessDenied"):
        cloud.client("workload", "sts").assume_role(RoleArn=arn, RoleSessionName="Test")


def test_two_accounts_cannot_have_one_address(cloud: Cloud) -> None:
    organizations = cloud.client("management", "organizations")
    before = records.numbers(cloud.embedded.database)
    asked = organizations.create_account(AccountName="again", Email="WORKLOAD@example.com")["CreateAccountStatus"]
    done = organizations.describe_create_account_status(CreateAccountRequestId=asked["Id"])["CreateAccountStatus"]
    assert (asked["State"], done["State"], done["FailureReason"]) == ("IN_PROGRESS", "FAILED", "EMAIL_ALREADY_EXISTS")
    assert "AccountId" not in done
    assert records.numbers(cloud.embedded.database) == before
    failed = organizations.list_create_account_status(States=["FAILED"])["CreateAccountStatuses"]
    assert failed == [done]
    assert organizations.list_create_account_status(States=["SUCCEEDED"])["CreateAccountStatuses"] == []


def test_an_organization_has_only_so_many_accounts(cloud: Cloud) -> None:
    organizations = cloud.client("management", "organizations")
    with patch.object(accounts, "MOST", 5):  # the lab's has four
        asking.new_account(organizations, "one-more")
        before = asking.kept(cloud)
        refused = asking.reason(organizations.create_account, AccountName="x", Email="x@example.com")
    assert refused == "ConstraintViolationException ACCOUNT_NUMBER_LIMIT_EXCEEDED"
    assert asking.kept(cloud) == before


def test_numbers_are_never_given_twice(cloud: Cloud) -> None:
    taken, free = 592444418872 - 10**11, 7
    with patch.object(records.secrets, "randbelow", side_effect=[taken, free]):
        assert records.new_number(cloud.embedded.database) == "100000000007"


def test_a_young_account_that_the_organization_has_made_cannot_leave(cloud: Cloud) -> None:
    organizations = cloud.client("management", "organizations")
    number = asking.new_account(organizations, "young")
    remove = organizations.remove_account_from_organization
    assert asking.reason(remove, AccountId=number) == "ConstraintViolationException WAIT_PERIOD_ACTIVE"
    cloud.clock.move(days=4)
    remove(AccountId=number)
    assert cloud.embedded.membership(number) == OUTSIDER
    assert records.exists(cloud.embedded.database, number)


@pytest.mark.parametrize("leave", ["by itself", "by the management account"])
def test_who_leaves_stands_alone_and_leaves_its_tags_and_policies_behind(cloud: Cloud, leave: str) -> None:
    organizations, iam = cloud.client("management", "organizations"), cloud.client("workload", "iam")
    organizations.enable_policy_type(RootId=ROOT, PolicyType=SCP)
    policy = asking.create(organizations, "guard")
    organizations.attach_policy(PolicyId=policy, TargetId=WORKLOAD)
    organizations.tag_resource(ResourceId=WORKLOAD, Tags=[{"Key": "a", "Value": "b"}])
    assert first_user_or_refusal(iam) == "AccessDenied"
    if leave == "by itself":
        cloud.client("workload", "organizations").leave_organization()
    else:
        organizations.remove_account_from_organization(AccountId=WORKLOAD)
    assert first_user_or_refusal(iam) == "admin"
    assert organizations.list_targets_for_policy(PolicyId=policy)["Targets"] == []
    assert cloud.embedded.database.all("SELECT * FROM tag") == []
    left = cloud.client("workload", "organizations").describe_organization
    assert asking.reason(left) == "AWSOrganizationsNotInUseException"


def first_user_or_refusal(iam: Any) -> str:
    try:
        return str(iam.list_users()["Users"][0]["UserName"])
    except iam.exceptions.ClientError as error:
        return str(error.response["Error"]["Code"])


def test_a_service_control_policy_can_keep_accounts_from_leaving(cloud: Cloud) -> None:
    organizations = cloud.client("management", "organizations")
    organizations.enable_policy_type(RootId=ROOT, PolicyType=SCP)
    policy = asking.create(organizations, "stay", content=asking.document("Deny", "organizations:LeaveOrganization"))
    organizations.attach_policy(PolicyId=policy, TargetId=ROOT)
    leave = cloud.client("workload", "organizations").leave_organization
    assert asking.reason(leave) == "AccessDeniedException"
    assert cloud.embedded.membership(WORKLOAD).org_id == "o-lambdaecrlab"


def test_tags_of_a_new_account_are_there_from_the_beginning(cloud: Cloud) -> None:
    organizations = cloud.client("management", "organizations")
    tags = [{"Key": "team", "Value": "a"}, {"Key": "stage", "Value": ""}]
    number = asking.new_account(organizations, "new", Tags=tags)
    shown = organizations.list_tags_for_resource(ResourceId=number)["Tags"]
    assert sorted(map(json.dumps, shown)) == sorted(map(json.dumps, tags))
