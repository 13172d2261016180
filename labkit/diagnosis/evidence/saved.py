"""What people save by hand from the aws CLI, recognised by its shape and its file's name.

A raw answer says by its members which operation it answers, and often whose: ``RoleName``, ``repositoryName``. Where
two operations answer alike (the attached policies of a role, a user, a group) the file's name says which. What the CLI
prints when it fails names the operation. Docker's ``manifest inspect`` is taken too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from labkit.diagnosis.evidence.answers import Answer
from labkit.diagnosis.evidence.authorization_details import expanded
from labkit.image.format.manifest import OCI_INDEX, OCI_MANIFEST

CLI_ERROR = re.compile(
    r"An error occurred \((?P<code>[A-Za-z.]+)\) when calling the (?P<operation>[A-Za-z0-9]+) operation"
    r"(?: \([^)]*\))?: (?P<message>.*)",
    re.DOTALL,
)
"""What the aws CLI and boto3 print where AWS refuses a call."""


class Shape(NamedTuple):
    """An operation whose answer has these ``members``, and the parameters that the answer itself tells.

    ``params`` maps a parameter to the path of its value. ``word``: must stand in the file's name, where others answer
    alike. ``nested``: members that the first member must have.
    """

    service: str
    operation: str
    members: tuple[str, ...]
    params: Mapping[str, tuple[str, ...]] = {}
    word: str = ""
    nested: tuple[str, ...] = ()


_NAME, _ROLE, _USER = {"PolicyName": ("PolicyName",)}, {"RoleName": ("RoleName",)}, {"UserName": ("UserName",)}
_OF_REPOSITORY = {"repositoryName": ("repositoryName",), "registryId": ("registryId",)}
_SHAPES = (
    Shape("ecr", "get-repository-policy", ("policyText", "repositoryName"), _OF_REPOSITORY),
    Shape("ecr", "get-registry-policy", ("policyText",), {"registryId": ("registryId",)}),
    Shape("ecr", "get-lifecycle-policy", ("lifecyclePolicyText",), _OF_REPOSITORY),
    Shape("ecr", "describe-repositories", ("repositories",)),
    Shape("ecr", "describe-images", ("imageDetails",)),
    Shape("ecr", "batch-get-image", ("images",)),
    Shape("ecr", "get-account-setting", ("name", "value"), {"name": ("name",)}),
    Shape("ecr", "describe-pull-through-cache-rules", ("pullThroughCacheRules",)),
    Shape("ecr", "describe-registry", ("replicationConfiguration",)),
    Shape("ecr", "list-tags-for-resource", ("tags",)),
    Shape(*("lambda", "get-function", ("Configuration",)), {"FunctionName": ("Configuration", "FunctionName")}),
    Shape("lambda", "get-function-configuration", ("FunctionArn", "State"), {"FunctionName": ("FunctionName",)}),
    Shape("lambda", "list-functions", ("Functions",)),
    Shape("iam", "get-role", ("Role",), {"RoleName": ("Role", "RoleName")}),
    Shape("iam", "get-user", ("User",), {"UserName": ("User", "UserName")}),
    Shape("iam", "get-role-policy", ("RoleName", "PolicyName", "PolicyDocument"), {**_ROLE, **_NAME}),
    Shape("iam", "get-user-policy", ("UserName", "PolicyName", "PolicyDocument"), {**_USER, **_NAME}),
    Shape(
        *("iam", "get-group-policy", ("GroupName", "PolicyName", "PolicyDocument")),
        {"GroupName": ("GroupName",), **_NAME},
    ),
    Shape("iam", "list-attached-user-policies", ("AttachedPolicies",), word="user"),
    Shape("iam", "list-attached-group-policies", ("AttachedPolicies",), word="group"),
    Shape("iam", "list-attached-role-policies", ("AttachedPolicies",)),
    Shape("iam", "list-user-policies", ("PolicyNames",), word="user"),
    Shape("iam", "list-group-policies", ("PolicyNames",), word="group"),
    Shape("iam", "list-role-policies", ("PolicyNames",)),
    Shape("iam", "list-groups-for-user", ("Groups",)),
    Shape("iam", "get-policy", ("Policy",), {"PolicyArn": ("Policy", "Arn")}, nested=("DefaultVersionId",)),
    Shape("iam", "get-policy-version", ("PolicyVersion",), {"VersionId": ("PolicyVersion", "VersionId")}),
    Shape(
        *("organizations", "describe-policy", ("Policy",)),
        {"PolicyId": ("Policy", "PolicySummary", "Id")},
        nested=("PolicySummary", "Content"),
    ),
    Shape("organizations", "list-policies-for-target", ("Policies",)),
    Shape("organizations", "describe-organization", ("Organization",)),
    Shape("organizations", "list-parents", ("Parents",)),
    Shape("organizations", "list-roots", ("Roots",)),
    Shape("organizations", "list-accounts", ("Accounts",)),
    Shape("cloudtrail", "lookup-events", ("Events",)),
    Shape("sts", "get-caller-identity", ("UserId", "Account", "Arn")),
)
_SERVICES = {each.operation.replace("-", ""): (each.service, each.operation) for each in _SHAPES}
_FILTERS = {"service_control_policy": "SERVICE_CONTROL_POLICY", "resource_control_policy": "RESOURCE_CONTROL_POLICY"}


def recognised(value: Any, file: str) -> tuple[Answer, ...]:
    """The answers in a JSON value that a person saved as ``file``; empty where it is none that is known."""
    if isinstance(value, Mapping) and "RoleDetailList" in value:
        return tuple(expanded(value, file))
    manifests = tuple(_manifests(value, file))
    if manifests or not isinstance(value, Mapping):
        return manifests
    shape = next((each for each in _SHAPES if _has(value, each, file.lower())), None)
    return () if shape is None else (_answer(value, shape, file),)


def refused(text: str, file: str) -> Answer | None:
    """The refusal in what the aws CLI printed; None where it is none, or of an operation that has no say here."""
    found = CLI_ERROR.search(text)
    known = _SERVICES.get(found["operation"].lower()) if found else None
    if found is None or known is None:
        return None
    message = found["message"].strip()
    params = dict(_named_in(message)) if known[0] == "ecr" else {}
    return Answer(*known, params, error={"Code": found["code"], "Message": message}, file=file)


_ECR_NAMES = re.compile(r"with name '(?P<repositoryName>[^']+)'|registry with id '(?P<registryId>[^']+)'")


def _named_in(message: str) -> Iterator[tuple[str, str]]:
    for found in _ECR_NAMES.finditer(message):
        yield from ((name, value) for name, value in found.groupdict().items() if value)


def _has(value: Mapping[str, Any], shape: Shape, file: str) -> bool:
    if not all(member in value for member in shape.members) or shape.word not in file:
        return False
    first = value[shape.members[0]]
    return not shape.nested or (isinstance(first, Mapping) and all(member in first for member in shape.nested))


def _answer(value: Mapping[str, Any], shape: Shape, file: str) -> Answer:
    params = {name: found for name, path in shape.params.items() if isinstance(found := _at(value, path), str)}
    if shape.operation == "list-policies-for-target" and (kind := _filter(value, file.lower())):
        params["Filter"] = kind
    return Answer(shape.service, shape.operation, params, answer=value, file=file)


def _filter(value: Mapping[str, Any], file: str) -> str | None:
    """Whether policies of a target are SCPs or RCPs: by their ARNs, else by the file's name."""
    text = json.dumps(value.get("Policies"))
    by_arn = next((kind for part, kind in _FILTERS.items() if f"/{part}/" in text), None)
    return by_arn or next((kind for part, kind in _FILTERS.items() if f"{part[0]}cp" in file), None)


