"""Plain words: numbers of things and of bytes as a person reads them, and a question before things are thrown away."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from labkit.errors import UsageError

_SINGULAR = {
    "accounts": "account",
    "users": "user",
    "roles": "role",
    "repositories": "repository",
    "images": "image",
    "functions": "function",
}


def in_words(contents: Mapping[str, int]) -> str:
    """What a state has, such as ``6 accounts, 1 repository and 2 functions``; what there is none of is left out."""
    parts = [f"{count} {name if count != 1 else _SINGULAR[name]}" for name, count in contents.items() if count]
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts) or "nothing"


def size_in_words(size: int) -> str:
    """A number of bytes as a person reads it, such as ``1.4 MB``."""
    amount = float(size)
    for unit in ("B", "kB", "MB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} GB"


def confirmed(question: str) -> bool:
    """Whether a person at the terminal says yes; no answer means no.

    Raises `UsageError` where nobody is there to be asked.
    """
    if not sys.stdin.isatty():
        raise UsageError("There is nobody to ask here: give --yes to go on without a question.")
    try:
        return input(question).strip().lower() in {"y", "yes"}
    except EOFError:
        return False
