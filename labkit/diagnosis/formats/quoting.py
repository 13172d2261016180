"""Texts and data as literals of the languages: JSON, Terraform's HCL, Python and TypeScript.

One way of quoting holds in all of them, and in YAML: double quotes, with the escapes that all have in common. What
would not be seen (`labkit.ground.text`) is written as ``\\uXXXX``, so that only letters reach a terminal. HCL reads
``${`` and ``%{`` in a text as a beginning of its own, which policy variables are not; they are doubled.

Source: RFC 8259, section 7; YAML 1.2, section 5.7; Terraform language, "Strings and Templates", escape sequences;
Python language reference, "String and bytes literals"; ECMA-262, "String literals".
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from itertools import groupby
from typing import Any, NamedTuple

from labkit.ground.text import UNSEEN, visible

_ESCAPED = re.compile(rf'["\\]|{UNSEEN.pattern}')
_SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_TEMPLATE = re.compile(r"(\$+|%+)\{")
_WIDE = 100


def quoted(text: str) -> str:
    """The text in double quotes, for JSON, YAML, Python and TypeScript."""
    return f'"{_ESCAPED.sub(lambda found: _SHORT.get(found[0]) or _unicode(found[0]), text)}"'


def _unicode(character: str) -> str:
    return f"\\u{ord(character):04x}"


def hcl_quoted(text: str) -> str:
    """The text in double quotes, for Terraform; of several ``$`` before a brace only the last one is doubled."""

    def plain(found: re.Match[str]) -> str:
        mark = found[1][0]
        return _unicode(mark) * (len(found[1]) - 1) + mark * 2 + "{"

    return _TEMPLATE.sub(plain, quoted(text))


def json_text(text: str) -> str:
    """A text that is JSON, with what would not be seen as escapes; the rest byte for byte, but for ends of lines."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return UNSEEN.sub(lambda found: found[0] if found[0] in "\n\t" else _unicode(found[0]), lines)


def one_line(text: str) -> str:
    """A text of others, such as a name, for a comment: on one line, whatever it holds."""
    return visible(text).replace("\n", "\\n").replace("\t", "\\t")


def commented(lines: list[str], mark: str = "#", indent: str = "") -> str:
    """Lines as comments, each ended; empty where there are none."""
    return "".join(f"{indent}{mark} {one_line(line)}".rstrip() + "\n" for line in lines)


class Notation(NamedTuple):
    """How a language writes data: a text, what stands between a key and its value, after a member, inside of braces on
    one line, constants, and a step of indentation."""

    text: Callable[[str], str]
    colon: str
    comma: str
    pad: str
    constants: Mapping[Any, str]
    indent: str


_CONSTANTS = {True: "true", False: "false", None: "null"}
HCL = Notation(hcl_quoted, " = ", "", " ", _CONSTANTS, "  ")
PYTHON = Notation(quoted, ": ", ",", "", {True: "True", False: "False", None: "None"}, "    ")
TYPESCRIPT = Notation(quoted, ": ", ",", " ", _CONSTANTS, "  ")


def literal(value: Any, notation: Notation, indent: str = "") -> str:
    """Data as a literal that begins on a line which is indented by ``indent``; what is short stands on one line."""
    if isinstance(value, str):
        return notation.text(value)
    if isinstance(value, dict):
        return _object(value, notation, indent)
    if isinstance(value, list):
        return _list(value, notation, indent)
    return notation.constants[value] if value is None or isinstance(value, bool) else json.dumps(value)


def _list(value: list[Any], notation: Notation, indent: str) -> str:
    inner = indent + notation.indent
    items = [literal(each, notation, inner) for each in value]
    flat = f"[{', '.join(items)}]"
    if "\n" not in flat and len(indent) + len(flat) <= _WIDE:
        return flat
    return "[\n" + "".join(f"{inner}{each},\n" for each in items) + f"{indent}]"


def _object(value: dict[str, Any], notation: Notation, indent: str) -> str:
    inner = indent + notation.indent
    pairs = [(notation.text(name), literal(each, notation, inner)) for name, each in value.items()]
    members = assigned(pairs) if notation is HCL else [f"{name}{notation.colon}{each}" for name, each in pairs]
    flat = f"{{{notation.pad}{''.join(members)}{notation.pad}}}"
    if len(members) == 1 and "\n" not in flat and len(indent) + len(flat) <= _WIDE:
        return flat
    return "{\n" + "".join(f"{inner}{each}{notation.comma}\n" for each in members) + f"{indent}}}" if members else "{}"


def assigned(pairs: list[tuple[str, str]]) -> list[str]:
    """Names and values for Terraform as ``terraform fmt`` lays them out: neighbours on one line each are aligned."""
    lines: list[str] = []
    for spread, run in groupby(pairs, lambda pair: "\n" in pair[1]):
        found = list(run)
        width = 0 if spread else max(len(name) for name, _ in found)
        lines += [f"{name:{width}} = {value}" for name, value in found]
    return lines
