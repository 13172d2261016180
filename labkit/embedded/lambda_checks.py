"""What Lambda checks of a request before it looks at any role or image: sizes, patterns, combinations.

Limits: Lambda Developer Guide, "Lambda quotas"; wording of ValidationException as AWS answers it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from labkit.embedded.lambda_errors import error, validation

ROLE_PATTERN = r"arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+"
_Rule = Callable[[Any], str | None]
"""Says which constraint a value breaks, or None."""


def _matches(pattern: str) -> _Rule:
    compiled = re.compile(pattern)
    text = f"Member must satisfy regular expression pattern: {pattern}"
    return lambda value: None if compiled.fullmatch(value) else text


def _between(least: int, most: int) -> _Rule:
    low = f"Member must have value greater than or equal to {least}"
    high = f"Member must have value less than or equal to {most}"
    return lambda value: low if value < least else high if value > most else None


def _at_most(longest: int) -> _Rule:
    text = f"Member must have length less than or equal to {longest}"
    return lambda value: text if len(value) > longest else None


def _one_of(*values: str) -> _Rule:
    text = f"Member must satisfy enum value set: [{', '.join(values)}]"
    return lambda value: None if value in values else text


def _each_of(*values: str) -> _Rule:
    text = f"Member must satisfy constraint: [Member must satisfy enum value set: [{', '.join(values)}]]"
    return lambda value: None if set(value) <= set(values) else text


_RULES: tuple[tuple[str, _Rule], ...] = (
    ("Role", _matches(ROLE_PATTERN)),
    ("PackageType", _one_of("Image", "Zip")),
    ("Description", _at_most(256)),
    ("Timeout", _between(1, 900)),
    ("MemorySize", _between(128, 10_240)),
    ("EphemeralStorage.Size", _between(512, 10_240)),
    ("Architectures", _at_most(1)),
    ("Architectures", _each_of("x86_64", "arm64")),
    ("TracingConfig.Mode", _one_of("Active", "PassThrough")),
    ("LoggingConfig.LogFormat", _one_of("JSON", "Text")),
    ("ImageConfig.WorkingDirectory", _at_most(1000)),
    ("ImageConfig.Command", _at_most(1500)),
    ("ImageConfig.EntryPoint", _at_most(1500)),
)

UNSUPPORTED = (
    "CapacityProviderConfig",
    "AcceleratorConfig",
    "CodeSigningConfigArn",
    "DeadLetterConfig",
    "DurableConfig",
    "FileSystemConfigs",
    "KMSKeyArn",
    "Publish",
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


def check_shape(params: Mapping[str, Any]) -> None:
    """Check every member against its constraint; all failures are told at once, as AWS does.

    Raises ValidationException, and InvalidParameterValueException for environment variables and unsupported members.
    """
    failures = [failure for path, rule in _RULES for failure in _failures(params, path, rule)]
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


def _failures(params: Mapping[str, Any], path: str, rule: _Rule) -> Iterable[str]:
    value: Any = params
    for name in path.split("."):
        value = (value or {}).get(name)
    constraint = None if value is None else rule(value)
    if constraint:
        where = ".".join(name[0].lower() + name[1:] for name in path.split("."))
        shown = f"[{', '.join(map(str, value))}]" if isinstance(value, list) else value
        yield f"Value '{shown}' at '{where}' failed to satisfy constraint: {constraint}"


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
        raise error("variables too long", measured)
