"""Did you mean …? The known word that is closest to an unknown one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

_LONGEST = 200  # what is longer is no misspelling, and comparing takes time


def nearest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The word of ``known`` that is closest to ``word``, None where none is at least ``cutoff`` (0 to 1) alike."""
    close = get_close_matches(word, list(known), 1, cutoff) if len(word) <= _LONGEST else []
    return close[0] if close else None
