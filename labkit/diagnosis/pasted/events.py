"""An event of CloudTrail in a pasted text: alone, in a list, or in the answer of ``aws cloudtrail lookup-events``.

CloudTrail, record contents: eventName (Lambda's have a date and version behind them: ``CreateFunction20150331``),
errorCode, errorMessage, requestParameters, userIdentity, awsRegion. What a record says is turned into the words in
which a terminal would have said it, so that one set of tables reads both.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from labkit.iam.arn import RegistryHost

_MOST = 500
_STARTS = 40
_VERSION = re.compile(r"\d{8}(?:v\d{1,3})?$")
_SOURCES = {"lambda.amazonaws.com": 0, "ecr.amazonaws.com": 1}
_START = re.compile(r"[{\[]")
_DECODER = json.JSONDecoder()


def event_in(text: str) -> Mapping[str, Any] | None:
    """The record that tells most: a refused one before others, one of Lambda before one of ECR; None without any."""
    records = list(_records(_json(text)))
    return min(records, key=_rank, default=None)


def in_words(record: Mapping[str, Any]) -> str:
    """A record in the words of a terminal: the error, then the names."""
    parameters = _mapping(record.get("requestParameters"))
    code = _text(record.get("errorCode")).rpartition(".")[2]
    name = _VERSION.sub("", _text(record.get("eventName")))
    said = f"An error occurred ({code}) when calling the {name} operation: {_text(record.get('errorMessage'))}"
    words = [said if code else "", f'"eventName": "{name}"', f'"awsRegion": "{_text(record.get("awsRegion"))}"']
    words += [f'"Arn": "{_caller(record)}"', f'requestID: "{_text(record.get("requestID"))}"']
    named = {**parameters, **_mapping(parameters.get("code")), **_image(record, parameters)}
    words += [f'"{name}": "{_text(named[name])}"' for name in ("functionName", "role", "imageUri") if named.get(name)]
    return "\n".join([*words, f'"accountId": "{_account(record)}"'])


def _image(record: Mapping[str, Any], parameters: Mapping[str, Any]) -> dict[str, str]:
    """The image of a call to ECR, as a URI: the first of ``imageIds`` in the repository of the record."""
    ids = parameters.get("imageIds")
    first = _mapping(ids[0]) if isinstance(ids, list) and ids else {}
    tag, digest = _text(first.get("imageTag")), _text(first.get("imageDigest"))
    owner, region = _text(parameters.get("registryId")) or _owner(record), _text(record.get("awsRegion"))
    repository = _text(parameters.get("repositoryName"))
    if not (owner and region and repository and (tag or digest)):
        return {}
    return {"imageUri": f"{RegistryHost(owner, region)}/{repository}" + (f":{tag}" if tag else f"@{digest}")}


def _owner(record: Mapping[str, Any]) -> str:
    resources = record.get("resources")
    first = _mapping(resources[0]) if isinstance(resources, list) and resources else {}
    return _text(first.get("accountId"))


def _caller(record: Mapping[str, Any]) -> str:
    return _text(_mapping(record.get("userIdentity")).get("arn"))


def _account(record: Mapping[str, Any]) -> str:
    return _text(record.get("recipientAccountId")) or _text(_mapping(record.get("userIdentity")).get("accountId"))


def _json(text: str) -> Any:
    """The first JSON in a text that holds a record's words; None without any."""
    if '"eventName"' not in text and '\\"eventName\\"' not in text:
        return None
    at = -1
    for _ in range(_STARTS):
        start = _START.search(text, at + 1)
        if start is None:
            return None
        at = start.start()
        try:
            data, _end = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            continue
        if next(_records(data), None):
            return data
    return None


def _records(data: Any) -> Iterator[Mapping[str, Any]]:
    """The records in JSON data, at most the first 500."""
    if isinstance(data, Mapping) and isinstance(data.get("CloudTrailEvent"), str):
        data = _json(data["CloudTrailEvent"])
    if isinstance(data, Mapping):
        if "eventName" in data and "userIdentity" in data:
            yield data
            return
        data = data.get("Records") or data.get("Events")
    if isinstance(data, list):
        for each in data[:_MOST]:
            if isinstance(each, Mapping):
                yield from _records(each)


def _rank(record: Mapping[str, Any]) -> tuple[bool, int]:
    return not record.get("errorCode"), _SOURCES.get(_text(record.get("eventSource")), 2)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
