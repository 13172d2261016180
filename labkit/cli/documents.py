"""What a command is given: the texts of files and of standard input, by one reader, and condition keys."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

from labkit.errors import UsageError
from labkit.ground.text import decoded

LONGEST_POLICY, LONGEST_LIST = 1 << 20, 1 << 26
"""Bytes of a file: of a policy (the longest that AWS stores has 20,480), and of a list of cases."""


def read_file(name: str, longest: int = LONGEST_POLICY) -> str:
    """The text of a file, or of standard input for ``-``: UTF-8 or UTF-16, ends of lines as line feeds.

    Raises UsageError with one sentence that names the file for what cannot be read, is no text, or has more than
    ``longest`` bytes.
    """
    shown = "standard input" if name == "-" else name
    try:
        raw = _bytes(name, longest + 1)
    except (OSError, ValueError) as error:  # a ValueError for a name that holds a null character
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"{shown}: It cannot be read: {reason}.") from None
    if len(raw) > longest:
        raise UsageError(f"{shown}: It has more than {longest >> 20} MiB, which no such document has.")
    try:
        return decoded(raw)
    except UnicodeDecodeError:
        raise UsageError(f"{shown}: It is not a text in UTF-8 or UTF-16.") from None


def _bytes(name: str, most: int) -> bytes:
    if name != "-":
        with open(name, "rb") as file:  # noqa: PTH123  # a name that the caller typed, as it is
            return file.read(most)
    if (buffer := getattr(sys.stdin, "buffer", None)) is not None:
        raw: bytes = buffer.read(most)
        return raw
    return sys.stdin.read(most).encode()  # a stand-in for standard input that has texts alone


def context_of(pairs: Sequence[str]) -> dict[str, Any]:
    """The condition keys that ``--context KEY=VALUE`` gives; several values are a JSON list. Raises UsageError."""
    context: dict[str, Any] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise UsageError(f"--context {pair!r} is not KEY=VALUE, such as aws:SourceAccount=592444418872.")
        if key in context:
            raise UsageError(f'--context gives {key} twice; write several values as a list: \'{key}=["a", "b"]\'.')
        context[key] = _several(key, value) if value.startswith("[") else value
    return context


def _several(key: str, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise UsageError(f"--context {key} begins with [ but is not a JSON list of texts.") from None
