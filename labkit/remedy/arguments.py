"""The arguments of a command of the aws CLI, as far as a diagnosis needs them.

Only what is given is read: nothing is looked up in the CLI's configuration, and a value that cannot be read (a file
that is not there, JSON that is none) is left to the CLI, which says what is wrong with it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

OPERATIONS = {
    "create-function": "create",
    "update-function-code": "update",
    "update-function-configuration": "update",
}
"""The commands of ``aws lambda`` that make Lambda fetch an image, and what they mean for it."""

_FLAGS = frozenset(
    {"--debug", "--no-verify-ssl", "--no-paginate", "--no-sign-request", "--version", "--v2-debug"}
    | {"--no-cli-pager", "--cli-auto-prompt", "--no-cli-auto-prompt"}
)
"""Global options without a value."""
_LARGEST_FILE = 1_000_000
_PAIR = re.compile(r"\s*(?P<key>\w+)\s*=\s*(?:'(?P<single>[^']*)'|\"(?P<double>[^\"]*)\"|(?P<bare>[^,]*))\s*(?:,|$)")


@dataclass(frozen=True, slots=True)
class AwsArguments:
    """What a command asks for; what it does not say is None.

    ``service`` and ``command`` are its first two words, ``operation`` is ``create`` or ``update`` where it makes Lambda
    fetch an image. ``profile`` and ``region`` are those of the options, else of the environment.
    """

    service: str = ""
    command: str = ""
    operation: str | None = None
    image: str | None = None
    function: str | None = None
    role: str | None = None
    profile: str | None = None
    region: str | None = None
    endpoint_url: str | None = None

    @classmethod
    def parse(cls, words: Sequence[str], environment: Mapping[str, str]) -> AwsArguments:
        """Reads the words after the program's name."""
        names, options = _sorted(words)
        service, command = [*names, "", ""][:2]
        operation = OPERATIONS.get(command) if service == "lambda" else None
        given = _given(options) if operation else {}
        code = given.get("Code")
        return cls(
            *(service, command, operation),
            image=_text(given.get("ImageUri")) or _text(code.get("ImageUri") if isinstance(code, Mapping) else None),
            function=_text(given.get("FunctionName")),
            role=_text(given.get("Role")),
            profile=_either(options, environment, "--profile", "AWS_PROFILE", "AWS_DEFAULT_PROFILE"),
            region=_either(options, environment, "--region", "AWS_REGION", "AWS_DEFAULT_REGION"),
            endpoint_url=_either(options, environment, "--endpoint-url", "AWS_ENDPOINT_URL_LAMBDA", "AWS_ENDPOINT_URL"),
        )


def _sorted(words: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """The words that are no options, and the options with their (first) values."""
    names: list[str] = []
    options: dict[str, str] = {}
    waiting = ""
    for word in words:
        if word.startswith("--"):
            name, equals, value = word.partition("=")
            options[name] = value
            waiting = "" if equals or name in _FLAGS else name
        elif waiting:
            options[waiting], waiting = word, ""
        else:
            names.append(word)
    return names, options


def _given(options: Mapping[str, str]) -> dict[str, Any]:
    """The parameters of the call under the API's names; an option counts more than the input as JSON."""
    data = _json(_loaded(options.get("--cli-input-json", "")))
    named = {"FunctionName": "--function-name", "Role": "--role", "ImageUri": "--image-uri"}
    given = {name: _loaded(options[option]).strip() for name, option in named.items() if option in options}
    code = {"Code": _structure(_loaded(options["--code"]))} if "--code" in options else {}
    return {**(data if isinstance(data, Mapping) else {}), **given, **code}


def _loaded(value: str) -> str:
    """A value, or what stands in the file that it names: ``file://code.json``. Empty where that cannot be read."""
    scheme, found, path = value.partition("://")
    if not found or scheme not in ("file", "fileb"):
        return value
    try:
        file = Path(path).expanduser()
        return file.read_text("utf-8-sig") if file.is_file() and file.stat().st_size <= _LARGEST_FILE else ""
    except (OSError, ValueError):
        return ""


def _structure(value: str) -> Any:
    """A structure as JSON or in the CLI's shorthand: ``ImageUri=…`` or ``S3Bucket=b,S3Key=k``."""
    return _json(value) if value.lstrip().startswith("{") else dict(_pairs(value))


def _pairs(value: str) -> Iterator[tuple[str, str]]:
    for found in _PAIR.finditer(value):
        yield (
            found["key"],
            next(found[each] for each in ("single", "double", "bare") if found[each] is not None).strip(),
        )


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _either(options: Mapping[str, str], environment: Mapping[str, str], option: str, *names: str) -> str | None:
    return options.get(option) or next((environment[name] for name in names if environment.get(name)), None)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
