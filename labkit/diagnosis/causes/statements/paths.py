"""Whether a pattern can match the organization path of any account at all.

A path is ``o-…/r-…/`` with ``ou-…-…/`` for each unit below the root, and ends with a slash. It is a regular language,
so the pattern is walked beside its automaton: that both can come to their ends together means that some path matches.

Source: IAM User Guide, "AWS global condition context keys", aws:PrincipalOrgPaths.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from string import ascii_lowercase, digits

_WORD = ascii_lowercase + digits
# From each state the characters that lead on, and where to: o-WORD/ r-WORD/ (ou-WORD-WORD/)*
_STEPS: tuple[tuple[tuple[str, int], ...], ...] = (
    (("o", 1),),
    (("-", 2),),
    ((_WORD, 3),),
    ((_WORD, 3), ("/", 4)),
    (("r", 5),),
    (("-", 6),),
    ((_WORD, 7),),
    ((_WORD, 7), ("/", 8)),
    (("o", 9),),  # the end of a path, or a unit more
    (("u", 10),),
    (("-", 11),),
    ((_WORD, 12),),
    ((_WORD, 12), ("-", 13)),
    ((_WORD, 14),),
    ((_WORD, 14), ("/", 8)),
)
_END = 8


@lru_cache(maxsize=256)
def fits_some_account(pattern: str, wildcards: bool) -> bool:
    """Whether some path matches the pattern; without ``wildcards`` a ``*`` is only itself."""
    reached = {0}
    for character in pattern:
        if wildcards and character == "*":
            reached = _onward(reached)
        else:
            reached = {after for state in reached for after in _after(state, character, wildcards)}
    return _END in reached


def _after(state: int, character: str, wildcards: bool) -> Iterator[int]:
    for characters, after in _STEPS[state]:
        if character in characters or (wildcards and character == "?"):
            yield after


def _onward(states: set[int]) -> set[int]:
    """All states that any text leads to."""
    found, fresh = set(states), set(states)
    while fresh:
        fresh = {after for state in fresh for _, after in _STEPS[state]} - found
        found |= fresh
    return found
