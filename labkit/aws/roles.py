"""IAM roles that the lab makes: the execution role of the functions, and the limited role that creates one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labkit.aws import tags
from labkit.iam import arn as arns


@dataclass(frozen=True, slots=True)
class Role:
    """A role and whether this call has made it."""

    name: str
    arn: str
    made: bool


def find(iam: Any, name: str) -> dict[str, Any] | None:
    """The role as GetRole shows it, or None."""
    try:
        found: dict[str, Any] = iam.get_role(RoleName=name)["Role"]
    except iam.exceptions.NoSuchEntityException:
        return None
    return found


def ensure(iam: Any, name: str, trust: Mapping[str, Any], scenario: str, managed: Sequence[str] = ()) -> Role:
    """Makes the role with the managed policies, or takes the one that the lab has made before and sets its trust.

    Raises UsageError for a role of that name that is not the lab's.
    """
    found = find(iam, name)
    if found is not None:
        check_ours(found)
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(trust))
        return Role(name, found["Arn"], made=False)
    made = iam.create_role(
        RoleName=name,
        AssumeRolePolicyDocument=json.dumps(trust),
        Description="Made by labkit, the Lambda-ECR permission lab",
        Tags=tags.as_list(scenario),
    )["Role"]
    for arn in managed:
        iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    return Role(name, made["Arn"], made=True)


def check_ours(found: Mapping[str, Any]) -> None:
    """Raises UsageError when the role does not carry the lab's tag."""
    if not tags.is_ours(found.get("Tags", [])):
        raise tags.foreign("role", found["RoleName"], arns.account_of(found["Arn"]) or "")


def delete(iam: Any, name: str) -> bool:
    """Deletes the role with its policies if the lab made it; tells whether it did."""
    found = find(iam, name)
    if found is None:
        return False
    check_ours(found)
    for attached in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
        iam.detach_role_policy(RoleName=name, PolicyArn=attached["PolicyArn"])
    for inline in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        iam.delete_role_policy(RoleName=name, PolicyName=inline)
    iam.delete_role(RoleName=name)
    return True
