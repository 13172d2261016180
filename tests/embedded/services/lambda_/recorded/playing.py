"""What Lambda was recorded to answer on AWS, played again with functions that are images.

Most recorded functions are zip files. What only these have is taken out of the recordings, so that the rest can be
compared: a function here has no runtime and no handler, and its code is an image. A play makes the calls of a recorded
test under the names of their answers; RevisionIds that were the same on AWS must be the same here, and no others.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from botocore.exceptions import ClientError

from tests.embedded import recordings
from tests.embedded.recordings import Recording
from tests.embedded.services.lambda_.conftest import Functions

RECORDED = recordings.recorded("localstack-lambda-api.json")
_ZIP = {"Runtime", "Handler", "RuntimeVersionConfig"}
_CODE = {"RepositoryType": "ECR", "ImageUri": "<uri>", "ResolvedImageUri": "<uri>"}
_OPTIONS = ("Description", "Timeout", "MemorySize", "Environment", "ImageConfig", "LoggingConfig")


def as_image(answer: Any) -> Any:
    """A recorded answer as it would be for an image."""
    if isinstance(answer, list):
        return [as_image(each) for each in answer]
    if not isinstance(answer, dict):
        return "<date>" if answer == "date" else answer
    if "CreateFunctionResponse" in answer:
        return as_image(answer["CreateFunctionResponse"])
    members = {name: as_image(value) for name, value in answer.items()}
    if "PackageType" in answer:
        members = {name: value for name, value in members.items() if name not in _ZIP}
        members |= {"PackageType": "Image", "CodeSize": 0}
    if "RepositoryType" in members.get("Code", {}):
        members["Code"] = _CODE
    return members


def configurations(answer: Any) -> Iterator[dict[str, Any]]:
    """The configurations of functions in recorded answers, in their order."""
    if isinstance(answer, dict):
        if "MemorySize" in answer:
            yield answer
        for each in answer.values():
            yield from configurations(each)


class Player:
    """Plays one recorded test with the function ``f``; ``options`` are those that the recorded function had."""

    def __init__(self, functions: Functions, name: str, unlike: dict[str, str]) -> None:
        answers = {each: as_image(answer) for each, answer in RECORDED[name].items()}
        self.functions, self.lambda_, self.answers = functions, functions.lambda_, answers
        self.recording = Recording(answers, unlike)
        first: dict[str, Any] = next(configurations(answers), {})
        self.options = {option: first[option] for option in _OPTIONS if option in first}
        if "LoggingConfig" in self.options and "<" in json.dumps(self.options["LoggingConfig"]):
            del self.options["LoggingConfig"]
        self._revisions: dict[str, str] = {}

    def __call__(self, answer: str | None, operation: str | Callable[..., Any], **params: Any) -> Any:
        """Make a call whose answer was recorded under a name, or one that was not recorded."""
        call = getattr(self.lambda_, operation) if isinstance(operation, str) else operation
        if answer is None:
            return call(**params)
        found = self.recording.answer(answer, _read(call), **params)
        self._compare_revisions(answer, self.answers[answer], found)
        return found

    def of(self, answer: str | None, operation: str, **params: Any) -> Any:
        """The same of the function ``f``; what it begins is waited for."""
        found = self(answer, operation, FunctionName="f", **params)
        self.functions.settle()
        return found

    def create(self, answer: str | None, name: str = "f", settle: bool = True, **more: Any) -> Any:
        """CreateFunction with the options of the recorded one."""
        code = {"ImageUri": self.functions.uri}
        request = {"FunctionName": name, "Role": self.functions.role, "PackageType": "Image", "Code": code}
        found = self(answer, "create_function", **{**request, **self.options, **more})
        if settle:
            self.functions.settle()
        return found

    def _compare_revisions(self, answer: str, expected: Any, found: Any) -> None:
        for path, theirs in _revisions(expected):
            if (ours := dict(_revisions(found)).get(path)) is not None:
                known = self._revisions.setdefault(theirs, ours)
                assert known == ours, f"{answer}: RevisionId has changed, AWS's was still {theirs}"
        assert len(set(self._revisions.values())) == len(self._revisions), f"{answer}: RevisionId is an older one"


def _revisions(answer: Any, path: str = "") -> Iterator[tuple[str, str]]:
    entries = answer.items() if isinstance(answer, dict) else enumerate(answer) if isinstance(answer, list) else ()
    for name, value in entries:
        if name == "RevisionId" and isinstance(value, str):
            yield path, value
        elif name != "ResponseMetadata":
            yield from _revisions(value, f"{path}.{name}")


def _read(call: Callable[..., Any]) -> Callable[..., Any]:
    """The call, with the documents in its answer read, as the recordings have them."""

    def read(**params: Any) -> Any:
        answer = dict(call(**params))
        documents = {name: json.loads(answer[name]) for name in ("Policy", "Statement") if name in answer}
        return {**answer, **documents}

    return read


def refusal_of(call: Callable[..., Any]) -> Any:
    """What a call was refused with, as an answer."""

    def refused(**params: Any) -> Any:
        try:
            call(**params)
        except ClientError as error:
            return error.response
        raise AssertionError("the call was not refused")

    return refused
