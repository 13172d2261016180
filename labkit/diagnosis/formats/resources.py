"""A change as a resource of CloudFormation: one table for CloudFormation itself and for both languages of the CDK.

Whatever manages a document already must take the change: a second resource for the same document overwrites the first
one or is refused. ``note`` says so for each kind.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from labkit.diagnosis import facts as f
from labkit.diagnosis.writing import holder, managed_arn
from labkit.iam import arn as arns

if TYPE_CHECKING:  # a diagnosis puts itself into words with this, and stands above it
    from labkit.diagnosis.result import Change


class Resource(NamedTuple):
    """A resource: its CloudFormation type, its properties by their names there, a logical id, where it belongs."""

    type: str
    properties: Mapping[str, Any]
    logical_id: str
    note: str


_POLICY_TYPES = {f.SCP: "SERVICE_CONTROL_POLICY", f.RCP: "RESOURCE_CONTROL_POLICY"}

NOTES = {
    f.REPOSITORY_POLICY: (
        "This belongs in the stack that owns the repository: put the policy into the repository's own resource there. "
        "On an imported repository addToResourcePolicy does nothing, and an update of the owning stack without the "
        "policy removes it."
    ),
    f.REGISTRY_POLICY: (
        "A registry has one policy a region: a second resource overwrites the first one. Merge this into the one that "
        "there is."
    ),
    f.IDENTITY_POLICY: "This belongs in the stack of whoever creates the functions.",
    f.BOUNDARY: "This is the permissions boundary that limits the caller: change it where it is managed.",
    f.SCP: "This belongs in the management account, where the policy is managed.",
    f.RCP: "This belongs in the management account, where the policy is managed.",
    f.TRUST_POLICY: "Put the trust policy into the role's own resource, where the role is managed.",
    f.VPC_ENDPOINT_POLICY: "Put the policy into the endpoint's own resource, where the endpoint is managed.",
    f.SESSION_POLICY: "Pass this policy when the role is assumed again: a session keeps the one that it has.",
    f.CALL: "No resource says this: make the call.",
}
"""Where a change of a kind belongs, as a comment says it."""


def resource(change: Change) -> Resource | None:
    """The resource of a change; None where CloudFormation has none that could be written without knowing more."""
    operation = change.call[1] if change.call is not None else change.kind
    make = _RESOURCES.get(operation)
    if make is None:
        return None
    type_, properties = make(change)
    return Resource(type_, properties, logical_id(change), NOTES[change.kind] if change.call is None else "")


def logical_id(change: Change) -> str:
    """A name of letters and digits for a change, such as ``AppRepositoryPolicy``."""
    kind = change.kind if change.call is None else change.call[1]
    name = change.name.rpartition("/")[2] if change.name.startswith("arn:") else change.name
    words = re.findall(r"[A-Za-z0-9]+", f"{name} {kind}")
    return "".join(word[:1].upper() + word[1:] for word in words) or "Change"


def document(change: Change) -> Any:
    """The document of a change, as data."""
    return json.loads(change.after)


def _repository(change: Change) -> tuple[str, dict[str, Any]]:
    return "AWS::ECR::Repository", {"RepositoryName": change.name, "RepositoryPolicyText": document(change)}


def _registry(change: Change) -> tuple[str, dict[str, Any]]:
    return "AWS::ECR::RegistryPolicy", {"PolicyText": document(change)}


def _identity(change: Change) -> tuple[str, dict[str, Any]]:
    if not change.inline:
        return _managed(change)
    kind, name = holder(change)
    title = kind.capitalize()
    properties = {f"{title}Name": name, "PolicyName": change.name, "PolicyDocument": document(change)}
    return f"AWS::IAM::{title}Policy", properties


def _managed(change: Change) -> tuple[str, dict[str, Any]]:
    name = arns.parse(managed_arn(change)).name
    return "AWS::IAM::ManagedPolicy", {"ManagedPolicyName": name, "PolicyDocument": document(change)}


def _organization(change: Change) -> tuple[str, dict[str, Any]]:
    kind = _POLICY_TYPES[change.kind]
    return "AWS::Organizations::Policy", {"Name": change.name, "Type": kind, "Content": document(change)}


def _trust(change: Change) -> tuple[str, dict[str, Any]]:
    return "AWS::IAM::Role", {"RoleName": holder(change)[1], "AssumeRolePolicyDocument": document(change)}


def _new_role(change: Change) -> tuple[str, dict[str, Any]]:
    parameters = change.call[2] if change.call is not None else {}
    trust = json.loads(parameters["AssumeRolePolicyDocument"])
    path = {"Path": parameters["Path"]} if "Path" in parameters else {}
    return "AWS::IAM::Role", {"RoleName": parameters["RoleName"], **path, "AssumeRolePolicyDocument": trust}


def _new_repository(change: Change) -> tuple[str, dict[str, Any]]:
    parameters = change.call[2] if change.call is not None else {}
    return "AWS::ECR::Repository", {"RepositoryName": parameters["repositoryName"]}


_RESOURCES: dict[str, Callable[[Change], tuple[str, dict[str, Any]]]] = {
    f.REPOSITORY_POLICY: _repository,
    f.REGISTRY_POLICY: _registry,
    f.IDENTITY_POLICY: _identity,
    f.BOUNDARY: _managed,
    f.SCP: _organization,
    f.RCP: _organization,
    f.TRUST_POLICY: _trust,
    "create-role": _new_role,
    "create-repository": _new_repository,
}
"""From a kind, or the operation of a call, to its resource."""
