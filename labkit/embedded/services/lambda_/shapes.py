"""A function as Lambda's API shows it.

Image functions have no Runtime, Handler or RuntimeVersionConfig, a CodeSize of 0 and the image's digest, without
``sha256:``, as CodeSha256; ListFunctions leaves states out (Lambda API Reference, FunctionConfiguration and
ListFunctions).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from labkit.embedded.services.lambda_.functions.record import Function
from labkit.embedded.services.lambda_.functions.states import Status
from labkit.pull.function import FunctionRef

_DEFAULTS: Mapping[str, Any] = {
    "Description": "",
    "Timeout": 3,
    "MemorySize": 128,
    "Architectures": ["x86_64"],
    "EphemeralStorage": {"Size": 512},
    "TracingConfig": {"Mode": "PassThrough"},
}
OPTIONS = (*_DEFAULTS, "Environment", "LoggingConfig", "ImageConfig")
"""What a function's author may choose and the lab keeps, in the names of Lambda's API."""


def options(params: Mapping[str, Any], before: Mapping[str, Any] = _DEFAULTS) -> dict[str, Any]:
    """The function's options after a request: those that it names, for the rest those before."""
    return {**before, **{name: params[name] for name in OPTIONS if params.get(name) is not None}}


def configuration(function: Function, named: FunctionRef | None = None, states: bool = True) -> dict[str, Any]:
    """The FunctionConfiguration of a version; without states, as lists show it.

    ``named`` is how its ARN is shown: as the caller has named it, by its number in lists (recorded on AWS).
    """
    chosen = {name: value for name, value in function.options.items() if name not in ("ImageConfig", "LoggingConfig")}
    shape = {
        "FunctionName": function.key.name,
        "FunctionArn": (named or function.key).arn,
        "Role": function.role,
        "CodeSize": 0,
        "CodeSha256": function.digest.removeprefix("sha256:"),
        "LastModified": timestamp(function.modified),
        "Version": function.version,
        "RevisionId": function.revision,
        "PackageType": "Image",
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "LoggingConfig": {
            "LogFormat": "Text",
            "LogGroup": f"/aws/lambda/{function.key.name}",
            **function.options.get("LoggingConfig", {}),
        },
        **chosen,
    }
    if function.options.get("ImageConfig"):
        shape["ImageConfigResponse"] = {"ImageConfig": function.options["ImageConfig"]}
    if states:
        shape |= _status("State", function.state) | _status("LastUpdateStatus", function.update)
    return shape


def description(
    function: Function, named: FunctionRef, tags: Mapping[str, str], reserved: int | None = None
) -> dict[str, Any]:
    """What GetFunction answers: configuration, where the code comes from, tags, reserved concurrency."""
    return {
        "Configuration": configuration(function, named),
        "Code": {
            "RepositoryType": "ECR",
            "ImageUri": function.image_uri,
            "ResolvedImageUri": function.resolved_uri,
        },
        **({"Tags": dict(tags)} if tags else {}),
        **({} if reserved is None else {"Concurrency": {"ReservedConcurrentExecutions": reserved}}),
    }


def timestamp(moment: datetime) -> str:
    """A time as Lambda writes it: ``2026-11-24T06:00:00.000+0000``."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}+0000"


def _status(name: str, status: Status | None) -> dict[str, str]:
    if status is None:
        return {}
    members = {name: status.value, f"{name}Reason": status.reason, f"{name}ReasonCode": status.code}
    return {member: value for member, value in members.items() if value is not None}
