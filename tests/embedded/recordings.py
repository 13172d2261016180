"""Answers that were recorded on AWS, held against those of the embedded AWS.

The recordings lie beside the repository, in ``../shared/data/recordings``; where they do not, tests are skipped and say
so. A file has recorded tests by name, each with answers by the name of the call that was made. The calls themselves are
not recorded: a test makes them again and hands each to `Recording.answer` under its name.

What is compared: status, code and text of an error; of an answer every member that AWS answered and no other, lists
item by item, values as they are. What differs from run to run is a placeholder in the recordings (``<role-name:1>``,
the account 111111111111) and stands for any text here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

FOLDER = Path(__file__).parents[3] / "shared" / "data" / "recordings"
needed = pytest.mark.skipif(not FOLDER.is_dir(), reason="the recordings of AWS's answers are not beside the repository")
_VARIES = re.compile(r"<[^<>]+>|111111111111")


@cache
def recorded(file: str) -> dict[str, dict[str, Any]]:
    """The recorded tests of a file: ``TestClass::test_name[variant]`` to answers by name; empty where there is none."""
    path = FOLDER / file
    content = json.loads(path.read_text()) if path.is_file() else {}
    return {name.split("::", 1)[1]: each["recorded-content"] for name, each in content.items()}


def function_of(name: str) -> str:
    """The name of a recorded test without its class and variant."""
    return name.rpartition("::")[2].partition("[")[0]


def variant_of(name: str) -> str:
    """The variant of a recorded test: what stands between the brackets; empty where there are none."""
    return name.partition("[")[2].removesuffix("]")


class Recording:
    """One recorded test that is played again.

    ``unlike`` has reasons by the names of answers that cannot be alike; ``without`` are paths of members that depend on
    what else happened in the recorded account, such as ``Role.RoleLastUsed``.
    """

    def __init__(
        self, answers: Mapping[str, Any], unlike: Mapping[str, str] | None = None, without: Sequence[str] = ()
    ) -> None:
        self._answers = answers
        self._without = tuple(without)
        self._unlike = unlike or {}
        self._played: set[str] = set()

    def answer(self, name: str, call: Callable[..., Any], **params: Any) -> Any:
        """Make the call whose answer was recorded under ``name``; returns the answer, or what the error answered."""
        try:
            found = call(**params)
        except ClientError as error:
            found = error.response
        self._played.add(name)
        unlike = [each for each in differences(self._answers[name], found) if not each.startswith(self._without)]
        assert bool(unlike) == (name in self._unlike), f"{name}: {unlike or 'is alike now'}"
        return found

    def whole(self) -> bool:
        """Whether every recorded answer was asked for."""
        return self._played == set(self._answers)


def differences(expected: Any, found: Any, where: str = "") -> Iterator[str]:
    """In what an answer differs from the recorded one, as sentences; nothing where they are alike."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for name in sorted(expected.keys() | found.keys()):
            if name != "ResponseMetadata":
                yield from _member(expected, found, name, where)
        yield from _status(expected, found)
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for number, (each, other) in enumerate(zip(expected, found, strict=True)):
            yield from differences(each, other, f"{where}[{number}]")
    elif not _alike(expected, found):
        yield f"{where or 'the answer'} is {found!r}, AWS's was {expected!r}"


def _member(expected: Mapping[str, Any], found: Mapping[str, Any], name: str, where: str) -> Iterator[str]:
    path = f"{where}.{name}" if where else name
    if name not in found:
        yield f"{path} is missing"
    elif name not in expected:
        yield f"{path} is there, AWS answered none"
    else:
        yield from differences(expected[name], found[name], path)


def _status(expected: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[str]:
    if "ResponseMetadata" in expected:
        statuses = [each["ResponseMetadata"]["HTTPStatusCode"] for each in (expected, found)]
        if statuses[0] != statuses[1]:
            yield f"the status is {statuses[1]}, AWS's was {statuses[0]}"


def _alike(expected: Any, found: Any) -> bool:
    if expected == "<datetime>":
        return isinstance(found, datetime | str)
    if isinstance(expected, str) and isinstance(found, str):
        return _pattern(expected).fullmatch(found) is not None
    return type(expected) is type(found) and bool(expected == found)


def _pattern(expected: str) -> re.Pattern[str]:
    return re.compile(".+".join(map(re.escape, _VARIES.split(expected))), re.DOTALL)
