"""A policy document to read: JSON on few lines, or a text exactly as AWS returned it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_WIDTH = 100
"""Characters below which a part of a document stays on one line."""


class Document:
    """Shows a document. A mapping is laid out; a text is shown as it is, without changing a byte."""

    def __init__(self, document: Mapping[str, Any] | str) -> None:
        self.text = document if isinstance(document, str) else layout(document)

    def __repr__(self) -> str:
        return self.text


def layout(value: Any, indent: str = "") -> str:
    """JSON in which whatever fits on a line stands on one, except a policy and its statements, which are spread."""
    line = json.dumps(value, ensure_ascii=False)
    inner = indent + "  "
    if isinstance(value, Mapping) and (len(indent + line) > _WIDTH or "Effect" in value or "Statement" in value):
        parts = [f"{json.dumps(key)}: {layout(each, inner)}" for key, each in value.items()]
        return _spread("{", parts, "}", indent)
    if isinstance(value, list) and (len(indent + line) > _WIDTH or any(isinstance(each, Mapping) for each in value)):
        return _spread("[", [layout(each, inner) for each in value], "]", indent)
    return line


def _spread(opening: str, parts: list[str], closing: str, indent: str) -> str:
    body = ",\n".join(f"{indent}  {part}" for part in parts)
    return f"{opening}\n{body}\n{indent}{closing}"
