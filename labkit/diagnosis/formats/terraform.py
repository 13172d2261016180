"""Changes as resources of Terraform's and OpenTofu's AWS provider.

Policies are written with ``jsonencode``, which keeps everything of a policy but its layout. A resource that AWS has
already is not made again: a comment says how it is imported where Terraform does not manage it yet.

Source: the AWS provider's pages of each resource, with the sections "Import"; Terraform language, "Syntax".
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from labkit.diagnosis import facts as f
from labkit.diagnosis.formats import resource as r
from labkit.diagnosis.formats.notes import heading
from labkit.diagnosis.formats.quoting import HCL, assigned, commented, literal
from labkit.diagnosis.formats.resource import Asked, Resource, document
from labkit.diagnosis.writing import holder, managed_arn, organization_policy_id
from labkit.ground.text import visible

if TYPE_CHECKING:
    from labkit.diagnosis.result import Change

_POLICY = "aws_ecr_repository_policy"


class _Json(NamedTuple):
    """A document that stands in a property as JSON."""

    data: Any


class _Reference(NamedTuple):
    """A value that stands elsewhere in the code."""

    expression: str


def terraform(changes: tuple[Change, ...], region: str) -> str:
    """The resources of the changes, each below comments that say whose it is."""
    blocks: dict[str, str] = {}
    created: dict[Any, str] = {}
    for number, change in enumerate(changes):
        head = commented(heading(change, region))
        make = _RESOURCES.get(r.key(change))
        if make is None:
            blocks[str(number)] = head + commented(r.told(change, region))
            continue
        found = make(change)
        address = r.distinct(f"{found.type}.{_label(found.name)}", blocks)
        if found.type == "aws_ecr_repository":
            created[found.properties["name"]] = f"{address}.name"
        blocks[address] = head + _block(_referring(found, created), address)
    return "\n".join(blocks.values()).rstrip("\n")


def _referring(found: Resource, created: Mapping[Any, str]) -> Resource:
    """A policy of a repository that is created here names it, so that it is made after it."""
    repository = found.properties.get("repository")
    if found.type != _POLICY or repository not in created:
        return found
    return found._replace(properties={**found.properties, "repository": _Reference(created[repository])})


def _block(found: Resource, address: str) -> str:
    label = address.partition(".")[2]
    advice = found.advice
    if found.exists:
        known = shlex.quote(visible(found.id)) if found.id else "ID"
        advice.append("Where Terraform manages it already, change it there; where it does not manage it yet:")
        advice.append(f"terraform import {address} {known}")
    pairs, variables = [], ""
    for name, value in found.properties.items():
        if isinstance(value, Asked):
            variables += _variable(f"{label}_{name}", value.meaning)
            value = _Reference(f"var.{label}_{name}")
        pairs.append((name, _expression(value)))
    lines = "".join(f"  {each}\n" for each in assigned(pairs))
    return f'{commented(advice)}{variables}resource "{found.type}" "{label}" {{\n{lines}}}\n'


def _variable(name: str, meaning: str) -> str:
    return f'variable "{name}" {{\n  type        = string\n  description = {literal(meaning, HCL)}\n}}\n\n'


def _expression(value: Any) -> str:
    if isinstance(value, _Reference):
        return value.expression
    return f"jsonencode({literal(value.data, HCL, '  ')})" if isinstance(value, _Json) else literal(value, HCL)


def _label(name: str) -> str:
    label = "_".join(r.words_of(name)) or "this"
    return f"_{label}" if label[0].isdigit() else label


def _repository(change: Change) -> Resource:
    properties = {"repository": change.name, "policy": _Json(document(change))}
    return Resource(_POLICY, change.name, properties, change.before is not None, change.name)


def _registry(change: Change) -> Resource:
    properties = {"policy": _Json(document(change))}
    return Resource("aws_ecr_registry_policy", "registry", properties, change.before is not None, change.account)


def _identity(change: Change) -> Resource:
    if not change.inline:
        return _managed(change)
    word, name = holder(change)
    properties = {"name": change.name, word: name, "policy": _Json(document(change))}
    exists = change.before is not None
    return Resource(f"aws_iam_{word}_policy", change.name, properties, exists, f"{name}:{change.name}")


def _managed(change: Change) -> Resource:
    path, name = r.path_and_name(change)
    properties = {"name": name, **_path(path), "policy": _Json(document(change))}
    return Resource("aws_iam_policy", name, properties, change.before is not None, managed_arn(change))


def _path(path: str) -> dict[str, str]:
    return {} if path == "/" else {"path": path}


def _organization(change: Change) -> Resource:
    name = r.name_of_organization_policy(change)
    properties = {
        "name": name._replace(name="name") if isinstance(name, Asked) else name,
        "type": r.ORGANIZATION_TYPES[change.kind],
        "content": _Json(document(change)),
    }
    known = organization_policy_id(change.name) or ""
    return Resource("aws_organizations_policy", change.name, properties, True, known, "content")


def _endpoint(change: Change) -> Resource:
    properties = {"vpc_endpoint_id": change.name, "policy": _Json(document(change))}
    return Resource("aws_vpc_endpoint_policy", change.name, properties, change.before is not None, change.name)


def _trust(change: Change) -> Resource:
    path, name = r.path_and_name(change)
    properties = {"name": name, **_path(path), "assume_role_policy": _Json(document(change))}
    return Resource("aws_iam_role", name, properties, True, name, "assume_role_policy")


def _new_repository(change: Change) -> Resource:
    name = r.parameters(change)["repositoryName"]
    return Resource("aws_ecr_repository", name, {"name": name})


def _new_role(change: Change) -> Resource:
    parameters = r.parameters(change)
    name, trust = parameters["RoleName"], json.loads(parameters["AssumeRolePolicyDocument"])
    path = _path(parameters.get("Path", "/"))
    return Resource("aws_iam_role", name, {"name": name, **path, "assume_role_policy": _Json(trust)})


def _setting(change: Change) -> Resource:
    parameters = r.parameters(change)
    return Resource("aws_ecr_account_setting", parameters["name"].lower(), dict(parameters))


_RESOURCES: dict[str, Callable[[Change], Resource]] = {
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
    "ecr put-account-setting": _setting,
}
"""From a kind of change to the resource that it is."""
