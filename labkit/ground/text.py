"""Text of others on its way to a terminal: what would move the cursor, ring, recolour or hide is shown instead.

What a handler prints, a policy's Sid or an image's label may hold escape sequences (ECMA-48: C0 and C1 control
characters, of which ESC begins most) and characters that turn the direction of writing round (Unicode's bidirectional
controls), so that a line reads as what it is not. Every such character becomes its escape, as Python writes it.
"""

from __future__ import annotations

import re

_KEPT = "\n\t"
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_MARKS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig"))


def visible(text: str) -> str:
    """The text with control characters as escapes, such as ``\\x1b``; ends of lines and tabs stay what they are."""
    return _UNSEEN.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    character = found[0]
    return character if character in _KEPT else character.encode("unicode_escape").decode("ascii")


def visible_log(log: bytes) -> bytes:
    """The same for bytes that a process has written, whatever their encoding; the result is UTF-8."""
    return visible(log.decode("utf-8", "backslashreplace")).encode()


def decoded(content: bytes) -> str:
    """The text of bytes in UTF-8 or, where its mark stands before it, UTF-16. Raises UnicodeDecodeError."""
    return content.decode(next((name for mark, name in _MARKS if content.startswith(mark)), "utf-8"))
