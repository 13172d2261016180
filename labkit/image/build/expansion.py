"""Words and variables in Dockerfile instructions.

The rules of Dockerfile reference, "Environment replacement": ``$name`` and ``${name}``, ``${name:-word}`` and
``${name-word}`` (a default), ``${name:+word}`` and ``${name+word}`` (an alternative); single quotes keep everything,
double quotes keep blanks, the escape character keeps the next character. Other modifiers are refused, not ignored.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_IN_QUOTES = '"$'  # besides itself, what the escape character protects between double quotes


def split(text: str, escape: str = "\\") -> list[str]:
    """Split ``text`` at blanks that are neither quoted nor escaped; quotes and escapes stay in the words.

    Raises ValueError for a quotation mark that is never closed.
    """
    words, word, quote, at = [], "", "", 0
    while at < len(text):
        char = text[at]
        if char == escape and quote != "'" and at + 1 < len(text):
            word += char + text[at + 1]
            at += 2
            continue
        if char.isspace() and not quote:
            words.append(word)
            word = ""
        else:
            quote = _quote(quote, char)
            word += char
        at += 1
    if quote:
        raise ValueError(f"a {quote} is never closed")
    return [entry for entry in [*words, word] if entry]


def expand(text: str, variables: Mapping[str, str], escape: str = "\\") -> str:
    """Return ``text`` with its variables replaced and its quotes and escapes removed.

    A variable that is not set is empty. Raises ValueError for a substitution that is malformed or not supported.
    """
    return _Scanner(text, variables, escape).run("")


def _quote(open_quote: str, char: str) -> str:
    """Return the quotation mark that is open after ``char``."""
    if char == open_quote:
        return ""
    return char if char in "'\"" and not open_quote else open_quote


@dataclass
class _Scanner:
    text: str
    variables: Mapping[str, str]
    escape: str
    at: int = 0

    def run(self, end: str) -> str:
        """Expand up to the unquoted character ``end``, or to the end of the text where it is empty."""
        out, quote = "", ""
        while self.at < len(self.text):
            char = self.text[self.at]
            if end and char == end and not quote:
                return out
            if quote != "'" and char == self.escape and self.at + 1 < len(self.text):
                out += self._escaped(quote)
            elif quote != "'" and char == "$":
                out += self._variable()
            else:
                after = _quote(quote, char)
                out += char if after == quote else ""
                quote = after
                self.at += 1
        if end or quote:
            raise ValueError(f"a {end or quote} is missing")
        return out

    def _escaped(self, quote: str) -> str:
        char = self.text[self.at + 1]
        self.at += 2
        return char if not quote or char in _IN_QUOTES + self.escape else self.escape + char

    def _variable(self) -> str:
        self.at += 1
        if self.text[self.at : self.at + 1] == "{":
            return self._braced()
        name = _NAME.match(self.text, self.at)
        if not name:
            return "$"
        self.at = name.end()
        return self.variables.get(name[0], "")

    def _braced(self) -> str:
        name = _NAME.match(self.text, self.at + 1)
        if not name:
            raise ValueError(f"{self.text[self.at - 1 :]!r} is not a substitution")
        modifier = next(m for m in _MODIFIERS if self.text.startswith(m, name.end()))
        self.at = name.end() + len(modifier)
        word = self.run("}") if modifier else ""
        if self.at >= len(self.text):
            raise ValueError("a } is missing")
        if self.text[self.at] != "}":
            raise ValueError(f"${{{name[0]}{self.text[self.at :]} has a modifier that only Docker supports")
        self.at += 1
        return _MODIFIERS[modifier](self.variables.get(name[0]), word)


_MODIFIERS: dict[str, Callable[[str | None, str], str]] = {
    "-": lambda value, word: word if value is None else value,
    ":-": lambda value, word: value or word,
    "+": lambda value, word: "" if value is None else word,
    ":+": lambda value, word: word if value else "",
    "": lambda value, word: value or "",
}
