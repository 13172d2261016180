"""Writes a changed document back into its text: what did not change keeps every byte, its layout and its order.

The text is read as a tree of places (`_Node`). A part that has not changed is copied; a member or an item that is new
stands where its neighbours stand, with the same text between them, and is laid out as the rest of the text is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher, unified_diff
from typing import Any, NamedTuple

_BLANK = re.compile(r"\s*")
_SCALAR = re.compile(r'"(?:[^"\\]|\\.)*"|[^\s,\]}]+', re.DOTALL)


def rewritten(text: str, document: Any) -> str:
    """The text with ``document`` in it in place of what it says now. Raises ValueError for a text that is no JSON."""
    node = _Reader(text).value(_BLANK.match(text).end())  # type: ignore[union-attr]
    style = _Style.of(text)
    return text[: node.start] + _written(text, node, document, style) + text[node.end :]


def fresh(document: Any) -> str:
    """The text of a document that is new."""
    return json.dumps(document, indent=2, ensure_ascii=False)


def diff(before: str | None, after: str, name: str) -> str:
    """A unified diff of two texts; ``before`` None: there was none. A text on one line is spread to be read."""
    if "\n" not in (before or after).strip():
        before, after = before and fresh(json.loads(before)), fresh(json.loads(after))
    old = [] if before is None else before.splitlines()
    names = "/dev/null" if before is None else f"a/{name}", f"b/{name}"
    return "\n".join(unified_diff(old, after.splitlines(), *names, lineterm="", n=3))


class _Node(NamedTuple):
    """A part of a text: from ``start`` to ``end``, its value, and the parts in it with the start of each member."""

    start: int
    end: int
    value: Any
    keys: tuple[str, ...] = ()
    begins: tuple[int, ...] = ()
    parts: tuple[_Node, ...] = ()


class _Reader:
    """Reads a text that is JSON, with places."""

    def __init__(self, text: str) -> None:
        json.loads(text)  # raises for what is no JSON, so that nothing below has to
        self.text = text

    def value(self, at: int) -> _Node:
        if self.text[at] not in "{[":
            end = _SCALAR.match(self.text, at).end()  # type: ignore[union-attr]
            return _Node(at, end, json.loads(self.text[at:end]))
        keys, begins, parts, end = [], [], [], self._next(at + 1)
        while self.text[end] not in "}]":
            begins.append(end)
            if self.text[at] == "{":
                name = self.value(end)
                keys.append(name.value)
                end = name.end
                end = self._next(self._next(end) + 1)
            parts.append(self.value(end))
            end = self._next(parts[-1].end)
            end = self._next(end + 1) if self.text[end] == "," else end
        values = [part.value for part in parts]
        value = dict(zip(keys, values, strict=True)) if self.text[at] == "{" else values
        return _Node(at, end + 1, value, tuple(keys), tuple(begins), tuple(parts))

    def _next(self, at: int) -> int:
        return _BLANK.match(self.text, at).end()  # type: ignore[union-attr]


class _Style(NamedTuple):
    """How a text is laid out: the ``unit`` of indentation (empty: all on one line), what stands between a key and its
    value and between items, the ``pad`` inside brackets, and whether lists stand on one line."""

    unit: str
    colon: str
    comma: str
    pad: str
    inline: bool

    @classmethod
    def of(cls, text: str) -> _Style:
        unit = re.search(r"\n([ \t]+)\S", text)
        colon = re.search(r'"(\s*:\s?)(?=\S)', text)
        comma = ", " if re.search(r", \S", text) or unit else ","
        inline = re.search(r'\[ ?"[^\n\]]*\]', text) is not None or "[ {" in text
        return cls(unit[1] if unit else "", colon[1] if colon else ": ", comma, " " * ("[ " in text), inline)

    def laid_out(self, value: Any, indent: str) -> str:
        """A value that begins on a line which is indented by ``indent``."""
        if not isinstance(value, (dict, list)) or not value:
            return json.dumps(value, ensure_ascii=False)
        is_list, inner = isinstance(value, list), indent + self.unit
        flat = not self.unit or (is_list and self.inline)
        within = indent if flat else inner
        parts = [
            self.laid_out(each, within)
            if is_list
            else f"{json.dumps(each)}{self.colon}{self.laid_out(value[each], within)}"
            for each in value
        ]
        opening, closing = "[]" if is_list else "{}"
        if flat:
            pad = self.pad if is_list else ""
            return opening + pad + self.comma.join(parts) + pad + closing
        return f"{opening}\n{inner}" + f",\n{inner}".join(parts) + f"\n{indent}{closing}"


def _written(text: str, node: _Node, value: Any, style: _Style) -> str:
    if type(node.value) is type(value) and node.value == value:
        return text[node.start : node.end]
    if not node.parts or not value or type(node.value) is not type(value):
        return style.laid_out(value, _indent(text, node.start))
    pieces = _members(text, node, value, style) if isinstance(value, dict) else _items(text, node, value, style)
    return _joined(text, node, list(pieces), style)


def _indent(text: str, at: int) -> str:
    """The indentation of the line in which a part begins."""
    line = text[text.rfind("\n", 0, at) + 1 :]
    return line[: len(line) - len(line.lstrip(" \t"))]


def _members(text: str, node: _Node, value: Mapping[str, Any], style: _Style) -> Iterator[str]:
    places = {key: place for place, key in enumerate(node.keys)}
    indent = _indent(text, node.begins[0])
    for key, each in value.items():
        if key in places:
            begin, part = node.begins[places[key]], node.parts[places[key]]
            yield text[begin : part.start] + _written(text, part, each, style)
        else:
            yield f"{json.dumps(key)}{style.colon}{style.laid_out(each, indent)}"


def _items(text: str, node: _Node, value: list[Any], style: _Style) -> Iterator[str]:
    """The items of a list: those that are the same are copied, as many as go are rewritten, the rest are new."""
    old, new = ([json.dumps(each) for each in every] for every in (node.value, value))
    indent = _indent(text, node.begins[0])
    for _, first, last, start, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        for place, each in enumerate(value[start:end]):
            if first + place < last:
                yield _written(text, node.parts[first + place], each, style)
            else:
                yield style.laid_out(each, indent)


def _joined(text: str, node: _Node, pieces: list[str], style: _Style) -> str:
    """The pieces between the brackets of the part, with the text between them that stands there now."""
    opening = text[node.start : node.begins[0]]
    closing = text[node.parts[-1].end : node.end]
    between = "," + opening[1:] if "\n" in opening else style.comma
    if len(node.parts) > 1:
        between = text[node.parts[0].end : node.begins[1]]
    return opening + between.join(pieces) + closing
