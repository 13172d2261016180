"""Service-linked roles and instance profiles."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labkit.embedded.records import aws_policies
from labkit.embedded.services.iam.entities.linked_roles import SERVICES
from tests.embedded.conftest import Cloud, session_keys
from tests.embedded.services.iam.common import ADMIN, REGISTRY, WORKLOAD, allow, as_user, refusal, trust

NAME = "AWSServiceRoleForECRReplication"
SERVICE = "replication.ecr.amazonaws.com"


@pytest.fixture
def iam(cloud: Cloud) -> Any:
    """IAM of the registry's account."""
    return cloud.client("registry", "iam")


def test_a_service_linked_role_is_made_shown_and_deleted(iam: Any) -> None:
    made = iam.create_service_linked_role(AWSServiceName=SERVICE)["Role"]
    assert made["Arn"] == f"arn:aws:iam::{REGISTRY}:role/aws-service-role/{SERVICE}/{NAME}"
    shown = iam.get_role(RoleName=NAME)["Role"]
    assert shown == {**made, "MaxSessionDuration": 3600, "RoleLastUsed": {}}
    assert shown["AssumeRolePolicyDocument"]["Statement"] == [
        {"Effect": "Allow", "Principal": {"Service": SERVICE}, "Action": "sts:AssumeRole"}
    ]
    (attached,) = iam.list_attached_role_policies(RoleName=NAME)["AttachedPolicies"]
    assert attached["PolicyArn"] == "arn:aws:iam::aws:policy/aws-service-role/ECRReplicationServiceRolePolicy"
    task = iam.delete_service_linked_role(RoleName=NAME)["DeletionTaskId"]
    assert task.startswith(f"task/aws-service-role/{SERVICE}/{NAME}/")
    assert iam.get_service_linked_role_deletion_status(DeletionTaskId=task)["Status"] == "SUCCEEDED"
    assert iam.list_roles()["Roles"] == []


def test_the_role_of_every_service_in_the_table_has_a_policy_that_is_awss() -> None:
    missing = [name for name, linked in SERVICES.items() if not _there(linked.policy)]
    assert missing == []


def _there(policy: str) -> bool:
    return aws_policies.find(f"{aws_policies.PREFIX}/aws-service-role/{policy}") is not None


REFUSED = [
    (
        "create_service_linked_role",
        {"AWSServiceName": SERVICE},
        (
            400,
            "InvalidInput",
            f"Service role name {NAME} has been taken in this account, please try a different suffix.",
        ),
    ),
    (
        "create_service_linked_role",
        {"AWSServiceName": "ecr.amazonaws.com", "CustomSuffix": "x"},
        (400, "InvalidInput", "Custom suffix is not allowed for ecr.amazonaws.com"),
    ),
    (
        "delete_service_linked_role",
        {"RoleName": "Missing"},
        (404, "NoSuchEntity", "The role with name Missing cannot be found."),
    ),
    (
        "get_service_linked_role_deletion_status",
        {"DeletionTaskId": "task/aws-service-role/x/y/z"},
        (404, "NoSuchEntity", "Deletion Task ID task/aws-service-role/x/y/z cannot be found."),
    ),
]


@pytest.mark.parametrize(("operation", "params", "expected"), REFUSED)
def test_what_is_wrong_is_refused(iam: Any, operation: str, params: Any, expected: Any) -> None:
    iam.create_service_linked_role(AWSServiceName=SERVICE)
    assert refusal(getattr(iam, operation), **params) == expected


def test_an_unknown_service_and_an_ordinary_role_are_refused(iam: Any) -> None:
    iam.create_role(RoleName="R", AssumeRolePolicyDocument=trust())
    assert refusal(iam.create_service_linked_role, AWSServiceName="nothing.amazonaws.com")[1] == "InvalidInput"
    assert refusal(iam.create_service_linked_role, AWSServiceName="ecr")[1] == "InvalidInput"
    assert refusal(iam.delete_service_linked_role, RoleName="R")[1] == "InvalidInput"
    for path in ("/aws-service-role/", f"/aws-service-role/{SERVICE}/"):
        code = refusal(iam.create_role, RoleName="Mine", Path=path, AssumeRolePolicyDocument=trust())[1]
        assert code == "InvalidInput"


def test_a_custom_suffix_makes_another_role_where_there_may_be_several(iam: Any) -> None:
    for suffix in ({}, {"CustomSuffix": "mine"}):
        iam.create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com", **suffix)
    names = [role["RoleName"] for role in iam.list_roles(PathPrefix="/aws-service-role/")["Roles"]]
    assert names == ["AWSServiceRoleForAutoScaling", "AWSServiceRoleForAutoScaling_mine"]


CHANGES: list[tuple[str, dict[str, Any]]] = [
    ("delete_role", {}),
    ("update_role", {"Description": "mine"}),
    ("update_role_description", {"Description": "mine"}),
    ("update_assume_role_policy", {"PolicyDocument": trust()}),
    ("attach_role_policy", {"PolicyArn": ADMIN}),
    ("put_role_policy", {"PolicyName": "p", "PolicyDocument": allow()}),
    ("put_role_permissions_boundary", {"PermissionsBoundary": ADMIN}),
    ("tag_role", {"Tags": [{"Key": "k", "Value": "v"}]}),
]


