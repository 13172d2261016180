"""Data as YAML in blocks, which CloudFormation reads: only what every reader of YAML 1.1 and 1.2 takes alike.

A key or a text stands without quotes only where it is plain words, such as ``Effect`` or ``ecr:BatchGetImage``, and
none of those that YAML 1.1 takes for something else (``Null``, an operator of IAM's conditions, among them).
"""

from __future__ import annotations

import json
import re
from typing import Any

from labkit.diagnosis.formats.quoting import quoted

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9]*(::?[A-Za-z][A-Za-z0-9]*)*")
_NOT_TEXT = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})


def text(value: str) -> str:
    """A key or a text on one line."""
    return value if _PLAIN.fullmatch(value) and value.lower() not in _NOT_TEXT else quoted(value)


def block(value: Any, indent: str = "") -> str:
    """What follows a colon: a scalar on the same line, or an indented block on the next ones."""
    if isinstance(value, dict) and value:
        return "".join(f"\n{indent}{text(key)}:{block(each, indent + '  ')}" for key, each in value.items())
    if isinstance(value, list) and value:
        return "".join(f"\n{indent}-{_item(each, indent + '  ')}" for each in value)
    return f" {text(value)}" if isinstance(value, str) else f" {json.dumps(value)}"


def _item(value: Any, indent: str) -> str:
    """An item behind its dash: a block begins on the dash's line."""
    found = block(value, indent)
    return f" {found.removeprefix(chr(10) + indent)}" if found.startswith("\n") else found
