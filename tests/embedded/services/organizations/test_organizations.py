"""Organizations: read live, for the management account, with the checks that AWS makes."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from botocore.exceptions import ClientError

from labkit.aws.organizations import organization
from labkit.embedded.state import world
from labkit.pull.organization import OUTSIDER, Membership
from tests.embedded.conftest import Cloud, session_keys

PRODUCTION = "o-lambdaecrlab/r-lab1/ou-lab1-workloads/ou-lab1-production/"


def refusal(call: Any, **params: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def document(effect: str, action: str, **more: Any) -> str:
    return json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": action, "Resource": "*", **more}]}
    )


@pytest.mark.parametrize(
    ("account", "membership"),
    [
        ("111122223333", Membership("o-lambdaecrlab", ("o-lambdaecrlab/r-lab1/",))),
        ("813835382529", Membership("o-lambdaecrlab", ("o-lambdaecrlab/r-lab1/ou-lab1-sharedservices/",))),
        ("592444418872", Membership("o-lambdaecrlab", (PRODUCTION,))),
        ("444455556666", Membership("o-lambdaecrlab", (PRODUCTION.replace("production", "development"),))),
        ("777788889999", Membership("o-neighbourorg", ("o-neighbourorg/r-nbr1/",))),
        ("123456789012", OUTSIDER),
        ("999999999999", OUTSIDER),
    ],
)
def test_the_world_stands_where_it_is_drawn(cloud: Cloud, account: str, membership: Membership) -> None:
    assert cloud.embedded.membership(account) == membership


def test_the_lab_s_organization_is_made_as_it_is_told(cloud: Cloud) -> None:
    made, told = organization(cloud.client("management", "organizations")), world.HOME_ORGANIZATION
    assert (made.id, made.management, set(made.units)) == (told.id, told.management, set(told.units))
    assert {each.id: each.parent for each in made.accounts} == {each.id: each.parent for each in told.accounts}


def test_the_world_has_administrators_and_nothing_else(cloud: Cloud) -> None:
    for profile, account in cloud.embedded.settings.accounts.items():
        iam = cloud.client(profile, "iam")
        assert [user["Arn"] for user in iam.list_users()["Users"]] == [f"arn:aws:iam::{account}:user/admin"]
        assert iam.list_roles()["Roles"] == []


def test_a_moved_account_is_elsewhere_at_once(cloud: Cloud) -> None:
    organizations = cloud.client("management", "organizations")
    move = {"AccountId": "592444418872", "SourceParentId": "ou-lab1-production", "DestinationParentId": "r-lab1"}
    organizations.move_account(**move)
    assert cloud.embedded.membership("592444418872").paths == ("o-lambdaecrlab/r-lab1/",)
    assert refusal(organizations.move_account, **move)[0] == "DuplicateAccountException"
    organizations.remove_account_from_organization(AccountId="592444418872")
    assert cloud.embedded.membership("592444418872") == OUTSIDER


def test_members_may_know_their_organization_and_no_more(cloud: Cloud) -> None:
    member = cloud.client("workload", "organizations")
    assert member.describe_organization()["Organization"]["MasterAccountId"] == "111122223333"
    for call in (member.list_roots, member.list_accounts):
        assert refusal(call) == ("AccessDeniedException", "You don't have permissions to access this resource.")
    outsider = cloud.client("outsider", "organizations")
    assert refusal(outsider.describe_organization)[0] == "AWSOrganizationsNotInUseException"
    assert refusal(outsider.list_accounts)[0] == "AWSOrganizationsNotInUseException"


def test_an_account_made_by_the_organization_is_administered_from_there(cloud: Cloud) -> None:
    organizations = cloud.client("management", "organizations")
    status = organizations.create_account(AccountName="new", Email="new@example.com")["CreateAccountStatus"]
    assert status["State"] == "IN_PROGRESS" and "AccountId" not in status
    status = organizations.describe_create_account_status(CreateAccountRequestId=status["Id"])["CreateAccountStatus"]
    assert status["State"] == "SUCCEEDED"
    role = f"arn:aws:iam::{status['AccountId']}:role/OrganizationAccountAccessRole"
    answer = cloud.client("management", "sts").assume_role(RoleArn=role, RoleSessionName="Test")
    iam = cloud.client(session_keys(answer["Credentials"]), "iam")
    assert iam.create_user(UserName="ann")["User"]["Arn"] == f"arn:aws:iam::{status['AccountId']}:user/ann"


def test_units_are_checked(cloud: Cloud) -> None:
    organizations = cloud.client("management", "organizations")
    create, delete = organizations.create_organizational_unit, organizations.delete_organizational_unit
    assert refusal(create, ParentId="ou-lab1-workloads", Name="production")[0] == "DuplicateOrganizationalUnitException"
    assert refusal(create, ParentId="ou-lab1-missing00", Name="x")[0] == "ParentNotFoundException"
    for unit in ("ou-lab1-workloads", "ou-lab1-production"):
        assert refusal(delete, OrganizationalUnitId=unit)[0] == "OrganizationalUnitNotEmptyException"
    made = create(ParentId="ou-lab1-workloads", Name="staging")["OrganizationalUnit"]["Id"]
    delete(OrganizationalUnitId=made)
    organizations.tag_resource(ResourceId="ou-lab1-sharedservices", Tags=[{"Key": "a", "Value": "b"}])


def attach(cloud: Cloud, kind: str, target: str, content: str) -> None:
    organizations = cloud.client("management", "organizations")
    policy = organizations.create_policy(Name="guard", Description="", Type=kind, Content=content)["Policy"]
    where = {"PolicyId": policy["PolicySummary"]["Id"], "TargetId": target}
    assert refusal(organizations.attach_policy, **where)[0] == "PolicyTypeNotEnabledException"
    organizations.enable_policy_type(RootId="r-lab1", PolicyType=kind)
    organizations.attach_policy(**where)
    assert refusal(organizations.attach_policy, **where)[0] == "DuplicatePolicyAttachmentException"


@pytest.mark.aws("AWS Organizations User Guide, SCPs", "high")
def test_a_service_control_policy_binds_the_accounts_below_it_and_not_the_management_account(cloud: Cloud) -> None:
    attach(cloud, "SERVICE_CONTROL_POLICY", "r-lab1", document("Deny", "iam:ListUsers"))
    code, message = refusal(cloud.client("workload", "iam").list_users)
    said, _, arn = message.partition(": arn:aws:organizations::111122223333:policy/")
    assert code == "AccessDenied" and said.endswith("with an explicit deny in a service control policy")
    assert re.fullmatch(r"o-\w+/service_control_policy/p-\w+", arn)
    assert cloud.client("workload", "iam").list_roles()["Roles"] == []
    for profile in ("management", "neighbour", "outsider"):
        assert cloud.client(profile, "iam").list_users()["Users"]


@pytest.mark.aws("AWS Organizations User Guide, SCP evaluation", "high")
def test_an_account_keeps_only_what_every_level_allows(cloud: Cloud) -> None:
    attach(cloud, "SERVICE_CONTROL_POLICY", "ou-lab1-workloads", document("Allow", "iam:ListRoles"))
    organizations = cloud.client("management", "organizations")
    organizations.detach_policy(PolicyId="p-FullAWSAccess", TargetId="ou-lab1-workloads")
    iam = cloud.client("workload", "iam")
    assert iam.list_roles()["Roles"] == []
    assert refusal(iam.list_users)[0] == "AccessDenied"
    assert cloud.client("registry", "iam").list_users()["Users"]


@pytest.mark.aws("AWS Organizations User Guide, RCPs", "high")
def test_a_resource_control_policy_binds_the_resources_of_the_account(cloud: Cloud) -> None:
    cloud.client("registry", "ecr").create_repository(repositoryName="mine")
    guard = document("Deny", "ecr:DescribeRepositories", Principal="*")
    attach(cloud, "RESOURCE_CONTROL_POLICY", "ou-lab1-sharedservices", guard)
    code, message = refusal(cloud.client("registry", "ecr").describe_repositories)
    said, _, arn = message.partition(": arn:aws:organizations::111122223333:policy/")
    assert code == "AccessDeniedException" and said.endswith("with an explicit deny in a resource control policy")
    assert re.fullmatch(r"o-\w+/resource_control_policy/p-\w+", arn)
    assert cloud.client("workload", "ecr").describe_repositories()["repositories"] == []


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("SERVICE_CONTROL_POLICY", "nope"),
        ("SERVICE_CONTROL_POLICY", document("Deny", "*", Principal="*")),
        ("RESOURCE_CONTROL_POLICY", document("Allow", "*", Principal="*")),
        ("RESOURCE_CONTROL_POLICY", document("Deny", "*")),
    ],
)
def test_a_control_policy_must_be_one(cloud: Cloud, kind: str, content: str) -> None:
    create = cloud.client("management", "organizations").create_policy
    code, _ = refusal(create, Name="p", Description="", Type=kind, Content=content)
    assert code == "MalformedPolicyDocumentException"


def test_a_target_keeps_at_least_one_control_policy(cloud: Cloud) -> None:
    organizations = cloud.client("management", "organizations")
    organizations.enable_policy_type(RootId="r-lab1", PolicyType="SERVICE_CONTROL_POLICY")
    code, _ = refusal(organizations.detach_policy, PolicyId="p-FullAWSAccess", TargetId="r-lab1")
    assert code == "ConstraintViolationException"


def test_the_management_account_cannot_be_removed(cloud: Cloud) -> None:
    remove = cloud.client("management", "organizations").remove_account_from_organization
    assert refusal(remove, AccountId="111122223333")[0] == "MasterCannotLeaveOrganizationException"
