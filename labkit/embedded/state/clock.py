"""Time, handed in: the embedded AWS never asks the operating system itself, so that tests can move its clock."""

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
