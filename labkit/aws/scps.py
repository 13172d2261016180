"""Service control policies: those that limit an account, level by level, and the one that the lab makes.

Only an organization's management account (or a delegated administrator) may read or change them. They are in force
where the root has their type enabled. Where the organization is the embedded one, the lab enables the type for its own
policy and disables it again when no policy but AWS's own is left; on a real organization it does neither.

Source: AWS Organizations User Guide, "Service control policies (SCPs)"; Organizations API Reference.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from labkit.aws import tags
from labkit.aws.reading import Unreadable
from labkit.iam import Policy
from labkit.iam.policies import Levels

KIND = "SERVICE_CONTROL_POLICY"
NAME = "labkit-pull-from-the-registry-only"
"""The name of the only service control policy that the lab makes."""


def in_force(organizations: Any, account: str) -> Levels | None:
    """The policies that limit the principals of a member account, from the root to the account itself.

    None where none are in force: the type is not enabled, or the account manages the organization or is not in it.
    Raises Unreadable.
    """
    try:
        if not is_enabled(organizations) or account == _management(organizations):
            return None
        targets = [account, *_parents(organizations, account)]
        return [list(_policies(organizations, target)) for target in reversed(targets)]
    except organizations.exceptions.ChildNotFoundException:
        return None
    except ClientError as error:
        reason = error.response["Error"]["Message"]
        raise Unreadable(f"The service control policies cannot be read: {reason}") from None


def is_enabled(organizations: Any) -> bool:
    """Whether service control policies are in force in the organization. Raises ClientError."""
    return {"Type": KIND, "Status": "ENABLED"} in organizations.list_roots()["Roots"][0].get("PolicyTypes", [])


def _management(organizations: Any) -> str:
    return str(organizations.describe_organization()["Organization"]["MasterAccountId"])


def _parents(organizations: Any, account: str) -> Iterator[str]:
    parent = {"Id": account, "Type": "ACCOUNT"}
    while parent["Type"] != "ROOT":
        parent = organizations.list_parents(ChildId=parent["Id"])["Parents"][0]
        yield parent["Id"]


def _policies(organizations: Any, target: str) -> Iterator[Policy]:
    for page in organizations.get_paginator("list_policies_for_target").paginate(TargetId=target, Filter=KIND):
        for each in page["Policies"]:
            content = organizations.describe_policy(PolicyId=each["Id"])["Policy"]["Content"]
            yield Policy.parse(content, each["Name"])


def enable(organizations: Any) -> None:
    """Puts service control policies in force, unless they are."""
    if not is_enabled(organizations):
        organizations.enable_policy_type(RootId=organizations.list_roots()["Roots"][0]["Id"], PolicyType=KIND)


def find(organizations: Any) -> dict[str, Any] | None:
    """The lab's policy as ListPolicies shows it; None where there is none, or where the profile may not look.

    A profile that may not look has not made one. Raises UsageError for a policy of that name that is not the lab's.
    """
    try:
        found = next((each for each in _listed(organizations) if each["Name"] == NAME), None)
    except ClientError as error:
        if error.response["Error"]["Code"] == "AccessDeniedException":
            return None
        raise
    if found and not tags.is_ours(organizations.list_tags_for_resource(ResourceId=found["Id"])["Tags"]):
        raise tags.foreign("service control policy", NAME, _management(organizations))
    return found


def _listed(organizations: Any) -> Iterator[dict[str, Any]]:
    for page in organizations.get_paginator("list_policies").paginate(Filter=KIND):
        yield from page["Policies"]


def make(organizations: Any, document: Mapping[str, Any], scenario: str) -> str:
    """Makes the lab's policy, attached to nothing yet, in place of one that is left of an earlier run; returns its id.

    Raises UsageError for one of that name that is not the lab's.
    """
    remove(organizations)
    made = organizations.create_policy(
        Name=NAME,
        Description="Made by labkit, the Lambda-ECR permission lab",
        Type=KIND,
        Content=json.dumps(document),
        Tags=tags.as_list(scenario),
    )
    return str(made["Policy"]["PolicySummary"]["Id"])


def remove(organizations: Any) -> bool:
    """Detaches and deletes the lab's policy; tells whether there was one. Raises UsageError like ``find``."""
    found = find(organizations)
    if found is None:
        return False
    for target in organizations.list_targets_for_policy(PolicyId=found["Id"])["Targets"]:
        organizations.detach_policy(PolicyId=found["Id"], TargetId=target["TargetId"])
    organizations.delete_policy(PolicyId=found["Id"])
    return True


def disable_if_unused(organizations: Any) -> None:
    """Takes service control policies out of force where no policy but AWS's own is left."""
    if is_enabled(organizations) and all(each["AwsManaged"] for each in _listed(organizations)):
        organizations.disable_policy_type(RootId=organizations.list_roots()["Roots"][0]["Id"], PolicyType=KIND)
