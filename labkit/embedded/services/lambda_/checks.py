"""What Lambda checks of a request beyond its model, before it looks at any role or image: quotas and combinations.

Members that are missing, too long or of a wrong form never get here: the model says so. The quotas here are narrower
than the model's bounds, which also serve functions that the lab does not run (Lambda Developer Guide, "Lambda quotas").
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from labkit.embedded.protocol.constraints import summary
from labkit.embedded.services.lambda_.errors import error, validation
from labkit.pull.function import LONGEST

_QUOTAS = {
    ("Timeout",): 900,
    ("MemorySize",): 10_240,
    ("EphemeralStorage", "Size"): 10_240,
}
"""The most of each: seconds, MiB, MiB."""

UNSUPPORTED = (
    "CapacityProviderConfig",
    "AcceleratorConfig",
    "CodeSigningConfigArn",
    "DeadLetterConfig",
    "DurableConfig",
    "FileSystemConfigs",
    "KMSKeyArn",
    "PublishTo",
    "RuntimeConfig",
    "TenancyConfig",
    "VpcConfig",
)
"""Members that would change how a function runs and that the lab does not do: refused rather than ignored."""

_RESERVED = re.compile(
    "_HANDLER|_X_AMZN_TRACE_ID|LAMBDA_TASK_ROOT|LAMBDA_RUNTIME_DIR|TZ"
    "|AWS_(?:REGION|DEFAULT_REGION|EXECUTION_ENV|ACCESS_KEY|ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN)"
    "|AWS_LAMBDA_(?:FUNCTION_NAME|FUNCTION_VERSION|FUNCTION_MEMORY_SIZE|LOG_GROUP_NAME|LOG_STREAM_NAME|RUNTIME_API"
    "|INITIALIZATION_TYPE)"
)
_MOST_VARIABLES = 4096


_MOST_TAGS = 50


def check_name(name: str) -> None:
    """Check the name of a new function. Raises InvalidParameterValueException, in these words (recorded on AWS)."""
    if len(name) > LONGEST:
        constraint = f"Member must have length less than or equal to {LONGEST}"
        text = summary([f"Value '{name}' at 'functionName' failed to satisfy constraint: {constraint}"])
        raise error("name too long", text)


def check_tags(tags: Mapping[str, str], before: Mapping[str, str] | None = None) -> None:
    """Check how many tags a function gets, with those that it has. Raises InvalidParameterValueException."""
    if len({**(before or {}), **tags}) > _MOST_TAGS:
        raise error("too many tags")


def check_shape(params: Mapping[str, Any]) -> None:
    """Check what a request to create or change a function asks for; all exceeded quotas are told at once.

    Raises ValidationException, and InvalidParameterValueException for environment variables and unsupported members.
    """
    failures = [failure for path, most in _QUOTAS.items() for failure in _exceeded(params, path, most)]
    if failures:
        raise validation(failures)
    for name in UNSUPPORTED:
        if _says_something(params.get(name)):
            raise error("unsupported", name)
    if (params.get("SnapStart") or {}).get("ApplyOn", "None") != "None":
        raise error("unsupported", "SnapStart")
    _check_variables((params.get("Environment") or {}).get("Variables") or {})


def check_package(params: Mapping[str, Any]) -> None:
    """Check that CreateFunction's PackageType, Code, Runtime, Handler and Layers go together."""
    code, zipped = params.get("Code") or {}, params.get("PackageType", "Zip") == "Zip"
    if zipped and not (params.get("Runtime") and params.get("Handler")):
        raise error("zip without runtime")
    if zipped:
        raise error("no source" if "ImageUri" in code or not code else "zip")
    if any(params.get(name) for name in ("Runtime", "Handler", "Layers")):
        raise error("image with runtime")
    if "ImageUri" not in code:
        raise error("no source")


def _exceeded(params: Mapping[str, Any], path: tuple[str, ...], most: int) -> Iterator[str]:
    value: Any = params
    for name in path:
        value = (value or {}).get(name)
    if value is not None and value > most:
        where = ".".join(name[0].lower() + name[1:] for name in path)
        constraint = f"Member must have value less than or equal to {most}"
        yield f"Value '{value}' at '{where}' failed to satisfy constraint: {constraint}"


def _says_something(value: Any) -> bool:
    """Is this more than the empty structure that some tools send for what is not used?"""
    if isinstance(value, Mapping):
        return any(_says_something(item) for item in value.values())
    return bool(value)


def _check_variables(variables: Mapping[str, str]) -> None:
    reserved = sorted(name for name in variables if _RESERVED.fullmatch(name))
    if reserved:
        raise error("reserved variables", ", ".join(reserved))
    measured = json.dumps(variables, separators=(",", ":"))
    if len(measured.encode()) > _MOST_VARIABLES:
        refusal = error("variables too long", measured)
        refusal.noted = error("variables too long", "HIDDEN_DUE_TO_SECURITY_REASONS").message
        raise refusal
