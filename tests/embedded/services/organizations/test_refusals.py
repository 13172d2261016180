"""What is asked for wrongly: AWS's code with its Reason, and nothing has changed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.embedded.conftest import Cloud
from tests.embedded.services.organizations import asking
from tests.embedded.services.organizations.asking import FULL_RCP, FULL_SCP, MANAGEMENT, PRODUCTION, RCP, ROOT, SCP

NO_UNIT, NO_ACCOUNT, NO_POLICY, FOREIGN = "ou-lab1-missing00", "999999999999", "p-missing000", "777788889999"
MOVE = {"AccountId": asking.WORKLOAD, "SourceParentId": PRODUCTION, "DestinationParentId": ROOT}
OU, ACCOUNT = "OrganizationalUnitId", "AccountId"
POLICY = {"Name": "p", "Description": "", "Type": SCP, "Content": asking.document()}

UNKNOWN: list[tuple[str, dict[str, Any], str]] = [
    ("create_organizational_unit", {"ParentId": NO_UNIT, "Name": "x"}, "ParentNotFoundException"),
    ("create_organizational_unit", {"ParentId": "r-nbr1", "Name": "x"}, "ParentNotFoundException"),
    ("list_organizational_units_for_parent", {"ParentId": NO_UNIT}, "ParentNotFoundException"),
    ("list_accounts_for_parent", {"ParentId": NO_UNIT}, "ParentNotFoundException"),
    ("list_children", {"ParentId": NO_UNIT, "ChildType": "ACCOUNT"}, "ParentNotFoundException"),
    ("list_parents", {"ChildId": NO_UNIT}, "ChildNotFoundException"),
    ("list_parents", {"ChildId": FOREIGN}, "ChildNotFoundException"),
    ("describe_organizational_unit", {OU: NO_UNIT}, "OrganizationalUnitNotFoundException"),
    ("update_organizational_unit", {OU: NO_UNIT, "Name": "x"}, "OrganizationalUnitNotFoundException"),
    ("delete_organizational_unit", {OU: NO_UNIT}, "OrganizationalUnitNotFoundException"),
    ("describe_account", {ACCOUNT: NO_ACCOUNT}, "AccountNotFoundException"),
    ("describe_account", {ACCOUNT: FOREIGN}, "AccountNotFoundException"),
    ("remove_account_from_organization", {ACCOUNT: FOREIGN}, "AccountNotFoundException"),
    (
        "describe_create_account_status",
        {"CreateAccountRequestId": "car-missing0"},
        "CreateAccountStatusNotFoundException",
    ),
    ("move_account", {**MOVE, ACCOUNT: NO_ACCOUNT}, "AccountNotFoundException"),
    ("move_account", {**MOVE, ACCOUNT: FOREIGN}, "AccountNotFoundException"),
    ("move_account", {**MOVE, "SourceParentId": NO_UNIT}, "SourceParentNotFoundException"),
    ("move_account", {**MOVE, "SourceParentId": asking.WORKLOADS}, "SourceParentNotFoundException"),
    ("move_account", {**MOVE, "DestinationParentId": NO_UNIT}, "DestinationParentNotFoundException"),
    ("move_account", {**MOVE, "DestinationParentId": "r-nbr1"}, "DestinationParentNotFoundException"),
    ("move_account", {**MOVE, "DestinationParentId": PRODUCTION}, "DuplicateAccountException"),
    ("describe_policy", {"PolicyId": NO_POLICY}, "PolicyNotFoundException"),
    ("update_policy", {"PolicyId": NO_POLICY, "Name": "x"}, "PolicyNotFoundException"),
    ("delete_policy", {"PolicyId": NO_POLICY}, "PolicyNotFoundException"),
    ("list_targets_for_policy", {"PolicyId": NO_POLICY}, "PolicyNotFoundException"),
    ("attach_policy", {"PolicyId": NO_POLICY, "TargetId": ROOT}, "PolicyNotFoundException"),
    ("detach_policy", {"PolicyId": NO_POLICY, "TargetId": ROOT}, "PolicyNotFoundException"),
    ("attach_policy", {"PolicyId": FULL_SCP, "TargetId": NO_UNIT}, "TargetNotFoundException"),
    ("detach_policy", {"PolicyId": FULL_SCP, "TargetId": FOREIGN}, "TargetNotFoundException"),
    ("list_policies_for_target", {"TargetId": NO_UNIT, "Filter": SCP}, "TargetNotFoundException"),
    ("list_policies_for_target", {"TargetId": FOREIGN, "Filter": SCP}, "TargetNotFoundException"),
    ("enable_policy_type", {"RootId": "r-nbr1", "PolicyType": SCP}, "RootNotFoundException"),
    ("disable_policy_type", {"RootId": "r-none", "PolicyType": SCP}, "RootNotFoundException"),
    ("tag_resource", {"ResourceId": FOREIGN, "Tags": [{"Key": "a", "Value": "b"}]}, "TargetNotFoundException"),
    ("untag_resource", {"ResourceId": NO_POLICY, "TagKeys": ["a"]}, "TargetNotFoundException"),
    ("list_tags_for_resource", {"ResourceId": NO_UNIT}, "TargetNotFoundException"),
]
IN_THE_WAY: list[tuple[str, dict[str, Any], str]] = [
    ("create_organization", {}, "AlreadyInOrganizationException"),
    ("delete_organization", {}, "OrganizationNotEmptyException"),
    ("leave_organization", {}, "MasterCannotLeaveOrganizationException"),
    ("remove_account_from_organization", {ACCOUNT: MANAGEMENT}, "MasterCannotLeaveOrganizationException"),
    (
        "create_organizational_unit",
        {"ParentId": asking.WORKLOADS, "Name": "production"},
        "DuplicateOrganizationalUnitException",
    ),
    ("update_organizational_unit", {OU: PRODUCTION, "Name": "development"}, "DuplicateOrganizationalUnitException"),
    ("delete_organizational_unit", {OU: asking.WORKLOADS}, "OrganizationalUnitNotEmptyException"),  # units
    ("delete_organizational_unit", {OU: PRODUCTION}, "OrganizationalUnitNotEmptyException"),  # an account
    ("attach_policy", {"PolicyId": FULL_SCP, "TargetId": ROOT}, "PolicyTypeNotEnabledException"),
    ("detach_policy", {"PolicyId": FULL_SCP, "TargetId": ROOT}, "PolicyNotAttachedException"),
    ("disable_policy_type", {"RootId": ROOT, "PolicyType": SCP}, "PolicyTypeNotEnabledException"),
    ("create_policy", {**POLICY, "Name": "FullAWSAccess"}, "DuplicatePolicyException"),
]
INPUT: list[tuple[str, dict[str, Any], str]] = [
    ("list_children", {"ParentId": "root", "ChildType": "ACCOUNT"}, "INVALID_PATTERN"),
    ("list_children", {"ParentId": ROOT, "ChildType": "POLICY"}, "INVALID_ENUM"),
    ("list_policies", {"Filter": "SCP"}, "INVALID_ENUM_POLICY_TYPE"),
    ("describe_effective_policy", {"PolicyType": SCP}, "INVALID_ENUM_POLICY_TYPE"),
    ("describe_effective_policy", {"PolicyType": RCP}, "INVALID_ENUM_POLICY_TYPE"),
    ("describe_effective_policy", {"PolicyType": "TAG_POLICY", "TargetId": ROOT}, "TARGET_NOT_SUPPORTED"),
    ("create_account", {"AccountName": "é", "Email": "e@example.com"}, "INVALID_PATTERN"),
    ("create_account", {"AccountName": "e", "Email": "nobody"}, "INVALID_PATTERN"),
    (
        "create_account",
        {"AccountName": "e", "Email": "e@example.com", "RoleName": "AWSServiceRoleForMe"},
        "INVALID_ROLE_NAME",
    ),
    ("create_organizational_unit", {"ParentId": ROOT, "Name": "x" * 129}, "MAX_LENGTH_EXCEEDED"),
    ("list_create_account_status", {"States": ["DONE"]}, "INVALID_LIST_MEMBER"),
    ("update_policy", {"PolicyId": FULL_SCP, "Name": "x"}, "IMMUTABLE_POLICY"),
    ("delete_policy", {"PolicyId": FULL_RCP}, "IMMUTABLE_POLICY"),
    ("tag_resource", {"ResourceId": FULL_SCP, "Tags": [{"Key": "a", "Value": "b"}]}, "TARGET_NOT_SUPPORTED"),
    ("tag_resource", {"ResourceId": ROOT, "Tags": [{"Key": "a", "Value": "b"}] * 2}, "DUPLICATE_TAG_KEY"),
    (
        "tag_resource",
        {"ResourceId": ROOT, "Tags": [{"Key": "AWS:x", "Value": "b"}]},
        "INVALID_SYSTEM_TAGS_PARAMETER",
    ),
    ("untag_resource", {"ResourceId": ROOT, "TagKeys": ["aws:x"]}, "INVALID_SYSTEM_TAGS_PARAMETER"),
]
REFUSED = [
    *UNKNOWN,
    *IN_THE_WAY,
    *((operation, params, f"InvalidInputException {why}") for operation, params, why in INPUT),
]


@pytest.mark.parametrize(
    ("operation", "params", "wanted"), REFUSED, ids=[f"{each[0]}-{each[2]}-{n}" for n, each in enumerate(REFUSED)]
)
def test_a_wrong_call_is_refused_and_changes_nothing(
    cloud: Cloud, operation: str, params: dict[str, Any], wanted: str
) -> None:
    before = asking.kept(cloud)
    call = getattr(cloud.client("management", "organizations"), operation)
    assert asking.reason(call, **params) == wanted
    assert asking.kept(cloud) == before


@pytest.mark.parametrize(
    ("operation", "params", "_"), UNKNOWN, ids=[f"{each[0]}-{n}" for n, each in enumerate(UNKNOWN)]
)
def test_what_is_for_the_management_account_is_refused_to_members_and_outsiders(
    cloud: Cloud, operation: str, params: dict[str, Any], _: str
) -> None:
    member, outsider = (getattr(cloud.client(who, "organizations"), operation) for who in ("workload", "outsider"))
    assert asking.reason(member, **params) == "AccessDeniedException"
    assert asking.reason(outsider, **params) == "AWSOrganizationsNotInUseException"
