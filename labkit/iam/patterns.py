"""Text patterns of policy documents: the wildcards ``*`` and ``?`` and the variables ``${key}``.

A pattern is compiled once into a ``Pattern``. Without variables it is a plain test of a text; with variables it is
first resolved against the request's context, and what a variable stands for is literal text: a ``*`` inside a user
name is no wildcard. Matching takes time proportional to the text: every wildcard is an atomic group, so that a
hostile pattern such as ``*a*a*a*…`` cannot make it backtrack.

Source: IAM User Guide, "IAM JSON policy elements: Resource" (wildcards) and "Variables and tags" (``${*}``, ``${?}``,
``${$}`` are the escaped characters, ``${key, 'default'}`` gives a default, Version 2012-10-17 only).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

ContextValue = str | tuple[str, ...]
Context = Mapping[str, ContextValue]

_VARIABLE = re.compile(r"\$\{\s*([^},]+?)\s*(?:,\s*'([^']*)'\s*)?\}")
_ESCAPED = {"*", "?", "$"}


@dataclass(frozen=True, slots=True)
class Variable:
    """``${key}`` or ``${key, 'default'}`` inside a pattern; ``key`` is kept in lower case."""

    key: str
    default: str | None


@dataclass(frozen=True, slots=True)
class Literal:
    """Text inside a pattern in which ``*`` and ``?`` are themselves, not wildcards."""

    text: str


Piece = str | Variable | Literal


@lru_cache(maxsize=8192)
def _compile(pieces: tuple[str | Literal, ...], ignore_case: bool) -> Callable[[str], bool]:
    """Returns a test for whole texts. A ``str`` piece may hold wildcards, a ``Literal`` may not."""
    if not any(isinstance(p, str) and ("*" in p or "?" in p) for p in pieces):
        plain = "".join(p if isinstance(p, str) else p.text for p in pieces)
        if ignore_case:
            folded = plain.lower()
            return lambda text: text.lower() == folded
        return plain.__eq__
    segments = [""]  # regular expressions between the ``*`` wildcards
    for piece in pieces:
        if isinstance(piece, Literal):
            segments[-1] += re.escape(piece.text)
            continue
        first, *others = ("".join("." if c == "?" else re.escape(c) for c in run) for run in piece.split("*"))
        segments[-1] += first
        segments += others
    head, *middle, tail = segments if len(segments) > 1 else (segments[0], "")
    regex = head + "".join(f"(?>.*?{part})" for part in middle if part)
    regex += f".*{tail}" if len(segments) > 1 else ""
    return re.compile(regex, re.DOTALL | (re.IGNORECASE if ignore_case else 0)).fullmatch  # type: ignore[return-value]


def _pieces(text: str) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    at = 0
    for found in _VARIABLE.finditer(text):
        if found.start() > at:
            pieces.append(text[at : found.start()])
        key, default = found.group(1), found.group(2)
        pieces.append(Literal(key) if key in _ESCAPED else Variable(key.lower(), default))
        at = found.end()
    if at < len(text):
        pieces.append(text[at:])
    return tuple(pieces)


@dataclass(frozen=True, slots=True)
class Pattern:
    """One value of a policy element, compiled.

    ``text`` is what stands in the policy. ``test`` is set when the pattern holds no variable.
    """

    text: str
    wildcards: bool
    ignore_case: bool
    pieces: tuple[Piece, ...] = field(repr=False)
    test: Callable[[str], bool] | None = field(repr=False, compare=False)

    @classmethod
    def compile(
        cls, text: str, *, variables: bool = False, wildcards: bool = True, ignore_case: bool = False
    ) -> Pattern:
        """Compiles ``text``; without ``wildcards`` the characters ``*`` and ``?`` are themselves."""
        pieces: tuple[Piece, ...] = _pieces(text) if variables and "${" in text else (text,)
        if not wildcards:
            pieces = tuple(Literal(p) if isinstance(p, str) else p for p in pieces)
        test = None
        if not any(isinstance(p, Variable) for p in pieces):
            test = _compile(pieces, ignore_case)
        return cls(text, wildcards, ignore_case, pieces, test)

    @property
    def has_variables(self) -> bool:
        """Whether the request's context is needed to know what the pattern means."""
        return self.test is None

    def _resolved(self, context: Context) -> tuple[str | Literal, ...] | None:
        pieces: list[str | Literal] = []
        for piece in self.pieces:
            if isinstance(piece, Variable):
                value = context.get(piece.key, piece.default)
                if not isinstance(value, str):  # absent, or several values: nothing to put here
                    return None
                pieces.append(Literal(value))
            else:
                pieces.append(piece)
        return tuple(pieces)

    def resolve(self, context: Context) -> str | None:
        """The pattern's text with variables replaced, or None where a variable has no (single) value."""
        pieces = self._resolved(context)
        return None if pieces is None else "".join(p if isinstance(p, str) else p.text for p in pieces)

    def matches(self, text: str, context: Context) -> bool:
        """Whether the whole ``text`` matches; False where a variable has no value."""
        if self.test is not None:
            return bool(self.test(text))
        pieces = self._resolved(context)
        return pieces is not None and bool(_compile(pieces, self.ignore_case)(text))
