"""Time, handed in: the embedded AWS never asks the operating system itself, so that tests can move its clock.

`labkit.embedded.state.lab_clock` has the lab's clock, which people move. Dates are written in two ways: as AWS writes
them most of the time, and as the state keeps them.
"""

from __future__ import annotations

from datetime import UTC, datetime
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


def iso(moment: datetime) -> str:
    """An aware datetime as AWS writes it most of the time: in UTC, in seconds, such as ``2026-03-01T12:00:00Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def stored(moment: datetime) -> str:
    """An aware datetime as the state keeps it: in UTC, always as long, so that texts sort as moments do."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def read_stored(text: str) -> datetime:
    """The aware datetime that `stored` has written. Raises ValueError for what is no date."""
    return datetime.fromisoformat(text)
