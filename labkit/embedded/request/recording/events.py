"""Events: what was called, by whom, and how it was decided, as CloudTrail keeps it.

Recording must not make every read a commit of its own. So an event of a call that writes is written in the call's unit,
and is there if the call was acknowledged. Events of reads and of refused calls wait in memory: until something is
written anyway, until somebody asks, or for about a second, after which a thread writes them (`Events.keep_written`; a
lab without threads writes them at the next of the others). They are lost if the process is killed before that: events
of the last second that changed nothing.

Kept are the newest `MOST` of the lab, and none that is older than CloudTrail's 90 days by the lab's clock.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from labkit.embedded.state.clock import Clock, stored
from labkit.embedded.state.database import Database, StateError

MOST = 10_000
"""How many events are kept; the oldest go first."""
AGE = timedelta(days=90)
"""How long they are kept (CloudTrail User Guide, "Working with CloudTrail Event history")."""
_MOST_WAITING = 500  # calls whose events wait in memory
_PRUNED_EVERY = 200  # events written
_WRITTEN_AFTER = 1.0  # seconds


@dataclass(frozen=True, slots=True)
class Event:
    """One event of one account. ``record`` is CloudTrail's, as JSON; ``reason`` says how the engine decided.

    ``resources`` are pairs of type and name by which LookupEvents finds it, ``resource`` is what was authorized.
    """

    id: str
    account: str
    region: str
    service: str
    operation: str
    moment: datetime
    record: str = field(repr=False)
    category: str
    read_only: bool
    username: str | None
    access_key: str | None
    resource: str
    reason: str | None
    resources: tuple[tuple[str, str], ...] = ()


class Noted:
    """What is noted of one call: its events, made once, when they are first asked for."""

    def __init__(self, make: Callable[[], list[Event]]) -> None:
        self._make = make
        self._events: list[Event] | None = None

    def events(self) -> list[Event]:
        """The events, the caller's first."""
        if self._events is None:
            self._events = self._make()
        return self._events


class Events:
    """Writes events, at once or when it costs nothing."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._waiting: dict[Noted, None] = {}  # in order
        self._unpruned = _PRUNED_EVERY
        self._noted = threading.Event()

    def note(self, noted: Noted) -> None:
        """Keep events in memory until they are written."""
        self._waiting[noted] = None
        self._noted.set()
        if len(self._waiting) > _MOST_WAITING:
            self._database.afterwards(self.flush)

    def write(self, events: Sequence[Event] = ()) -> None:
        """In a unit that writes: write what waits, then these."""
        waiting = list(self._waiting)
        self._insert([*(event for noted in waiting for event in noted.events()), *events])
        self._database.afterwards(lambda: self._forget(waiting))

    def flush(self) -> None:
        """Write what waits, in a unit of its own. Raises `StateError` where the disk refuses."""
        if self._waiting:
            with self._database.write():
                self.write()

    def keep_written(self, stopped: threading.Event) -> None:
        """What a thread does: write what waits a second after it came, until it is ``stopped``; else it sleeps."""
        while not stopped.is_set():
            self._noted.wait()
            self._noted.clear()
            stopped.wait(_WRITTEN_AFTER)
            with suppress(StateError):  # the log says so; they wait on
                self.flush()

    def end(self, stopped: threading.Event) -> None:
        """Let the thread that does `keep_written` end."""
        stopped.set()
        self._noted.set()

    def _forget(self, written: Iterable[Noted]) -> None:
        for noted in written:
            self._waiting.pop(noted, None)

    def _insert(self, events: Sequence[Event]) -> None:
        for event in events:
            self._insert_one(event)
        self._unpruned += len(events)
        if self._unpruned >= _PRUNED_EVERY:
            self._unpruned = 0
            self._prune()

    def _insert_one(self, event: Event) -> None:
        added = self._database.run(
            "INSERT OR IGNORE INTO event (id, account, region, service, operation, moment, record, category, read_only,"
            " username, access_key, resource, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            event.id,
            event.account,
            event.region,
            event.service,
            event.operation,
            stored(event.moment),
            event.record,
            event.category,
            int(event.read_only),
            event.username,
            event.access_key,
            event.resource,
            event.reason,
        )
        for kind, name in event.resources if added else ():
            self._database.run(
                "INSERT INTO event_resource (event, type, name) VALUES ((SELECT number FROM event WHERE id = ?), ?, ?)",
                event.id,
                kind,
                name,
            )

    def _prune(self) -> None:
        self._database.run("DELETE FROM event WHERE number <= (SELECT max(number) FROM event) - ?", MOST)
        self._database.run("DELETE FROM event WHERE moment < ?", stored(self._clock.now() - AGE))
