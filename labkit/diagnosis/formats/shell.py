"""A change as a command of the aws CLI, quoted for a POSIX shell.

A document stands in single quotes, in which a shell expands nothing, so that the CLI gets its very text, and the
command can be pasted also where it is indented. What would not be seen of it stands there as JSON's escapes.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from labkit.diagnosis import facts as f
from labkit.diagnosis.formats.notes import REGIONAL, SESSION, heading
from labkit.diagnosis.formats.quoting import commented, json_text
from labkit.diagnosis.writing import organization_policy_id, write_call
from labkit.ground.text import visible

if TYPE_CHECKING:  # a diagnosis puts itself into words with this, and stands above it
    from labkit.diagnosis.result import Change

_LONG = 120
_FILTERS = {f.SCP: "SERVICE_CONTROL_POLICY", f.RCP: "RESOURCE_CONTROL_POLICY"}


def script(changes: tuple[Change, ...], region: str) -> str:
    """The commands of several changes in their order, each below comments that say whose it is."""
    return "\n\n".join(f"{commented(heading(each, region))}{command(each, region)}" for each in changes)


def command(change: Change, region: str = "") -> str:
    """The command that makes the change; comments where no command does."""
    call = write_call(change)
    if call is None:
        return commented([SESSION, *json_text(change.after).splitlines()]).rstrip("\n")
    service, operation, parameters = call
    if service == "docker":
        return _docker(operation, parameters)
    where = region if service in REGIONAL else ""
    words = [f"--region {_quoted(where)}"] if where else []
    words += [f"--{name} {value}".rstrip() for name, value in _options(change, operation, parameters, where)]
    return _laid_out(f"aws {service} {operation}", [*words, *(["/dev/stdout"] if operation == "invoke" else [])])


def _laid_out(start: str, words: list[str]) -> str:
    """On one line, or with an option on each where that would be long."""
    line = " ".join((start, *words))
    return line if len(line) <= _LONG and "\n" not in line else " \\\n  ".join((start, *words))


def _options(change: Change, operation: str, parameters: Mapping[str, Any], region: str) -> Iterator[tuple[str, str]]:
    """Names and values of the options, quoted; the value of a flag is empty."""
    for name, value in parameters.items():
        if name == "PolicyId" and organization_policy_id(change.name) is None:
            yield kebab(name), f'"$({_policy_id(change)})"'
        else:
            yield kebab(name), "" if value is True else _quoted(value if isinstance(value, str) else json.dumps(value))
    if operation == "put-image":
        yield "image-manifest", f'"$({_manifest(parameters, region)})"'


def _policy_id(change: Change) -> str:
    """The command that finds the id of an organization's policy that is known by its name."""
    name = visible(change.name).replace("\\", "\\\\").replace("'", "\\'")
    query = shlex.quote(f"Policies[?Name=='{name}'].Id")
    return f"aws organizations list-policies --filter {_FILTERS[change.kind]} --query {query} --output text"


def _manifest(parameters: Mapping[str, Any], region: str) -> str:
    where = f"--region {_quoted(region)} " if region else ""
    where += f"--registry-id {parameters['registryId']} --repository-name {_quoted(parameters['repositoryName'])}"
    which = f"--image-ids imageDigest={_quoted(parameters['imageDigest'])}"
    return f"aws ecr batch-get-image {where} {which} --query 'images[0].imageManifest' --output text"


def kebab(name: str) -> str:
    """A parameter's name as the CLI's option: ``repositoryName`` is ``repository-name``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower()


def _quoted(value: str) -> str:
    """A word for the shell; no character of it is one that a terminal would obey."""
    return shlex.quote(json_text(value) if value.lstrip().startswith("{") else visible(value))


def _docker(operation: str, parameters: Mapping[str, Any]) -> str:
    if operation == "push":
        return f"docker push {_quoted(parameters['image'])}"
    options = (f"--{name} {_quoted(value)}" for name, value in parameters.items())
    return f"docker {operation} {' '.join(options)} ."
