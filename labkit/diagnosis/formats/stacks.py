"""Changes as CloudFormation's resources, which a template holds and the CDK's lowest constructs (Cfn…) are made from.

What belongs to one account goes into one stack. A repository and its policy are one resource there, so that they are
put together.

Source: CloudFormation template reference, the page of each resource type.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from labkit.diagnosis import facts as f
from labkit.diagnosis.formats import resource as r
from labkit.diagnosis.formats.notes import heading
from labkit.diagnosis.formats.resource import Asked, Resource, document
from labkit.diagnosis.writing import holder

if TYPE_CHECKING:
    from labkit.diagnosis.result import Change

_OWNER = "AWS has it already: change it in the stack that owns it; another stack has to import it first."


class Stack(NamedTuple):
    """What belongs to one account: resources by their logical ids, and what is no resource, as lines that tell it."""

    account: str
    resources: dict[str, Resource]
    told: list[str]


def stacks(changes: tuple[Change, ...], region: str) -> list[Stack]:
    """The stacks of the accounts, in the order of their first changes."""
    found: dict[str, Stack] = {}
    for change in changes:
        stack = found.setdefault(change.account, Stack(change.account, {}, []))
        make = _RESOURCES.get(r.key(change))
        if make is None:
            stack.told.extend((*heading(change, region), *r.told(change, region)))
            continue
        _put(stack.resources, make(change, region)._replace(notes=tuple(heading(change, region))))
    return list(found.values())


def _put(resources: dict[str, Resource], made: Resource) -> None:
    for identifier, known in resources.items():
        if _is_same(known, made):
            both = {**known.properties, **made.properties}
            notes = (*known.notes, *made.notes)
            resources[identifier] = known._replace(properties=both, exists=known.exists and made.exists, notes=notes)
            return
    resources[r.distinct(_logical_id(made), resources)] = made


def _is_same(one: Resource, other: Resource) -> bool:
    """Whether two resources are one: of one type, and alike in whatever both say."""
    both = one.properties.keys() & other.properties.keys()
    return one.type == other.type and bool(both) and all(one.properties[k] == other.properties[k] for k in both)


def _logical_id(made: Resource) -> str:
    words = (word[:1].upper() + word[1:] for word in r.words_of(made.name))
    name, kind = "".join(words), made.type.rpartition("::")[2]
    return f"{name}{'' if name.endswith(kind) else kind}"


def advice(found: Resource) -> list[str]:
    """What is to be heeded with a resource that is there."""
    return [*found.advice, *([_OWNER] if found.exists else [])]


def asked(resources: dict[str, Resource]) -> Iterator[tuple[str, Asked]]:
    """The values that are not known, each with the name of its parameter."""
    for identifier, found in resources.items():
        for value in found.properties.values():
            if isinstance(value, Asked):
                yield parameter(identifier, value), value


def parameter(identifier: str, value: Asked) -> str:
    """The name of the parameter that gives a value of a resource."""
    return f"{identifier}{value.name}"


def snake(name: str) -> str:
    """A property's name as Python's CDK has it: ``RepositoryPolicyText`` is ``repository_policy_text``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def _repository(change: Change, region: str) -> Resource:
    properties = {"RepositoryName": change.name, "RepositoryPolicyText": document(change)}
    return Resource("AWS::ECR::Repository", change.name, properties, True, changed="RepositoryPolicyText")


def _registry(change: Change, region: str) -> Resource:
    properties = {"PolicyText": document(change)}
    return Resource("AWS::ECR::RegistryPolicy", "", properties, change.before is not None)


def _identity(change: Change, region: str) -> Resource:
    if not change.inline:
        return _managed(change, region)
    word, name = holder(change)
    kind = word.capitalize()
    properties = {f"{kind}Name": name, "PolicyName": change.name, "PolicyDocument": document(change)}
    return Resource(f"AWS::IAM::{kind}Policy", change.name, properties, change.before is not None)


def _managed(change: Change, region: str) -> Resource:
    path, name = r.path_and_name(change)
    properties = {"ManagedPolicyName": name, **_path(path), "PolicyDocument": document(change)}
    exists = change.before is not None
    return Resource("AWS::IAM::ManagedPolicy", name, properties, exists, changed="PolicyDocument")


def _path(path: str) -> dict[str, str]:
    return {} if path == "/" else {"Path": path}


def _organization(change: Change, region: str) -> Resource:
    properties = {
        "Name": r.name_of_organization_policy(change),
        "Type": r.ORGANIZATION_TYPES[change.kind],
        "Content": document(change),
    }
    return Resource("AWS::Organizations::Policy", change.name, properties, True, changed="Content")


def _endpoint(change: Change, region: str) -> Resource:
    name = f"com.amazonaws.{region}.lambda"
    properties = {
        "VpcId": Asked("VpcId", "AWS::EC2::VPC::Id", f"the VPC of the endpoint {change.name}"),
        "ServiceName": name if region else Asked("Service", "String", "com.amazonaws.REGION.lambda"),
        "VpcEndpointType": "Interface",
        "PolicyDocument": document(change),
    }
    return Resource("AWS::EC2::VPCEndpoint", "lambda", properties, True, changed="PolicyDocument")


def _trust(change: Change, region: str) -> Resource:
    path, name = r.path_and_name(change)
    properties = {"RoleName": name, **_path(path), "AssumeRolePolicyDocument": document(change)}
    return Resource("AWS::IAM::Role", name, properties, True, changed="AssumeRolePolicyDocument")


def _new_repository(change: Change, region: str) -> Resource:
    name = r.parameters(change)["repositoryName"]
    return Resource("AWS::ECR::Repository", name, {"RepositoryName": name})


def _new_role(change: Change, region: str) -> Resource:
    parameters = r.parameters(change)
    properties: dict[str, Any] = {"RoleName": parameters["RoleName"], **_path(parameters.get("Path", "/"))}
    trust = json.loads(parameters["AssumeRolePolicyDocument"])
    return Resource("AWS::IAM::Role", parameters["RoleName"], {**properties, "AssumeRolePolicyDocument": trust})


_RESOURCES: dict[str, Callable[[Change, str], Resource]] = {
    f.REPOSITORY_POLICY: _repository,
    f.REGISTRY_POLICY: _registry,
    f.IDENTITY_POLICY: _identity,
    f.BOUNDARY: _managed,
    f.SCP: _organization,
    f.RCP: _organization,
    f.VPC_ENDPOINT_POLICY: _endpoint,
    f.TRUST_POLICY: _trust,
    r.CREATE_REPOSITORY: _new_repository,
    r.CREATE_ROLE: _new_role,
}
"""From a kind of change to the resource that it is."""
