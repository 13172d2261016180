"""Text patterns of policy documents: the wildcards ``*`` and ``?`` and the variables ``${key}``.

A pattern is compiled once into a ``Pattern``. Without variables it is a plain test of a text; with variables it is
first resolved against the request's context, and what a variable stands for is literal text: a ``*`` inside a user
name is no wildcard. No pattern can make matching backtrack: the runs between two stars are looked for from left to
right, each at the first place where it fits, which is right because every star takes any text.

Source: IAM User Guide, "IAM JSON policy elements: Resource" (wildcards; a star at the end of an ARN segment can go
beyond the colon, and of a star inside a segment nothing else is said), "Condition operators" (ARN operators look at
each of the six fields) and "Variables and tags" (``${*}``, ``${?}``, ``${$}`` are the escaped characters,
``${key, 'default'}`` gives a default, a multivalued key is no variable, Version 2012-10-17 only).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import NamedTuple

from labkit.iam.arn import FIELDS, split


class UnknownValue(str):
    """A value that the request has on AWS and that is not known here; it equals nothing but itself."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return self is other

    def __ne__(self, other: object) -> bool:
        return self is not other

    __hash__ = object.__hash__


UNKNOWN = UnknownValue("not known")
"""The value of every condition key that is there on AWS and not known here."""

ContextValue = str | tuple[str, ...]
Context = Mapping[str, ContextValue]
TextTest = Callable[[str], bool]

# Possessive quantifiers, so that a text full of unfinished variables is read in one pass.
_VARIABLE = re.compile(r"\$\{([^{}']*+)(?:'([^']*+)'\s*+)?\}")
_ESCAPED = {"*", "?", "$"}


class Variable(NamedTuple):
    """``${key}`` or ``${key, 'default'}`` inside a pattern; ``key`` is kept in lower case."""

    key: str
    default: str | None


class LiteralText(NamedTuple):
    """Text inside a pattern in which ``*`` and ``?`` are themselves, not wildcards."""

    text: str


FixedPiece = str | LiteralText
Piece = FixedPiece | Variable


def _variable(found: re.Match[str]) -> Piece:
    """What stands in ``${…}``; something that is no variable is the text that it is."""
    name, default = found.group(1), found.group(2)
    if default is not None:
        name, comma, rest = name.partition(",")
        if not comma or rest.strip():
            return found.group()
    elif name in _ESCAPED:
        return LiteralText(name)
    name = name.strip()
    return Variable(name.lower(), default) if name and "," not in name else found.group()


def pieces_of(text: str) -> tuple[Piece, ...]:
    """Takes a text with variables apart."""
    pieces: list[Piece] = []
    at = 0
    for found in _VARIABLE.finditer(text):
        pieces += [text[at : found.start()], _variable(found)]
        at = found.end()
    pieces.append(text[at:])
    return tuple(piece for piece in pieces if piece != "")


def text_of(piece: FixedPiece) -> str:
    """The text of a piece."""
    return piece if isinstance(piece, str) else piece.text


class _Run(NamedTuple):
    """What stands between two stars; ``regex`` is set when it holds a question mark."""

    text: str
    regex: re.Pattern[str] | None

    def at(self, text: str, start: int) -> bool:
        if self.regex is None:
            return text.startswith(self.text, start)
        return self.regex.match(text, start) is not None

    def find(self, text: str, start: int, end: int) -> int:
        if self.regex is None:
            return text.find(self.text, start, end)
        found = self.regex.search(text, start, end)
        return found.start() if found else -1


def _runs(pieces: tuple[FixedPiece, ...], fold: Callable[[str], str]) -> list[_Run]:
    runs: list[list[FixedPiece]] = [[]]
    for piece in pieces:
        if isinstance(piece, LiteralText):
            runs[-1].append(LiteralText(fold(piece.text)))
            continue
        first, *others = fold(piece).split("*")
        runs[-1].append(first)
        runs += [[other] for other in others]
    return [_run(parts) for parts in runs]


def _run(parts: list[FixedPiece]) -> _Run:
    text = "".join(map(text_of, parts))
    if not any(isinstance(part, str) and "?" in part for part in parts):
        return _Run(text, None)
    regex = "".join(
        ".".join(map(re.escape, part.split("?"))) if isinstance(part, str) else re.escape(part.text) for part in parts
    )
    return _Run(text, re.compile(regex, re.DOTALL))


def _same(text: str) -> str:
    return text


