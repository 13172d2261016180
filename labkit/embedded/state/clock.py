"""Time, handed in: the embedded AWS never asks the operating system itself, so that tests can move its clock.

Signatures, sessions, login tokens, download URLs, a function's warm environments: all of them end by this clock.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Something that knows what time it is."""

    def now(self) -> datetime:
        """Return this moment as an aware datetime in UTC."""
        ...


def iso(moment: datetime) -> str:
    """An aware datetime as AWS writes it most of the time: in UTC, in seconds, such as ``2026-03-01T12:00:00Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return this moment as an aware datetime in UTC."""
        return datetime.now(UTC)