@pytest.mark.parametrize(("operation", "params"), CHANGES)
def test_only_aws_changes_a_service_linked_role(iam: Any, operation: str, params: dict[str, Any]) -> None:
    iam.create_service_linked_role(AWSServiceName=SERVICE)
    text = f"Cannot perform the operation on the protected role '{NAME}' - this role is only modifiable by AWS"
    assert refusal(getattr(iam, operation), RoleName=NAME, **params) == (400, "UnmodifiableEntity", text)


@pytest.mark.aws("AWS Organizations User Guide, SCPs, RCPs", "high")
def test_neither_scps_nor_rcps_limit_a_service_linked_role(cloud: Cloud) -> None:
    organizations, iam = cloud.client("management", "organizations"), cloud.client("workload", "iam")
    root = organizations.list_roots()["Roots"][0]["Id"]
    deny = {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "ecr:*", "Resource": "*"}}
    everybody = {"Version": "2012-10-17", "Statement": {**deny["Statement"], "Principal": "*"}}
    for kind, document in (("SERVICE_CONTROL_POLICY", deny), ("RESOURCE_CONTROL_POLICY", everybody)):
        organizations.enable_policy_type(RootId=root, PolicyType=kind)
        made = organizations.create_policy(Name=kind, Description="", Type=kind, Content=json.dumps(document))
        organizations.attach_policy(PolicyId=made["Policy"]["PolicySummary"]["Id"], TargetId=WORKLOAD)
    iam.create_service_linked_role(AWSServiceName="ecr.amazonaws.com")
    iam.create_role(RoleName="Ordinary", AssumeRolePolicyDocument=trust(AWS=WORKLOAD))
    iam.put_role_policy(RoleName="Ordinary", PolicyName="p", PolicyDocument=allow())
    outcomes = {}
    for name in ("AWSServiceRoleForECRTemplate", "Ordinary"):
        arn = iam.get_role(RoleName=name)["Role"]["Arn"]
        with cloud.embedded.database.write():
            given = cloud.embedded.role_session(arn, "me", 3600)
        keys = {"AccessKeyId": given.access_key, "SecretAccessKey": given.secret_key}
        ecr = cloud.client(session_keys({**keys, "SessionToken": given.session_token}), "ecr")
        outcomes[name] = "explicit deny" in refusal(ecr.list_images, repositoryName="missing")[2]
    assert outcomes == {"AWSServiceRoleForECRTemplate": False, "Ordinary": True}


def test_an_instance_profile_holds_one_role(iam: Any) -> None:
    iam.create_role(RoleName="R", AssumeRolePolicyDocument=trust())
    made = iam.create_instance_profile(InstanceProfileName="P", Path="/team/")["InstanceProfile"]
    assert made["InstanceProfileId"].startswith("AIPA327C6N4A") and made["Roles"] == []
    assert made["Arn"] == f"arn:aws:iam::{REGISTRY}:instance-profile/team/P"
    assert iam.list_instance_profiles_for_role(RoleName="R")["InstanceProfiles"] == []
    iam.add_role_to_instance_profile(InstanceProfileName="P", RoleName="R")
    shown = iam.get_instance_profile(InstanceProfileName="P")["InstanceProfile"]
    assert [role["RoleName"] for role in shown["Roles"]] == ["R"]
    assert iam.list_instance_profiles_for_role(RoleName="R")["InstanceProfiles"] == [shown]
    iam.remove_role_from_instance_profile(InstanceProfileName="P", RoleName="R")
    assert refusal(iam.remove_role_from_instance_profile, InstanceProfileName="P", RoleName="R") == (
        404,
        "NoSuchEntity",
        "Role R in Instance Profile P cannot be found.",
    )
    iam.delete_instance_profile(InstanceProfileName="P")


def test_a_role_is_put_into_an_instance_profile_only_by_who_may_pass_it(cloud: Cloud, iam: Any) -> None:
    iam.create_role(RoleName="R", AssumeRolePolicyDocument=trust())
    iam.create_instance_profile(InstanceProfileName="P")
    iam.create_user(UserName="ann")
    ann = as_user(cloud, iam, "ann", "iam")
    iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=allow("iam:AddRoleToInstanceProfile"))
    status, code, text = refusal(ann.add_role_to_instance_profile, InstanceProfileName="P", RoleName="R")
    assert (status, code) == (
        403,
        "AccessDenied",
    ) and f"iam:PassRole on resource: arn:aws:iam::{REGISTRY}:role/R" in text
    iam.put_user_policy(UserName="ann", PolicyName="q", PolicyDocument=allow("iam:PassRole"))
    ann.add_role_to_instance_profile(InstanceProfileName="P", RoleName="R")


def test_a_deletion_can_be_asked_about_only_where_it_was(cloud: Cloud, iam: Any) -> None:
    iam.create_service_linked_role(AWSServiceName=SERVICE)
    task = iam.delete_service_linked_role(RoleName=NAME)["DeletionTaskId"]
    changed = [task.replace("Replication", "Template"), f"{task[:-1]}{'0' if task[-1] != '0' else '1'}", task.upper()]
    codes = [refusal(iam.get_service_linked_role_deletion_status, DeletionTaskId=each)[1] for each in changed]
    elsewhere = cloud.client("workload", "iam").get_service_linked_role_deletion_status
    assert [*codes, refusal(elsewhere, DeletionTaskId=task)[1]] == ["NoSuchEntity"] * 4
