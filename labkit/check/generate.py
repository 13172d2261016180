"""Makes ``actions.json``, the actions of the services that the check knows, from botocore's service models.

    python -m labkit.check.generate [FOLDER]     FOLDER is botocore's ``data``; default: that of the installed botocore

Only the model files are read, so that nothing has to be imported. An IAM action mostly has the name of an API
operation; the two tables below hold the exceptions that the Service Authorization Reference documents. A test compares
the file with the botocore that is installed.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from labkit.errors import UsageError

FILE = Path(__file__).with_name("actions.json")

MODELS = {
    "ecr": ("ecr",),
    "ecr-public": ("ecr-public",),
    "iam": ("iam",),
    "lambda": ("lambda", "lambda-core", "lambda-microvms", "lambda-web"),
    "organizations": ("organizations",),
    "sts": ("sts",),
}
"""The prefix of a service's actions, and the service models whose operations they are named after."""

PERMISSION_ONLY = {
    "ecr": ("BatchImportUpstreamImage", "GetImageCopyStatus", "ReplicateImage"),
    "iam": (
        "DeleteCloudFrontPublicKey",
        "GetAccountEmailAddress",
        "GetAccountName",
        "GetCloudFrontPublicKey",
        "ListCloudFrontPublicKeys",
        "ListSTSRegionalEndpointsStatus",
        "PassRole",
        "SetSTSRegionalEndpointStatus",
        "UpdateAccountEmailAddress",
        "UpdateAccountName",
        "UpdateCloudFrontPublicKey",
        "UploadCloudFrontPublicKey",
    ),
    "lambda": ("DisableReplication", "EnableReplication", "InvokeFunction", "InvokeFunctionUrl"),
    "organizations": ("CreateBuilderIdOwnedAccount",),
    "sts": ("GetServiceBearerToken", "SetContext", "SetSourceIdentity", "TagGetWebIdentityToken", "TagSession"),
}
"""Actions that no operation is named after."""

RENAMED = {
    "lambda:GetLayerVersionByArn": "lambda:GetLayerVersion",
    "lambda:Invoke": "lambda:InvokeFunction",
    "lambda:InvokeWithResponseStream": "lambda:InvokeFunction",
}
"""Operations that are no actions, and the action that permits each."""


def collect(data: Path) -> dict[str, list[str]]:
    """The actions of each service, sorted, from botocore's folder ``data``. Raises UsageError where it is not one."""
    found = {}
    for prefix, services in MODELS.items():
        operations = {name for service in services for name in _operations(data, service)}
        renamed = {name.partition(":")[2] for name in RENAMED if name.startswith(f"{prefix}:")}
        found[prefix] = sorted((operations - renamed) | set(PERMISSION_ONLY.get(prefix, ())))
    return found


def _operations(data: Path, service: str) -> Iterator[str]:
    models = sorted((data / service).glob("*/service-2.json*"))
    if not models:
        raise UsageError(f"{data} holds no model of {service}; name the folder data of a botocore.")
    for model in models:
        raw = gzip.decompress(model.read_bytes()) if model.suffix == ".gz" else model.read_bytes()
        yield from json.loads(raw)["operations"]


def installed() -> Path:
    """The folder ``data`` of the botocore that is installed. Raises UsageError when there is none."""
    spec = find_spec("botocore")
    if spec is None or not spec.submodule_search_locations:
        raise UsageError("botocore is not installed; name its folder data.")
    return Path(spec.submodule_search_locations[0]) / "data"


def text(actions: dict[str, list[str]]) -> str:
    """The content of the file: one line for each service."""
    lines = [f"  {json.dumps(prefix)}: {json.dumps(names)}" for prefix, names in actions.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    FILE.write_text(text(collect(Path(sys.argv[1]) if len(sys.argv) > 1 else installed())), "utf-8")