def _exact(pieces: tuple[FixedPiece, ...]) -> TextTest:
    return "".join(map(text_of, pieces)).__eq__


def _exact_any_case(pieces: tuple[FixedPiece, ...]) -> TextTest:
    wanted = "".join(map(text_of, pieces)).lower()
    return lambda text: text.lower() == wanted


def _glob(pieces: tuple[FixedPiece, ...], fold: Callable[[str], str] = _same) -> TextTest:
    runs = _runs(pieces, fold)
    if len(runs) == 1:
        only = runs[0]
        return lambda text: len(text) == len(only.text) and only.at(fold(text), 0)
    head, tail = runs[0], runs[-1]
    middle = [run for run in runs[1:-1] if run.text]

    def test(text: str) -> bool:
        text = fold(text)
        at, end = len(head.text), len(text) - len(tail.text)
        if at > end or not head.at(text, 0) or not tail.at(text, end):
            return False
        for run in middle:
            found = run.find(text, at, end)
            if found < 0:
                return False
            at = found + len(run.text)
        return True

    return test


def _glob_any_case(pieces: tuple[FixedPiece, ...]) -> TextTest:
    return _glob(pieces, str.lower)


def _arn(pieces: tuple[FixedPiece, ...]) -> TextTest:
    """Six fields, each a pattern of its own; what has fewer fields is no ARN and matches nothing."""
    fields: list[list[FixedPiece]] = [[]]
    for piece in pieces:
        make: Callable[[str], FixedPiece] = LiteralText if isinstance(piece, LiteralText) else str
        first, *others = text_of(piece).split(":", len(FIELDS) - len(fields))
        fields[-1].append(make(first))
        fields += [[make(other)] for other in others]
    tests = [_glob(tuple(field)) for field in fields]

    def test(text: str) -> bool:
        found = split(text)
        return found is not None and len(tests) == len(found) and all(t(f) for t, f in zip(tests, found, strict=True))

    return test


STYLES: dict[str, Callable[[tuple[FixedPiece, ...]], TextTest]] = {
    "exact": _exact,
    "exact-any-case": _exact_any_case,
    "glob": _glob,
    "glob-any-case": _glob_any_case,
    "arn": _arn,
}
"""How a pattern is compared with a text: which characters are wildcards, and whether case matters."""


@lru_cache(maxsize=8192)
def _compile(pieces: tuple[FixedPiece, ...], style: str) -> TextTest:
    return STYLES[style](pieces)


class Pattern(NamedTuple):
    """One value of a policy element, compiled.

    ``text`` is what stands in the policy, ``style`` one of ``STYLES``. ``test`` is set when the pattern holds no
    variable; ``variables`` are the keys of those it holds, in lower case.
    """

    text: str
    style: str
    pieces: tuple[Piece, ...]
    variables: tuple[str, ...]
    test: TextTest | None

    @classmethod
    def compile(cls, text: str, style: str, *, variables: bool = False) -> Pattern:
        """Compiles ``text``; without ``variables``, ``${…}`` is text like any other."""
        pieces: tuple[Piece, ...] = pieces_of(text) if variables and "${" in text else (text,)
        fixed = tuple(piece for piece in pieces if not isinstance(piece, Variable))
        keys = tuple(dict.fromkeys(piece.key for piece in pieces if isinstance(piece, Variable)))
        return cls(text, style, pieces, keys, None if keys else _compile(fixed, style))

    def __repr__(self) -> str:
        return f"<Pattern {self.text!r}>"

    def _resolved(self, context: Context) -> tuple[FixedPiece, ...] | None:
        pieces: list[FixedPiece] = []
        for piece in self.pieces:
            if isinstance(piece, Variable):
                value = context.get(piece.key, piece.default)
                if not isinstance(value, str) or value is UNKNOWN:  # absent, several values, not known
                    return None
                pieces.append(LiteralText(value))
            else:
                pieces.append(piece)
        return tuple(pieces)

    def resolve(self, context: Context) -> str | None:
        """The pattern's text with variables replaced, or None where a variable has no (single) value."""
        pieces = self._resolved(context)
        return None if pieces is None else "".join(map(text_of, pieces))

    def matches(self, text: str, context: Context) -> bool:
        """Whether the whole ``text`` matches; False where a variable has no value."""
        if self.test is not None:
            return self.test(text)
        pieces = self._resolved(context)
        return pieces is not None and _compile(pieces, self.style)(text)
