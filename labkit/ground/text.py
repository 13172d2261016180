"""Text of others on its way to a terminal: what would move the cursor, ring, recolour or hide is shown instead.

What a handler prints, a policy's Sid or an image's label may hold escape sequences (ECMA-48: C0 and C1 control
characters, of which ESC begins most) and characters that turn the direction of writing round (Unicode's bidirectional
controls), so that a line reads as what it is not. Every such character becomes its escape, as Python writes it.
"""

from __future__ import annotations

import codecs
import re

# How a text begins that is not in UTF-8: with a mark, or with an ASCII character of two bytes, as PowerShell writes it.
_ENCODINGS = (
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    *((f"{first}\0".encode(), "utf-16-le") for first in '{[" \n'),
    *((f"\0{first}".encode(), "utf-16-be") for first in '{[" \n'),
)
_KEPT = "\n\t"
UNSEEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)
"""A character that is not seen as itself: a control character, a direction of writing, what is no character at all."""


def visible(text: str) -> str:
    """The text with control characters as escapes, such as ``\\x1b``; ends of lines and tabs stay what they are."""
    return UNSEEN.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    character = found[0]
    return character if character in _KEPT else character.encode("unicode_escape").decode("ascii")


def decoded(raw: bytes) -> str:
    """The text of a file in UTF-8 or UTF-16, with or without a byte order mark, its lines ended by line feeds.

    Raises UnicodeDecodeError for what is no such text.
    """
    text = raw.decode(next((name for mark, name in _ENCODINGS if raw.startswith(mark)), "utf-8"))
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def visible_log(log: bytes) -> bytes:
    """The same for bytes that a process has written, whatever their encoding; the result is UTF-8."""
    return visible(log.decode("utf-8", "backslashreplace")).encode()
