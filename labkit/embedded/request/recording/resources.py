"""What an event is about: the resources in its record, and those by which LookupEvents finds it.

STS and ECR name resources in their records (IAM User Guide and Amazon ECR User Guide, examples of log entries), and so
do data events of Lambda; events of IAM, Organizations and of Lambda's management have none there. LookupEvents finds
all of them by names and ARNs that were given and answered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from labkit.embedded.protocol.calls import Call
from labkit.iam.arn import split

Resource = tuple[str, str]
"""A type such as ``AWS::IAM::Role``, and a name or ARN."""

_IAM = {
    "Role": ("RoleName", "RoleId", "Arn"),
    "User": ("UserName", "UserId", "Arn"),
    "Group": ("GroupName", "GroupId", "Arn"),
    "Policy": ("PolicyName", "PolicyId", "PolicyArn", "Arn"),
    "InstanceProfile": ("InstanceProfileName", "InstanceProfileId", "Arn"),
    "AccessKey": ("AccessKeyId",),
    "OIDCProvider": ("OpenIDConnectProviderArn",),
}
_BY_MEMBER = {
    ("iam", member): f"AWS::IAM::{kind}" for kind, members in _IAM.items() for member in members if member != "Arn"
} | {
    ("sts", "RoleArn"): "AWS::IAM::Role",
    ("sts", "AccessKeyId"): "AWS::IAM::AccessKey",
    ("sts", "AssumedRoleId"): "AWS::STS::AssumedRole",
    ("ecr", "repositoryName"): "AWS::ECR::Repository",
    ("ecr", "repositoryArn"): "AWS::ECR::Repository",
    ("lambda", "FunctionName"): "AWS::Lambda::Function",
    ("lambda", "FunctionArn"): "AWS::Lambda::Function",
}
_BY_KIND = {
    ("ecr", "repository"): "AWS::ECR::Repository",
    ("sts", "role"): "AWS::IAM::Role",
    ("sts", "federated-user"): "AWS::STS::FederatedUser",
    ("lambda", "function"): "AWS::Lambda::Function",
}


def in_record(call: Call, arn: str | None, owner: str, data: bool) -> list[dict[str, str]]:
    """The ``resources`` of a record; ``arn`` is what the call was authorized on, ``owner`` the account that has it."""
    kind = _kind(call.service, arn)
    if arn is None or kind is None or not (data or call.service in ("sts", "ecr")):
        return []
    shown = {"accountId": owner, "ARN": arn}
    return [shown if call.service == "ecr" else {"accountId": owner, "type": kind, "ARN": arn}]


def found_by(call: Call, output: Mapping[str, Any] | None, arn: str | None) -> tuple[Resource, ...]:
    """What LookupEvents finds an event by: ResourceType and ResourceName of each."""
    kind = _kind(call.service, arn)
    of_arn = [(kind, arn)] if kind and arn else []
    named = [*_named(call.service, call.params), *of_arn, *_named(call.service, output or {})]
    return tuple(dict.fromkeys(named))


def _named(service: str, members: Mapping[str, Any], within: str = "") -> Iterator[Resource]:
    """The resources in parameters or in an answer, and in the structures right in it, but not in lists."""
    for name, value in members.items():
        kind = _BY_MEMBER.get((service, name))
        if name == "Arn" and within in _IAM:
            kind = f"AWS::IAM::{within}"
        if isinstance(value, Mapping):
            yield from _named(service, value, name)
        elif kind and isinstance(value, str):
            yield kind, value
        elif name == "Arn" and within == "AssumedRoleUser":
            yield "AWS::STS::AssumedRole", value


def _kind(service: str, arn: str | None) -> str | None:
    named = None if arn is None or "*" in arn else split(arn)
    return _BY_KIND.get((service, named.resource_type)) if named else None