def _manifests(value: Any, file: str) -> Iterator[Answer]:
    """What ``docker manifest inspect`` prints, as BatchGetImage's answer; with ``--verbose`` an index is a list."""
    if isinstance(value, list):
        listed = [each["Descriptor"] for each in value if isinstance(each, Mapping) and "Descriptor" in each]
        if listed and len(listed) == len(value):
            yield _batch_get_image({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": listed}, {}, file)
    elif isinstance(value, Mapping):
        inner = next((value[name] for name in ("OCIManifest", "SchemaV2Manifest") if name in value), None)
        manifest, told = (value, {}) if inner is None else (inner, value.get("Descriptor", {}))
        if manifest.get("schemaVersion") == 2 and {"layers", "manifests"} & manifest.keys():
            yield _batch_get_image(manifest, told, file)


def _batch_get_image(manifest: Mapping[str, Any], told: Mapping[str, Any], file: str) -> Answer:
    """The digest is left out where it is not told: Docker prints a manifest in a layout of its own."""
    media_type = manifest.get("mediaType") or told.get("mediaType")
    media_type = media_type or (OCI_INDEX if "manifests" in manifest else OCI_MANIFEST)
    image = {
        "imageId": {"imageDigest": told["digest"]} if "digest" in told else {},
        "imageManifest": json.dumps(manifest),
        "imageManifestMediaType": media_type,
    }
    platform = told.get("platform") or {}
    return Answer("ecr", "batch-get-image", {}, answer={"images": [image], "platform": platform}, file=file)


def _at(value: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value
