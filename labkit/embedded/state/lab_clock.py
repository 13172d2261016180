"""The lab's clock: the machine's plus an offset that is kept in the state, and moved.

By it go sessions, login tokens, the lab's own download URLs, images, functions, events and every date in an answer, so
that all dates in one state come from one clock. By the machine's own go only signatures, those of presigned URLs too:
whoever signs reads the machine's clock and knows of no offset. The dates of HTTP itself are the machine's for the same
reason.

The clock is moved forward, by a `span` such as ``+30d``, or its offset is set back to nothing; what has ended by then
stays ended.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from labkit.embedded.state.clock import Clock, iso, stored
from labkit.embedded.state.database import Database
from labkit.errors import UsageError

NOW = "now"
"""What sets the lab's clock back to the machine's."""

FARTHEST = timedelta(days=100 * 365)
"""How far the lab's clock can be ahead of the machine's: every date stays one that clients can read."""

DOWNLOAD_KEY = "download_key"
"""The setting with the key that download URLs are signed with."""

_SETTING = "clock_offset"
_SPAN = re.compile(r"\+?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?", re.ASCII)
_UNITS = ("weeks", "days", "hours", "minutes", "seconds")


class OffsetClock:
    """Another clock, the ``machine``'s, and so far ahead of it."""

    def __init__(self, machine: Clock, offset: timedelta) -> None:
        self.machine = machine
        self.offset = offset

    @property
    def reading(self) -> ClockReading:
        """What it shows now."""
        return ClockReading(self.now(), self.offset)

    def now(self) -> datetime:
        """Return this moment as an aware datetime in UTC."""
        return self.machine.now() + self.offset


def span(text: str) -> timedelta:
    """The time that a text such as ``+30d``, ``2h`` or ``1d12h30m`` means: weeks, days, hours, minutes, seconds.

    Raises UsageError for anything else, and for no time at all.
    """
    found = _SPAN.fullmatch(text.strip())
    if found is None or not any(found.groups()):
        backwards = text.strip().startswith("-")
        why = "The lab's clock only moves forward" if backwards else f"{text!r} is no time to move the clock by"
        raise UsageError(f"{why}: use +30d, 2h, 45m, 90s, or several together as in +1d12h; 'now' undoes the moves.")
    amounts = {unit: min(int(amount or 0), 10**9) for unit, amount in zip(_UNITS, found.groups(), strict=True)}
    try:
        return timedelta(**amounts)
    except OverflowError:
        return timedelta.max


def moved(offset: timedelta, by: timedelta) -> timedelta:
    """The offset after a move. Raises UsageError for one beyond `FARTHEST`."""
    if by > FARTHEST - offset:
        raise UsageError(f"The lab's clock can be at most {FARTHEST.days} days ahead of this machine's.")
    return offset + by


def kept_offset(db: Database) -> timedelta:
    """How far the lab's clock is ahead, as the state has it."""
    row = db.one("SELECT value FROM setting WHERE name = ?", _SETTING)
    return timedelta(seconds=float(row["value"])) if row else timedelta()


def keep_offset(db: Database, offset: timedelta) -> None:
    """Keep it, in a unit that writes."""
    db.run("INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)", _SETTING, str(offset.total_seconds()))


def stay_ended(db: Database, until: datetime, now: datetime) -> None:
    """What has ended ``until`` this moment stays so when it will be ``now`` again, in a unit that writes.

    Which download URLs there are is not known, so that none of them is taken any more.
    """
    for table in ("session", "login_token"):
        ended = (stored(now), stored(now), stored(until))
        db.run(f"UPDATE {table} SET expires = ? WHERE expires > ? AND expires <= ?", *ended)  # noqa: S608
    db.run("DELETE FROM setting WHERE name = ?", DOWNLOAD_KEY)


@dataclass(frozen=True)
class ClockReading:
    """What the lab's clock shows: an aware datetime in UTC, and how far that is ahead of the machine's."""

    now: datetime
    ahead: timedelta

    @classmethod
    def of(cls, source: Mapping[str, Any]) -> ClockReading:
        """The reading in an answer of the embedded AWS."""
        return cls(datetime.fromisoformat(source["now"]), timedelta(seconds=source["ahead_seconds"]))

    def to_dict(self) -> dict[str, Any]:
        """The reading as JSON data: ``now`` and ``ahead_seconds``."""
        return {"now": iso(self.now), "ahead_seconds": int(self.ahead.total_seconds())}

    def __repr__(self) -> str:
        return f"{iso(self.now)}, {self.words}"

    @property
    def words(self) -> str:
        """How it stands to the machine's clock, such as ``30 d 2 h ahead of this machine``."""
        if not self.ahead:
            return "the time of this machine"
        seconds = int(self.ahead.total_seconds())
        parts = ((seconds // 86400, "d"), (seconds // 3600 % 24, "h"), (seconds // 60 % 60, "min"), (seconds % 60, "s"))
        return " ".join(f"{number} {unit}" for number, unit in parts if number) + " ahead of this machine"
