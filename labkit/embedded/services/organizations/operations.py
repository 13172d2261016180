"""Organizations, operation by operation: for whom it is, who executes it, and what it needs as permission.

Source: AWS Organizations API Reference; "Service control policies (SCPs)" and "Resource control policies (RCPs)" in the
user guide. A refused call changes nothing.
"""

from __future__ import annotations

from labkit.embedded.protocol.calls import Operation
from labkit.embedded.services.organizations import accounts, attachments, organization, policies, tags, units
from labkit.embedded.services.organizations.lookup import Work, for_management, for_members
from labkit.embedded.services.organizations.permissions import needs


def _reads(work: Work, *named: str) -> Operation:
    return Operation(for_management(work), needs(*named), reads=True)


def _writes(work: Work, *named: str, new: str = "") -> Operation:
    return Operation(for_management(work), needs(*named, new=new))


OPERATIONS: dict[str, Operation] = {
    # for an account that is in no organization, and for every member
    "CreateOrganization": Operation(organization.create_organization, needs()),
    "DescribeOrganization": Operation(for_members(organization.describe_organization), needs(), reads=True),
    "LeaveOrganization": Operation(for_members(organization.leave_organization), needs()),
    "DescribeEffectivePolicy": Operation(
        for_members(policies.describe_effective_policy), needs("TargetId"), reads=True
    ),
    # for the management account
    "DeleteOrganization": _writes(organization.delete_organization),
    "RemoveAccountFromOrganization": _writes(organization.remove_account_from_organization, "AccountId"),
    "ListRoots": _reads(units.list_roots),
    "CreateOrganizationalUnit": _writes(units.create_organizational_unit, "ParentId", new="ou"),
    "UpdateOrganizationalUnit": _writes(units.update_organizational_unit, "OrganizationalUnitId"),
    "DeleteOrganizationalUnit": _writes(units.delete_organizational_unit, "OrganizationalUnitId"),
    "DescribeOrganizationalUnit": _reads(units.describe_organizational_unit, "OrganizationalUnitId"),
    "ListOrganizationalUnitsForParent": _reads(units.list_organizational_units_for_parent, "ParentId"),
    "ListChildren": _reads(units.list_children, "ParentId"),
    "ListParents": _reads(units.list_parents, "ChildId"),
    "CreateAccount": _writes(accounts.create_account, new="account"),
    "DescribeCreateAccountStatus": _reads(accounts.describe_create_account_status),
    "ListCreateAccountStatus": _reads(accounts.list_create_account_status),
    "DescribeAccount": _reads(accounts.describe_account, "AccountId"),
    "ListAccounts": _reads(accounts.list_accounts),
    "ListAccountsForParent": _reads(accounts.list_accounts_for_parent, "ParentId"),
    "MoveAccount": _writes(accounts.move_account, "AccountId", "SourceParentId", "DestinationParentId"),
    "CreatePolicy": _writes(policies.create_policy, new="policy/{type}"),
    "DescribePolicy": _reads(policies.describe_policy, "PolicyId"),
    "UpdatePolicy": _writes(policies.update_policy, "PolicyId"),
    "DeletePolicy": _writes(policies.delete_policy, "PolicyId"),
    "ListPolicies": _reads(policies.list_policies),
    "EnablePolicyType": _writes(attachments.enable_policy_type, "RootId"),
    "DisablePolicyType": _writes(attachments.disable_policy_type, "RootId"),
    "AttachPolicy": _writes(attachments.attach_policy, "PolicyId", "TargetId"),
    "DetachPolicy": _writes(attachments.detach_policy, "PolicyId", "TargetId"),
    "ListPoliciesForTarget": _reads(attachments.list_policies_for_target, "TargetId"),
    "ListTargetsForPolicy": _reads(attachments.list_targets_for_policy, "PolicyId"),
    "TagResource": _writes(tags.tag_resource, "ResourceId"),
    "UntagResource": _writes(tags.untag_resource, "ResourceId"),
    "ListTagsForResource": _reads(tags.list_tags_for_resource, "ResourceId"),
}
