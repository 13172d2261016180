r"""A pasted text made plain: one line of words, in the few ways in which its lines may belong together.

Taken off: escape sequences of terminals (ECMA-48), the time stamps of logs (GitHub Actions, kubectl, docker) and the
frames of Terraform and of quoted mail at the beginning of a line, HTML's entities, the backslashes of JSON in JSON, and
what the addresses of AWS's console write for the colons and slashes of an ARN.

What is wrapped is joined: tools break lines between words, so that a line's end stands for a space; a terminal breaks
them at its last column, in the middle of a word, so that it stands for nothing; and the columns of SAM's table break
long words at hyphens and dots, where the rest of the word is found again in the same column.
"""

from __future__ import annotations

import html
import re
from collections import Counter

_ESCAPES = re.compile(
    r"\x1b\[[0-?]{0,64}[ -/]{0,8}[@-~]|\x1b\][^\x07\x1b]{0,4096}(?:\x07|\x1b\\)|\x1b[@-Z\\^_]"
    r"|(?:\\x1b|\\u001b|\\033|\^\[)?\[\d{1,3}(?:;\d{1,3}){0,5}m"
)
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
_STAMP = r"\[?\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z| ?[+-]\d\d:?\d\d)?\]?"
_FRAME = re.compile(rf"^[ \t]{{0,40}}(?:{_STAMP}[ \t]{{0,8}})?(?:[│┃║|>❯╷╵][ \t]{{0,80}}){{0,4}}", re.M)
_ESCAPED = re.compile(r"\\{1,8}(u[0-9a-fA-F]{4}|[\"'/nrt])")
_MEANING = {"n": "\n", "r": "\n", "t": " "}
_QUOTES = str.maketrans("“”„‘’‚", "\"\"\"'''")
LONGEST = 1_000_000
"""The most characters that are read of a text (see `shortened`)."""
_TELLING = ("rror", "xception", "denied", "Denied", "Lambda", "lambda", "ecr", "ECR", "authorized", "image", "FAILED")
_AROUND = 5
_NARROWEST = 40
_TERMINALS = frozenset({80, 100, 120, 132, 160, 200})
_COLUMN = re.compile(r"(?<=[-./:@_\w])[ \t]*\n[ \t]{20,}(?=[\w.:/@-])")


def cleaned(text: str) -> str:
    """The text with its lines and their frames, and without what a terminal, a page or JSON has added to its words."""
    unescaped = _ESCAPED.sub(_meaning, html.unescape(text)).replace("%3A", ":").replace("%2F", "/")
    lines = _ESCAPES.sub("", unescaped).replace("\r\n", "\n").replace("\r", "\n")
    return _INVISIBLE.sub("", lines).translate(_QUOTES)


def shortened(text: str) -> str:
    """A text of any length as one of at most a million characters.

    Of a longer one the lines that tell something are kept, with those around them; if these are too long as well, the
    first and the last half million characters, since logs name the command first and the error last.
    """
    if len(text) <= LONGEST:
        return text
    lines = text.split("\n")
    told = [at for at, line in enumerate(lines) if any(word in line for word in _TELLING)]
    near = {each for at in told for each in range(at - _AROUND, at + _AROUND + 1)}
    kept = "\n".join(line for at, line in enumerate(lines) if at in near)
    return kept if len(kept) <= LONGEST else f"{kept[: LONGEST // 2]}\n{kept[-LONGEST // 2 :]}"


def readings(text: str) -> list[str]:
    """A cleaned text as one line with single spaces: wrapped between words, at a terminal's last column, in columns."""
    ways = (text, _at_the_last_column(text), _COLUMN.sub("", text))
    return list(dict.fromkeys(" ".join(_FRAME.sub("", way).split()) for way in ways))


def _meaning(found: re.Match[str]) -> str:
    symbol = found[1]
    return chr(int(symbol[1:], 16)) if symbol[0] == "u" else _MEANING.get(symbol, symbol)


def _at_the_last_column(text: str) -> str:
    """The text with those lines joined to the next that are as wide as the terminal was."""
    lines = text.split("\n")
    widths = Counter(len(line) for line in lines)
    width = max(widths)
    if width < _NARROWEST or (widths[width] < 2 and width not in _TERMINALS):
        return text
    return "".join(line if len(line) == width else f"{line}\n" for line in lines)
