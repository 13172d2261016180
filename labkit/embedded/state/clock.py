"""Time, handed in: the embedded AWS never asks the operating system itself, so that tests can move its clock.

Signatures, sessions, login tokens, download URLs, a function's warm environments: all of them end by this clock. It is
the machine's, plus an offset that is kept in the state; so that every date in one state comes from one clock.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Something that knows what time it is."""

    def now(self) -> datetime:
        """Return this moment as an aware datetime in UTC."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return this moment as an aware datetime in UTC."""
        return datetime.now(UTC)


class OffsetClock:
    """Another clock, and so many seconds beside it."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self.offset = timedelta(seconds=seconds)

    def now(self) -> datetime:
        """Return this moment as an aware datetime in UTC."""
        return self._clock.now() + self.offset


def iso(moment: datetime) -> str:
    """An aware datetime as AWS writes it most of the time: in UTC, in seconds, such as ``2026-03-01T12:00:00Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def stored(moment: datetime) -> str:
    """An aware datetime as the state keeps it: in UTC, always as long, so that texts sort as moments do."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def read_stored(text: str) -> datetime:
    """The aware datetime that `stored` has written. Raises ValueError for what is no date."""
    return datetime.fromisoformat(text)
