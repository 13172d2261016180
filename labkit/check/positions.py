"""JSON with places: the value of a text, and where in the text each part of it begins.

``json.loads`` reads the value; a walk over the tokens, which needs no recursion, finds the offsets. Parts are named by
JSON pointers (RFC 6901): ``/Statement/0/Action``. A member's place is that of its key.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any, NoReturn

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)
_LONGEST_INTEGER = 300  # beyond that Python refuses to convert, and no policy means it
_HALF = re.compile("[\ud800-\udfff]")
_DEEPEST = 500  # pointers grow with depth; a policy has seven levels


@dataclass(slots=True)
class _Level:
    """An object or list that is being walked: where it stands, and which member or item is next."""

    pointer: str
    is_object: bool
    index: int = 0
    key: str | None = None

    def child(self) -> str:
        name = self.key if self.is_object else str(self.index)
        return f"{self.pointer}/{escape(name or '')}"


@dataclass(frozen=True, slots=True)
class ParsedText:
    """A parsed text: its ``value``, the ``offsets`` of its parts by pointer, and of the ``repeated`` keys."""

    source: str
    value: Any
    offsets: dict[str, int] = field(repr=False)
    repeated: dict[str, int] = field(default_factory=dict)

    def place(self, pointer: str) -> tuple[int, int]:
        """Line and column, from 1, of a part; of the nearest part around it where the pointer names none."""
        while pointer and pointer not in self.offsets:
            pointer = pointer.rpartition("/")[0]
        return line_and_column(self.source, self.offsets.get(pointer, 0))


def escape(name: str) -> str:
    """A key as a step of a JSON pointer."""
    return name.replace("~", "~0").replace("/", "~1")


def line_and_column(source: str, offset: int) -> tuple[int, int]:
    """Line and column, from 1, of an offset."""
    return source.count("\n", 0, offset) + 1, offset - source.rfind("\n", 0, offset)


def read(source: str) -> ParsedText:
    """Parses a text as the policy engine does.

    Raises ``json.JSONDecodeError`` (a ValueError), or RecursionError for one nested too deeply.
    """

    def wrong(problem: str, text: str) -> NoReturn:
        raise json.JSONDecodeError(problem, source, max(source.find(text), 0))

    def integer(digits: str) -> int:
        return int(digits) if len(digits) <= _LONGEST_INTEGER else wrong("A number with too many digits", digits)

    def constant(name: str) -> NoReturn:
        wrong(f"{name} is not a value of JSON", name)

    value = json.loads(source, parse_int=integer, parse_constant=constant)
    half = _HALF.search(source if "\\u" not in source else json.dumps(value, ensure_ascii=False))
    if half is not None:
        wrong("Half of a character (a lone surrogate), which is not Unicode", half.group())
    offsets, repeated = _walk(source)
    return ParsedText(source, value, offsets, repeated)


def _walk(source: str) -> tuple[dict[str, int], dict[str, int]]:
    """Offsets by pointer of a text that is known to be JSON, and those of keys that stand there again."""
    offsets: dict[str, int] = {}
    repeated: dict[str, int] = {}
    levels: list[_Level] = []
    for token in _TOKEN.finditer(source):
        text, at = token.group(), token.start()
        level = levels[-1] if levels else None
        if text in "}]":
            levels.pop()
        elif text == ",":
            _advance(levels[-1])
        elif text == ":":
            continue
        elif level and level.is_object and level.key is None:
            level.key = json.loads(text)
            if offsets.setdefault(level.child(), at) != at:
                repeated[level.child()] = at
        else:
            pointer = level.child() if level else ""
            offsets.setdefault(pointer, at)
            if text in "{[":
                if len(levels) == _DEEPEST:
                    raise RecursionError
                levels.append(_Level(pointer, text == "{"))
    return offsets, repeated


def _advance(level: _Level) -> None:
    level.index += 1
    level.key = None
