"""A change as a command of the aws CLI, quoted for a POSIX shell.

A document of several lines stands in a here-document, which the CLI reads as a file; its end mark is a line that does
not stand in it, and nothing in it is expanded.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from itertools import chain, count
from typing import TYPE_CHECKING, Any

from labkit.diagnosis import facts as f
from labkit.diagnosis.writing import organization_policy_id, write_call

if TYPE_CHECKING:  # a diagnosis puts itself into words with this, and stands above it
    from labkit.diagnosis.result import Change

_REGIONAL = frozenset({"ecr", "lambda", "ec2"})
_LONG = 120
_FILTERS = {f.SCP: "SERVICE_CONTROL_POLICY", f.RCP: "RESOURCE_CONTROL_POLICY"}


class _Substituted(str):
    """The output of a command, which the shell puts in; names in it are quoted already."""

    __slots__ = ()


def command(change: Change, region: str = "") -> str:
    """The command that makes the change; a comment where no command does."""
    call = write_call(change)
    if call is None:
        return f"# Pass this policy when the role is assumed again:\n{change.after}"
    service, operation, parameters = call
    if service == "docker":
        return _docker(operation, parameters)
    options = [part for name, value in _options(change, operation, parameters).items() for part in (f"--{name}", value)]
    where = ["--region", region] if region and service in _REGIONAL else []
    text = next((value for value in parameters.values() if isinstance(value, str) and _is_long(value)), None)
    words = [_quoted(each, text) for each in ("aws", service, operation, *where, *options)]
    if operation == "invoke":
        words.append("/dev/stdout")
    line = _wrapped(words)
    return line if text is None else f"{line} <<'{_mark(text)}'\n{text}\n{_mark(text)}"


def _options(change: Change, operation: str, parameters: Mapping[str, Any]) -> dict[str, str]:
    found = {kebab(name): _value(value) for name, value in parameters.items()}
    if change.kind in _FILTERS and organization_policy_id(change.name) is None:
        query = f"Policies[?Name=='{change.name}'].Id"
        listing = f"aws organizations list-policies --filter {_FILTERS[change.kind]} --query {shlex.quote(query)}"
        found["policy-id"] = _Substituted(f"$({listing} --output text)")
    if operation == "put-image":
        found["image-manifest"] = _Substituted(f"$({_manifest(parameters)})")
    return found


def _manifest(parameters: Mapping[str, Any]) -> str:
    where = f"--registry-id {parameters['registryId']} --repository-name {shlex.quote(parameters['repositoryName'])}"
    which = f"--image-ids {shlex.quote('imageDigest=' + parameters['imageDigest'])}"
    return f"aws ecr batch-get-image {where} {which} --query 'images[0].imageManifest' --output text"


def kebab(name: str) -> str:
    """A parameter's name as the CLI's option: ``repositoryName`` is ``repository-name``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower()


def _value(value: Any) -> str:
    if value is True:
        return ""  # a flag
    return value if isinstance(value, str) else json.dumps(value)


def _is_long(value: str) -> bool:
    return "\n" in value or len(value) > _LONG


def _quoted(word: str, text: str | None) -> str:
    if word == text:
        return "file:///dev/stdin"
    if isinstance(word, _Substituted):
        return f'"{word}"'
    return shlex.quote(word) if word else ""


def _wrapped(words: list[str]) -> str:
    """A long command on several lines, an option on each."""
    line = " ".join(word for word in words if word)
    return line if len(line) <= _LONG else line.replace(" --", " \\\n  --") if "$(" not in line else line


def _mark(text: str) -> str:
    """A line that does not stand in the text."""
    lines = set(text.splitlines())
    return next(mark for mark in chain(("POLICY",), map("POLICY{}".format, count(2))) if mark not in lines)


def _docker(operation: str, parameters: Mapping[str, Any]) -> str:
    if operation == "push":
        return f"docker push {shlex.quote(parameters['image'])}"
    options = (f"--{name} {shlex.quote(value)}" for name, value in parameters.items())
    return f"docker {operation} {' '.join(options)} ."
