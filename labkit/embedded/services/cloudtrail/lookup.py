"""Finding the events of one account in one region: by an attribute, in a range of time, newest first, in pages.

A page ends at an event, and the next one begins behind it, whatever is recorded meanwhile.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from labkit.embedded.request.recording.events import AGE
from labkit.embedded.state.clock import read_stored, stored
from labkit.embedded.state.database import Database

_RESOURCE = "EXISTS (SELECT 1 FROM event_resource WHERE event = event.number AND event_resource.{} = ?)"
#: What an event must have for a lookup attribute, as SQL.
ATTRIBUTES = {
    "EventId": "id = ?",
    "EventName": "operation = ?",
    "ReadOnly": "read_only = (? = 'true')",
    "Username": "username = ?",
    "ResourceType": _RESOURCE.format("type"),
    "ResourceName": _RESOURCE.format("name"),
    "EventSource": "service || '.amazonaws.com' = ?",
    "AccessKeyId": "access_key = ?",
}


@dataclass(frozen=True)
class Question:
    """Which events are asked for: of an account and region, of the last 90 days before ``now``, and what else is given.

    ``attribute`` is a key of `ATTRIBUTES` and a value, ``after`` the position behind which a page begins.
    """

    account: str
    region: str
    now: datetime
    attribute: tuple[str, str] | None = None
    start: datetime | None = None
    end: datetime | None = None
    after: str | None = None


def find(db: Database, question: Question, most: int) -> tuple[list[dict[str, Any]], str | None]:
    """As many events as ``most``, newest first, as LookupEvents answers them; and the position of the last if more
    follow."""
    where, params = _conditions(question)
    rows = db.all(
        f"SELECT * FROM event WHERE {' AND '.join(where)} ORDER BY moment DESC, number DESC LIMIT ?",  # noqa: S608
        *params,
        most + 1,
    )
    more = len(rows) > most
    return [_shape(db, row) for row in rows[:most]], _position(rows[most - 1]) if more else None


def _conditions(question: Question) -> tuple[list[str], list[Any]]:
    start = max(question.start or question.now - AGE, question.now - AGE)
    where = ["account = ?", "region = ?", "category = 'Management'", "moment >= ?"]
    params: list[Any] = [question.account, question.region, stored(start)]
    if question.end is not None:
        where.append("moment < ?")
        params.append(stored(question.end.replace(microsecond=0)) + "\uffff")
    if question.attribute is not None:
        name, value = question.attribute
        where.append(ATTRIBUTES[name])
        params.append(value)
    if question.after is not None:
        where.append("(moment, number) < (?, ?)")
        moment, _, number = question.after.partition(" ")
        params += [moment, int(number)]
    return where, params


def _position(row: sqlite3.Row) -> str:
    return f"{row['moment']} {row['number']}"


def _shape(db: Database, row: sqlite3.Row) -> dict[str, Any]:
    found = db.all("SELECT type, name FROM event_resource WHERE event = ? ORDER BY type, name", row["number"])
    return {
        "EventId": row["id"],
        "EventName": row["operation"],
        "ReadOnly": "true" if row["read_only"] else "false",
        "AccessKeyId": row["access_key"],
        "EventTime": read_stored(row["moment"]).replace(microsecond=0),
        "EventSource": f"{row['service']}.amazonaws.com",
        "Username": row["username"],
        "Resources": [{"ResourceType": each["type"], "ResourceName": each["name"]} for each in found],
        "CloudTrailEvent": row["record"],
    }
