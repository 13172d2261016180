"""The form of a lifecycle policy, held against a schema, with what ECR's validator says of every violation.

ECR holds the text against a JSON schema and answers with its validator's sentences, a line each. Which sentences these
are is known from public logs (cloudposse/terraform-aws-ecr #132 and #158, hashicorp/terraform-provider-aws #45909,
simple-container-com/api #34) and moto's tests: a selection must have one of four forms, one for each countType, and an
action one of two. The schema itself is written after the Amazon ECR User Guide, "Lifecycle policy properties".
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Checker = Callable[[Any], Iterator[str]]
"""Gives a sentence for each thing that is wrong with a value."""

_TYPES = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer", float: "number"}
_STANDARD = "standard"
#: What countType, countUnit and storageClass can be together; countUnit is empty where it must not be said.
_FORMS = (
    ("imageCountMoreThan", "", _STANDARD),
    ("sinceImagePushed", "days", _STANDARD),
    ("sinceImagePulled", "days", _STANDARD),
    ("sinceImageTransitioned", "days", "archive"),
)
_ACTIONS = ({"type": "expire"}, {"type": "transition", "targetStorageClass": "archive"})


def violations(document: Any) -> list[str]:
    """What ECR's validator says of a document that is no lifecycle policy in its form; empty where it is one."""
    return list(_DOCUMENT(document))


def _type_of(value: Any) -> str:
    return "null" if value is None else _TYPES[type(value)]


def _of_type(name: str) -> Checker:
    def check(value: Any) -> Iterator[str]:
        if _type_of(value) != name:
            allowed = f"(allowed: {_list([name])})"
            yield f"instance type ({_type_of(value)}) does not match any allowed primitive type {allowed}"

    return check


def _whole(least: int) -> Checker:
    def check(value: Any) -> Iterator[str]:
        yield from _of_type("integer")(value)
        if _type_of(value) in ("integer", "number") and value < least:
            found = json.dumps(value)
            yield f"numeric instance is lower than the required minimum (minimum: {least}, found: {found})"

    return check


def _one_of(*values: str) -> Checker:
    def check(value: Any) -> Iterator[str]:
        if value not in values:
            yield f"instance value ({json.dumps(value)}) not found in enum (possible values: {_list(values)})"

    return check


def _array(of: Checker) -> Checker:
    def check(value: Any) -> Iterator[str]:
        yield from _of_type("array")(value)
        for each in value if isinstance(value, list) else []:
            yield from of(each)

    return check


def _object(members: Mapping[str, Checker], needed: tuple[str, ...], form: Checker | None = None) -> Checker:
    def check(value: Any) -> Iterator[str]:
        if not isinstance(value, dict):
            yield from _of_type("object")(value)
            return
        if unknown := sorted(value.keys() - members.keys()):
            yield f"object instance has properties which are not allowed by the schema: {_list(unknown)}"
        if missing := sorted(set(needed) - value.keys()):
            yield f"object has missing required properties ({_list(missing)})"
        for name in members:
            if name in value:
                yield from members[name](value[name])
        if form is not None and not missing:
            yield from form(value)

    return check


def _selection_form(value: dict[str, Any]) -> Iterator[str]:
    if (value["countType"], value.get("countUnit", ""), value.get("storageClass", _STANDARD)) not in _FORMS:
        yield _no_form(len(_FORMS))


def _action(value: Any) -> Iterator[str]:
    if value not in _ACTIONS:
        yield _no_form(len(_ACTIONS))


def _no_form(number: int) -> str:
    return f"instance failed to match exactly one schema (matched 0 out of {number})"


def _anything(value: Any) -> Iterator[str]:
    yield from ()


def _list(values: Any) -> str:
    return json.dumps(list(values), separators=(",", ":"))


_SELECTION = _object(
    {
        "tagStatus": _one_of("tagged", "untagged", "any"),
        "tagPrefixList": _array(_of_type("string")),
        "tagPatternList": _array(_of_type("string")),
        "storageClass": _anything,
        "countType": _anything,
        "countUnit": _anything,
        "countNumber": _whole(1),
    },
    ("tagStatus", "countType", "countNumber"),
    _selection_form,
)
_RULE = _object(
    {
        "rulePriority": _whole(1),
        "description": _of_type("string"),
        "selection": _SELECTION,
        "action": _action,
    },
    ("rulePriority", "selection", "action"),
)
_DOCUMENT = _object({"rules": _array(_RULE)}, ("rules",))
