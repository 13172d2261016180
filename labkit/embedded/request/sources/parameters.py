"""Condition keys that are made of what the call itself says (Service Authorization Reference).

Whether an action has such a key is the business of the table of actions: passing a role is no tagging, though both are
parts of one CreateFunction.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from labkit.embedded.request.sources.asked import Asked, Family, Source
from labkit.iam.patterns import UNKNOWN, ContextValue
from labkit.pull.policies import LAMBDA

if TYPE_CHECKING:
    from labkit.embedded.protocol.calls import Call

_PASSED_TO = {"lambda": LAMBDA, "iam": "ec2.amazonaws.com"}
"""To which service a call of each service passes a role: IAM where it puts one into an instance profile."""

_POLICY_TYPES = ("PolicyType", "Type", "Filter")
"""The parameters of Organizations that name a type of policies."""


def tags(call: Call) -> dict[str, str]:
    """The tags that a call brings: a list of Key and Value, in Lambda an object."""
    given = call.params.get("Tags") or call.params.get("tags") or ()
    if isinstance(given, Mapping):
        return dict(given)
    return {tag["Key"]: tag["Value"] for tag in given if {"Key", "Value"} <= tag.keys()}


def _tag_keys(asked: Asked) -> ContextValue | None:
    params = asked.call.params
    return tuple(params.get("TagKeys") or params.get("tagKeys") or tags(asked.call)) or None


def _parameter(*path: str) -> Source:
    """The value of a parameter, by the names on the way to it."""

    def value(asked: Asked) -> ContextValue | None:
        found: Any = asked.call.params
        for name in path:
            found = (found or {}).get(name)
        if found is None or isinstance(found, str):
            return found
        return tuple(found) or None if isinstance(found, list) else str(found).lower()

    return value


def _passed_to(asked: Asked) -> str | None:
    return _PASSED_TO.get(asked.call.service)


def _when_given(name: str) -> Source:
    """The value of a parameter where a permission is added; what it is where one is removed is not documented."""
    given = _parameter(name)
    return lambda asked: UNKNOWN if asked.call.operation == "RemovePermission" else given(asked)


def _function(asked: Asked) -> str:
    return asked.call.function.unqualified.arn


def _used_by(asked: Asked) -> str | None:
    """The function that is to run as the role; which ARN it is for an instance profile is not documented."""
    return _function(asked) if asked.call.service == "lambda" else UNKNOWN


def _vpc(asked: Asked) -> str | None:
    """Which VPC subnets and groups are in is known to nobody here."""
    named = (asked.call.params.get("VpcConfig") or {}).values()
    return UNKNOWN if any(named) else None


def _policy_type(asked: Asked) -> str | None:
    """The type that the call names, else that of the policy that it names."""
    params = asked.call.params
    named: str | None = next((params[name] for name in _POLICY_TYPES if name in params), None)
    if named is not None:
        return named
    policy = params.get("PolicyId") or params.get("ResourceId")
    row = asked.embedded.database.one("SELECT type FROM organization_policy WHERE id = ?", policy) if policy else None
    return row["type"] if row else None


SOURCES: Mapping[str, Source] = {
    "aws:tagkeys": _tag_keys,
    "ecr:accountsetting": _parameter("name"),
    "iam:associatedresourcearn": _used_by,
    "iam:awsservicename": _parameter("AWSServiceName"),
    "iam:passedtoservice": _passed_to,
    "iam:policyarn": _parameter("PolicyArn"),
    "lambda:codesigningconfigarn": _parameter("CodeSigningConfigArn"),
    "lambda:functionarn": _function,
    "lambda:functionurlauthtype": _when_given("FunctionUrlAuthType"),
    "lambda:layer": _parameter("Layers"),
    "lambda:principal": _when_given("Principal"),
    "lambda:securitygroupids": _parameter("VpcConfig", "SecurityGroupIds"),
    "lambda:subnetids": _parameter("VpcConfig", "SubnetIds"),
    "lambda:vpcids": _vpc,
    "organizations:policytype": _policy_type,
    "sts:externalid": _parameter("ExternalId"),
    "sts:rolesessionname": _parameter("RoleSessionName"),
    "sts:sourceidentity": _parameter("SourceIdentity"),
    "sts:transitivetagkeys": _parameter("TransitiveTagKeys"),
}
"""Keys of the parameters."""

FAMILIES: Mapping[str, Family] = {"aws:requesttag": lambda asked: tags(asked.call)}
"""The tags of the request."""
