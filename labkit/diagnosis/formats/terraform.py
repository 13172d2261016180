"""Changes as Terraform (HCL) for the AWS provider, a block a document, by the account that it belongs to."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from labkit.diagnosis import facts as f
from labkit.diagnosis.formats.literals import HCL, comment
from labkit.diagnosis.formats.resources import NOTES, document
from labkit.diagnosis.formats.shell import command
from labkit.diagnosis.writing import holder, managed_arn
from labkit.iam import arn as arns

if TYPE_CHECKING:  # a diagnosis puts itself into words with this, and stands above it
    from labkit.diagnosis.result import Change

_POLICY_TYPES = {f.SCP: "SERVICE_CONTROL_POLICY", f.RCP: "RESOURCE_CONTROL_POLICY"}
_TWO = {
    f.REPOSITORY_POLICY: "A repository has one policy: put this into the aws_ecr_repository_policy that there may be.",
    f.REGISTRY_POLICY: "A registry has one policy a region: a second aws_ecr_registry_policy overwrites the first one.",
}
"""What is said of a document of which there can be only one, in Terraform's words."""


def terraform(changes: Sequence[Change], region: str = "") -> str:
    """The blocks of the changes, in their order; a call that no block says is a comment."""
    return "\n\n".join(_block(each, region) for each in changes) + "\n"


def _block(change: Change, region: str) -> str:
    where = f"In account {change.account}" if change.account else "In the account that owns it"
    where += f", region {region}." if region and change.kind in (f.REPOSITORY_POLICY, f.REGISTRY_POLICY) else "."
    operation = change.call[1] if change.call is not None else change.kind
    make = _BLOCKS.get(operation)
    if make is None:
        return comment(f"{where} {NOTES[change.kind]}\n{command(change, region)}", "#")
    type_, arguments = make(change)
    body = "\n".join(f"  {name} = {_value(value)}" for name, value in arguments.items())
    said = comment(f"{where} {_TWO.get(change.kind, NOTES[change.kind] if change.call is None else '')}".strip(), "#")
    return f'{said}\nresource "{type_}" "{_label(change)}" {{\n{body}\n}}'


class _Encoded:
    """A document that Terraform is to encode as JSON."""

    def __init__(self, data: Any) -> None:
        self.data = data


def _value(value: Any) -> str:
    if isinstance(value, _Encoded):
        return f"jsonencode({HCL.written(value.data, '  ')})"
    return HCL.written(value, "  ")


def _label(change: Change) -> str:
    name = change.name.rpartition("/")[2] if change.name.startswith("arn:") else change.name
    label = re.sub(r"[^A-Za-z0-9_]+", "_", name).strip("_").lower() or "lambda_pull"
    return label if not label[0].isdigit() else f"_{label}"


def _repository(change: Change) -> tuple[str, dict[str, Any]]:
    return "aws_ecr_repository_policy", {"repository": change.name, "policy": _Encoded(document(change))}


def _registry(change: Change) -> tuple[str, dict[str, Any]]:
    return "aws_ecr_registry_policy", {"policy": _Encoded(document(change))}


def _identity(change: Change) -> tuple[str, dict[str, Any]]:
    if not change.inline:
        return _managed(change)
    kind, name = holder(change)
    return f"aws_iam_{kind}_policy", {"name": change.name, kind: name, "policy": _Encoded(document(change))}


def _managed(change: Change) -> tuple[str, dict[str, Any]]:
    return "aws_iam_policy", {"name": arns.parse(managed_arn(change)).name, "policy": _Encoded(document(change))}


def _organization(change: Change) -> tuple[str, dict[str, Any]]:
    kind = _POLICY_TYPES[change.kind]
    return "aws_organizations_policy", {"name": change.name, "type": kind, "content": _Encoded(document(change))}


def _trust(change: Change) -> tuple[str, dict[str, Any]]:
    return "aws_iam_role", {"name": holder(change)[1], "assume_role_policy": _Encoded(document(change))}


def _endpoint(change: Change) -> tuple[str, dict[str, Any]]:
    return "aws_vpc_endpoint_policy", {"vpc_endpoint_id": change.name, "policy": _Encoded(document(change))}


def _new_role(change: Change) -> tuple[str, dict[str, Any]]:
    parameters = change.call[2] if change.call is not None else {}
    path = {"path": parameters["Path"]} if "Path" in parameters else {}
    trust = _Encoded(json.loads(parameters["AssumeRolePolicyDocument"]))
    return "aws_iam_role", {"name": parameters["RoleName"], **path, "assume_role_policy": trust}


def _new_repository(change: Change) -> tuple[str, dict[str, Any]]:
    return "aws_ecr_repository", {"name": change.call[2]["repositoryName"] if change.call is not None else ""}


def _setting(change: Change) -> tuple[str, dict[str, Any]]:
    parameters = change.call[2] if change.call is not None else {}
    return "aws_ecr_account_setting", {"name": parameters["name"], "value": parameters["value"]}


_BLOCKS: dict[str, Callable[[Change], tuple[str, dict[str, Any]]]] = {
    f.REPOSITORY_POLICY: _repository,
    f.REGISTRY_POLICY: _registry,
    f.IDENTITY_POLICY: _identity,
    f.BOUNDARY: _managed,
    f.SCP: _organization,
    f.RCP: _organization,
    f.TRUST_POLICY: _trust,
    f.VPC_ENDPOINT_POLICY: _endpoint,
    "create-role": _new_role,
    "create-repository": _new_repository,
    "put-account-setting": _setting,
}
"""From a kind, or the operation of a call, to its block."""
