"""Which call of AWS's API writes a changed document, and which one reads what is there: one row a kind.

A call is service, operation and parameters, the operation as the aws CLI names it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from labkit.diagnosis import facts as f
from labkit.iam import arn as arns

if TYPE_CHECKING:  # a diagnosis puts itself into words with this, and stands above it
    from labkit.diagnosis.result import Change

Call = tuple[str, str, Mapping[str, Any]]
_PRINCIPALS = {"role": "Role", "user": "User", "group": "Group"}


def write_call(change: Change) -> Call | None:
    """The call that makes the change; None for a session policy, which is passed when its role is assumed."""
    if change.call is not None:
        return change.call
    make = _WRITES.get(change.kind)
    return make(change) if make else None


def organization_policy_id(name: str) -> str | None:
    """The id in the name of an SCP or RCP that is an id or an ARN; None for one known by its name alone."""
    last = name.rpartition("/")[2]
    return last if last.startswith("p-") else None


def holder(change: Change) -> tuple[str, str]:
    """Whose inline policy or trust policy it is: ``role``, ``user`` or ``group``, and the name."""
    arn = arns.split(change.attached_to) or arns.split(change.name)
    if arn is not None and arn.resource_type in _PRINCIPALS:
        return arn.resource_type, arn.name
    kind, _, name = change.attached_to.rpartition("/")
    return (kind if kind in _PRINCIPALS else "role"), name or change.name


def managed_arn(change: Change) -> str:
    """The ARN of a managed policy that is known by its name or ARN."""
    return change.name if change.name.startswith("arn:") else f"arn:aws:iam::{change.account}:policy/{change.name}"


def _repository(change: Change) -> Call:
    where = {"registryId": change.account} if change.account else {}
    return "ecr", "set-repository-policy", {**where, "repositoryName": change.name, "policyText": change.after}


def _registry(change: Change) -> Call:
    return "ecr", "put-registry-policy", {"policyText": change.after}


def _identity(change: Change) -> Call:
    if not change.inline:
        return _managed(change)
    kind, name = holder(change)
    parameters = {f"{_PRINCIPALS[kind]}Name": name, "PolicyName": change.name, "PolicyDocument": change.after}
    return "iam", f"put-{kind}-policy", parameters


def _managed(change: Change) -> Call:
    """A new version of a managed policy; where there is none yet, the policy."""
    if change.before is None:
        return "iam", "create-policy", {"PolicyName": change.name, "PolicyDocument": change.after}
    parameters = {"PolicyArn": managed_arn(change), "PolicyDocument": change.after, "SetAsDefault": True}
    return "iam", "create-policy-version", parameters


def _organization(change: Change) -> Call:
    return (
        *("organizations", "update-policy"),
        {"PolicyId": organization_policy_id(change.name) or change.name, "Content": change.after},
    )


def _trust(change: Change) -> Call:
    return "iam", "update-assume-role-policy", {"RoleName": holder(change)[1], "PolicyDocument": change.after}


def _endpoint(change: Change) -> Call:
    return "ec2", "modify-vpc-endpoint", {"VpcEndpointId": change.name, "PolicyDocument": change.after}


_WRITES: dict[str, Callable[[Change], Call]] = {
    f.REPOSITORY_POLICY: _repository,
    f.REGISTRY_POLICY: _registry,
    f.IDENTITY_POLICY: _identity,
    f.BOUNDARY: _managed,
    f.SCP: _organization,
    f.RCP: _organization,
    f.TRUST_POLICY: _trust,
    f.VPC_ENDPOINT_POLICY: _endpoint,
}
