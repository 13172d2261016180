"""What a pasted error does not say: asked for where a person sits at the terminal, else named with its option."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from labkit.errors import UsageError
from labkit.ground.text import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from labkit.diagnosis.asked import Asked
    from labkit.diagnosis.pasted import Missing, PastedError

_FIELDS = {
    "IMAGE_URI": "image",
    "--function": "function",
    "--account": "function_account",
    "--region": "region",
    "--caller": "caller",
}
_BY_PROFILE = frozenset({"--account", "--caller", "--region"})
"""What a profile says of itself."""


def completed(asked: Asked, error: str, *, by_profile: bool, quotes: bool = True) -> Asked:
    """What was asked, with what a person adds; ``by_profile``: AWS is asked, so that the profile says who calls.

    ``quotes``: what the text says may be repeated; it names accounts.
    """
    if not error:
        return asked
    from labkit.diagnosis import pasted

    read = pasted.read(error)
    if quotes and not (read.is_of_image and (asked.image or read.image)):  # what is of the image, the diagnosis tells
        _say(pasted.in_short(read))
    lacking = [each for each in _missing(asked, read) if not (by_profile and _BY_PROFILE & _options(each))]
    if sys.stdin.isatty() and sys.stderr.isatty():
        return _answered(asked, lacking)
    listed = "; ".join(f"{each.what} ({each.option})" for each in lacking)
    if any(each.option == "IMAGE_URI" for each in lacking) and not by_profile:
        raise UsageError(f"The text does not say {listed}: give that, too.")
    if lacking:
        _say(f"the text does not say {listed}")
    return asked


def _say(line: str) -> None:
    print(visible(f"labkit diagnose: {line}"), file=sys.stderr)


def _answered(asked: Asked, lacking: Sequence[Missing]) -> Asked:
    """What was asked, with the answers of whoever sits there."""
    for each in lacking:
        if answer := _answer(each):
            given: dict[str, Any] = {_field(each, answer): answer}
            asked = replace(asked, **given)
    return asked


def _missing(asked: Asked, read: PastedError) -> tuple[Missing, ...]:
    from labkit.diagnosis import pasted

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
