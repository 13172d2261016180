"""JSON data as literals of other languages, laid out to be read.

Policy variables such as ``${aws:username}`` are text in all of them: HCL takes ``${`` and ``%{`` for templates, so that
they are doubled there; CloudFormation does so inside Fn::Sub only, which is not used here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_WIDTH = 88


class Literals(NamedTuple):
    """How a language writes data: texts, keys, what stands between a key and its value, and the last comma."""

    text: Callable[[str], str]
    key: Callable[[str], str]
    between: str = ": "
    trailing: str = ","
    true: str = "true"
    false: str = "false"
    null: str = "null"
    unit: str = "  "

    def written(self, value: Any, indent: str = "") -> str:
        """A value that begins on a line which is indented by ``indent``."""
        if isinstance(value, dict):
            members = [
                f"{self.key(key)}{self.between}{self.written(each, indent + '  ')}" for key, each in value.items()
            ]
            return self._spread("{}", members, indent)
        if isinstance(value, list):
            flat = f"[{', '.join(self.written(each) for each in value)}]"
            if len(flat) + len(indent) <= _WIDTH and not any(isinstance(each, dict) for each in value):
                return flat
            return self._spread("[]", [self.written(each, indent + self.unit) for each in value], indent)
        if isinstance(value, bool):
            return self.true if value else self.false
        return self.null if value is None else self.text(value) if isinstance(value, str) else str(value)

    def _spread(self, brackets: str, parts: list[str], indent: str) -> str:
        if not parts:
            return brackets
        separator = ",\n" if self.trailing or brackets == "[]" else "\n"
        body = separator.join(f"{indent}{self.unit}{part}" for part in parts)
        return f"{brackets[0]}\n{body}{self.trailing}\n{indent}{brackets[1]}"


def quoted(text: str) -> str:
    """A text as JSON writes it; JavaScript and Python read it as the same text."""
    return json.dumps(text, ensure_ascii=False).replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _hcl(text: str) -> str:
    written = quoted(text).replace("${", "$${").replace("%{", "%%{")
    return re.sub(r"\\([bf])", lambda found: {"b": "\\u0008", "f": "\\u000c"}[found[1]], written)


def _plain_or_quoted(key: str) -> str:
    return key if _PLAIN.fullmatch(key) else quoted(key)


HCL = Literals(_hcl, lambda key: key if _PLAIN.fullmatch(key) else _hcl(key), " = ", "")
PYTHON = Literals(quoted, quoted, true="True", false="False", null="None", unit="    ")
TYPESCRIPT = Literals(quoted, _plain_or_quoted)


def yaml(value: Any, indent: str = "") -> str:
    """JSON data as YAML of blocks: what begins on the line after a key, indented by ``indent``."""
    if isinstance(value, dict) and value:
        return "\n".join(f"{indent}{_plain_or_quoted(key)}:{_below(each, indent)}" for key, each in value.items())
    if isinstance(value, list) and value:
        return "\n".join(f"{indent}- {_item(each, indent)}" for each in value)
    return f"{indent}{_scalar(value)}"


def _below(value: Any, indent: str) -> str:
    return f"\n{yaml(value, indent + '  ')}" if isinstance(value, (dict, list)) and value else f" {_scalar(value)}"


def _item(value: Any, indent: str) -> str:
    return yaml(value, indent + "  ").lstrip() if isinstance(value, (dict, list)) and value else _scalar(value)


def _scalar(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def comment(text: str, mark: str, indent: str = "") -> str:
    """A text as lines of comment."""
    import textwrap

    lines = [part for line in text.splitlines() for part in (textwrap.wrap(line, 96) or [""])]
    return "\n".join(f"{indent}{mark} {line}".rstrip() for line in lines)
