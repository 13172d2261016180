"""When access keys and roles were last used: what GetAccessKeyLastUsed and GetRole answer.

A use is noted in memory and written together with something else that is written: at most once a minute, and when the
lab ends. So no request costs a write of its own. What a crash loses is the last minute's uses, and of those only what
these two operations show; AWS itself tells them late (IAM User Guide: "within four hours").
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from labkit.embedded.records.keys import Session, UserKey
from labkit.embedded.state.clock import Clock, stored
from labkit.embedded.state.database import Database

_EVERY = timedelta(minutes=1)


class Use(NamedTuple):
    """One use of a key or role: an aware datetime, a service such as ``ecr``, a region."""

    moment: datetime
    service: str
    region: str


class Uses:
    """The last use of each key and role that has not been written yet, by its id."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._pending: dict[str, Use] = {}
        self._written: datetime | None = None

    def note(self, used: UserKey | Session, service: str, region: str) -> None:
        """Somebody has signed a request with this key, or as this role."""
        id = used.id if isinstance(used, UserKey) else used.role_id
        if id is not None:
            self._pending[id] = Use(self._clock.now(), service, region)

    def pending(self, id: str) -> Use | None:
        """The last use of a key or role, if it is newer than what is written."""
        return self._pending.get(id)

    def write(self, *, at_once: bool = False) -> None:
        """In a unit that writes: write what is pending if that has not been done within the last minute."""
        now = self._clock.now()
        if not self._pending or not (at_once or self._written is None or abs(now - self._written) >= _EVERY):
            return
        uses = dict(self._pending)
        for id, use in uses.items():
            self._write(id, use)
        self._database.afterwards(lambda: self._forget(uses, now))

    def _write(self, id: str, use: Use) -> None:
        moment = stored(use.moment)
        if id.startswith("AROA"):
            self._database.run(
                "UPDATE entity SET last_used = ?, last_used_region = ? WHERE id = ?", moment, use.region, id
            )
        else:
            self._database.run(
                "UPDATE access_key SET last_used = ?, last_used_service = ?, last_used_region = ? WHERE id = ?",
                moment,
                use.service,
                use.region,
                id,
            )

    def _forget(self, uses: dict[str, Use], now: datetime) -> None:
        """What has become durable is pending no more, unless there was a newer use since."""
        self._written = now
        for id, use in uses.items():
            if self._pending.get(id) == use:
                self._pending.pop(id, None)
