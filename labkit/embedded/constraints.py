"""What the model demands of parameters: required members, lengths, ranges, patterns, enumerations; in AWS's words.

The codes differ by service. Patterns are written for Java in the models; the few that Python's ``re`` cannot read are
listed by a test, and are not checked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from botocore.model import OperationModel, Shape, StructureShape

from labkit.embedded.calls import ServiceError

_CODES = {
    "sts": "ValidationError",
    "iam": "ValidationError",
    "ecr": "InvalidParameterException",
    "organizations": "InvalidInputException",
    "lambda": "ValidationException",
}


def check(operation: OperationModel, params: Mapping[str, Any]) -> None:
    """Raise the service's validation `ServiceError` unless ``params`` satisfies the operation's input shape."""
    if operation.input_shape is None:
        return
    found = list(_structure(operation.input_shape, params, ""))
    if found:
        plural = "s" if len(found) > 1 else ""
        text = f"{len(found)} validation error{plural} detected: {'; '.join(found)}"
        raise ServiceError(_CODES[operation.service_model.service_name], text)


def _structure(shape: StructureShape, value: Mapping[str, Any], where: str) -> Iterator[str]:
    for name in shape.required_members:
        if name not in value:
            yield _violation("null", _join(where, name), "Member must not be null")
    for name, item in value.items():
        yield from _value(shape.members[name], item, _join(where, name))


def _value(shape: Shape, value: Any, where: str) -> Iterator[str]:
    if getattr(shape, "is_document_type", False):
        return
    checker = _CHECKERS.get(shape.type_name)
    if checker is not None:
        yield from checker(shape, value, where)


def _list(shape: Any, value: list[Any], where: str) -> Iterator[str]:
    yield from _length(shape, value, where)
    for number, item in enumerate(value, start=1):
        yield from _value(shape.member, item, f"{where}.{number}.member")


def _map(shape: Any, value: Mapping[str, Any], where: str) -> Iterator[str]:
    yield from _length(shape, value, where)
    for key, item in value.items():
        yield from _value(shape.key, key, where)
        yield from _value(shape.value, item, f"{where}.{key}.member")


def _string(shape: Any, value: str, where: str) -> Iterator[str]:
    yield from _length(shape, value, where)
    if shape.enum and value not in shape.enum:
        yield _violation(value, where, f"Member must satisfy enum value set: [{', '.join(shape.enum)}]")
    pattern = shape.metadata.get("pattern")
    compiled = compile_pattern(pattern) if pattern else None
    if compiled is not None and not compiled.fullmatch(value):
        yield _violation(value, where, f"Member must satisfy regular expression pattern: {pattern}")


def _length(shape: Any, value: Any, where: str) -> Iterator[str]:
    yield from _bounds(shape, value, len(value), where, "have length ")


def _number(shape: Any, value: Any, where: str) -> Iterator[str]:
    yield from _bounds(shape, value, value, where, "have value ")


def _bounds(shape: Any, value: Any, size: float, where: str, what: str) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and size < least:
        yield _violation(value, where, f"Member must {what}greater than or equal to {least}")
    if most is not None and size > most:
        yield _violation(value, where, f"Member must {what}less than or equal to {most}")


def _violation(value: Any, where: str, constraint: str) -> str:
    shown = "null" if value == "null" else f"'{str(value)[:200]}'"
    return f"Value {shown} at '{where}' failed to satisfy constraint: {constraint}"


def _join(where: str, name: str) -> str:
    name = name[:1].lower() + name[1:]
    return f"{where}.{name}" if where else name


@cache
def compile_pattern(pattern: str) -> re.Pattern[str] | None:
    """A model's pattern as Python reads it; None when Python cannot."""
    try:
        return re.compile(pattern, re.ASCII)  # as Java reads \w and \d
    except re.error:
        return None


_CHECKERS: dict[str, Callable[[Any, Any, str], Iterator[str]]] = {
    "structure": _structure,
    "list": _list,
    "map": _map,
    "string": _string,
    "blob": _length,
    "integer": _number,
    "long": _number,
    "float": _number,
    "double": _number,
}
