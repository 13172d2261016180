"""A policy document to read: indented JSON, coloured where a notebook can."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


class Document:
    """Shows a document, or a text as AWS returned it, without changing a byte of the text."""

    def __init__(self, document: Mapping[str, Any] | str) -> None:
        self.text = document if isinstance(document, str) else json.dumps(document, indent=2)

    def __repr__(self) -> str:
        return self.text

    def _repr_markdown_(self) -> str:
        return f"```json\n{self.text}\n```"
