"""What a pasted error does not say: asked for where a person sits at the terminal, else named with its option."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from labkit.ground.text import visible

if TYPE_CHECKING:
    from labkit.diagnosis.asked import Asked
    from labkit.diagnosis.pasted import Missing

_FIELDS = {
    "IMAGE_URI": "image",
    "--function": "function",
    "--account": "function_account",
    "--region": "region",
    "--caller": "caller",
}
_BY_PROFILE = frozenset({"--account", "--caller", "--region"})
"""What a profile says of itself."""


def completed(asked: Asked, error: str, *, by_profile: bool) -> Asked:
    """What was asked, with what a person adds; ``by_profile``: AWS is asked, so that the profile says who calls."""
    if not error:
        return asked
    lacking = [each for each in _missing(asked, error) if not (by_profile and _BY_PROFILE & _options(each))]
    for each in lacking:
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            print(visible(f"labkit diagnose: the text does not say {each.what}: give {each.option}"), file=sys.stderr)
        elif answer := _answer(each):
            given: dict[str, Any] = {_field(each, answer): answer}
            asked = replace(asked, **given)
    return asked


def _missing(asked: Asked, error: str) -> tuple[Missing, ...]:
    from labkit.diagnosis import pasted

    read = pasted.read(error)
    return pasted.missing(
        replace(
            read,
            image=asked.image or read.image,
            function=asked.function or read.function,
            function_account=asked.function_account or read.function_account,
            region=asked.region or read.region,
            caller=asked.caller or read.caller,
        )
    )


def _options(missing: Missing) -> set[str]:
    return {option for option in _FIELDS if option in missing.option}


def _field(missing: Missing, answer: str) -> str:
    """Where two options would do, an account is told by its digits."""
    options = _options(missing)
    if len(options) > 1:
        options = {"--account"} if answer.isdigit() else options - {"--account"}
    return _FIELDS[min(options)]


def _answer(missing: Missing) -> str:
    print(f"{missing.what} ({missing.option}; Enter where you do not know): ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip()
