"""What a push and a pull come to, whoever does them, and how those who wait are told how far it is."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

LineReport = Callable[[str], None]
"""Told a line for each thing that has been done."""

BytesReport = Callable[[int, int], None]
"""Told how many bytes of how many are there."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """What a push came to: the image's digest, and how many blobs were sent and how many were there already."""

    digest: str
    sent: int
    present: int


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull came to: the image's digest, the number of blobs and their bytes."""

    digest: str
    blobs: int
    size: int


def silent(*_told: object) -> None:
    """A `LineReport` and a `BytesReport` for those who want to hear nothing."""


def in_words(say: LineReport, seconds: float = 2.0, clock: Callable[[], float] = time.monotonic) -> BytesReport:
    """Return a `BytesReport` that says a line every so many seconds: nothing where all is there sooner."""
    said = clock()

    def tell(done: int, total: int) -> None:
        nonlocal said
        if clock() - said >= seconds:
            said = clock()
            say(f"pulling AWS's base image: {done / 1e6:,.0f} of {total / 1e6:,.0f} MB")

    return tell
