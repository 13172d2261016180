"""Single values between the wire and Python, after a shape of the model: both directions for one rule in one place."""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

from botocore.model import Shape

from labkit.embedded.state.clock import iso

_LARGEST = (1 << 63) - 1
_INTEGER = re.compile(r"[+-]?[0-9]{1,20}")


class ValueProblemError(Exception):
    """A value that is not of its shape's type; the message names the place."""


def read_text(shape: Shape, text: str, where: str) -> Any:
    """Read a value that was sent as text: a query parameter, a header, a part of a path."""
    reader = _TEXT_READERS.get(shape.type_name)
    if reader is None:
        raise ValueProblemError(f"{where} cannot be a {shape.type_name} here")
    try:
        return reader(shape, text)
    except (ValueError, OverflowError):
        raise ValueProblemError(f"{where} is not a valid {shape.type_name}") from None


def read_json(shape: Shape, value: Any, where: str) -> Any:
    """Read a single value that was sent as JSON (structures, lists and maps: `labkit.embedded.request.parse`)."""
    kind = shape.type_name
    if kind in ("blob", "timestamp") and isinstance(value, str):
        return read_text(shape, value, where)
    if kind == "timestamp" and _is_number(value):
        return read_text(shape, repr(value), where)
    if not _JSON_TYPES.get(kind, _never)(value):
        raise ValueProblemError(f"{where} is not a valid {kind}")
    return float(value) if kind in ("float", "double") else value


def write_timestamp(moment: datetime, style: str) -> str | float | int:
    """A moment as ``iso8601``, ``rfc822`` or ``unixTimestamp`` (seconds, milliseconds kept) has it."""
    moment = moment.astimezone(UTC)
    if style == "unixTimestamp":
        seconds = round(moment.timestamp(), 3)
        return int(seconds) if seconds.is_integer() else seconds
    if style == "rfc822":
        return format_datetime(moment, usegmt=True)
    return iso(moment)


def write_text(shape: Shape, value: Any, style: str) -> str:
    """A single value as text; ``style`` is the timestamp format of the place where it stands."""
    if shape.type_name == "timestamp":
        return str(write_timestamp(value, shape.serialization.get("timestampFormat", style)))
    if shape.type_name == "boolean":
        return "true" if value else "false"
    if shape.type_name == "blob":
        return base64.b64encode(value).decode()
    return str(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and -_LARGEST - 1 <= value <= _LARGEST


def _never(value: Any) -> bool:
    return False


def _boolean(_: Shape, text: str) -> bool:
    known = {"true": True, "false": False}
    if text.lower() not in known:
        raise ValueError(text)
    return known[text.lower()]


def _number(_: Shape, text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _integer(text: str) -> int:
    if not (_INTEGER.fullmatch(text) and _is_integer(int(text))):
        raise ValueError(text)
    return int(text)


def _blob(_: Shape, text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(text) from error


def _timestamp(_: Shape, text: str) -> datetime:
    for reader in (_from_seconds, datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = reader(text)
        except (ValueError, OverflowError, OSError):
            continue
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    raise ValueError(text)


def _from_seconds(text: str) -> datetime:
    return datetime.fromtimestamp(float(text), UTC)


_TEXT_READERS: dict[str, Callable[[Shape, str], Any]] = {
    "string": lambda _, text: text,
    "integer": lambda _, text: _integer(text),
    "long": lambda _, text: _integer(text),
    "float": _number,
    "double": _number,
    "boolean": _boolean,
    "blob": _blob,
    "timestamp": _timestamp,
}
_JSON_TYPES: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "character": lambda value: isinstance(value, str),
    "integer": _is_integer,
    "long": _is_integer,
    "float": _is_number,
    "double": _is_number,
    "boolean": lambda value: isinstance(value, bool),
}
