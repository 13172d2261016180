"""The events of the whole lab as one log, for `labkit trail`: data events too, and why each call was decided so.

An event that two accounts have is one call, and is told once, as the caller's account has it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from labkit.embedded.request.recording.names import DATA, operation_of
from labkit.embedded.state.clock import iso, read_stored
from labkit.embedded.state.database import Database

_AT_ONCE = 1000
_COPY = "json_extract(record, '$.userIdentity.type') = 'AWSAccount'"
_DENIED = "json_extract(record, '$.errorCode') = 'AccessDenied'"


@dataclass(frozen=True)
class Wanted:
    """Which events: the newest ``most`` (1 to 1000), of one account or (None) all, only ``denied`` ones, or only those
    with a number above ``after``."""

    most: int = 50
    account: str | None = None
    denied: bool = False
    after: int = 0

    @classmethod
    def parse(cls, source: Mapping[str, Any]) -> Wanted:
        """Read what a control request asks for. Raises ValueError and TypeError."""
        account = source.get("account")
        most = min(max(int(source.get("most", cls.most)), 1), _AT_ONCE)
        after = int(source.get("after", 0))
        return cls(most, None if account is None else str(account), bool(source.get("denied")), after)


def read(db: Database, wanted: Wanted) -> dict[str, Any]:
    """``{"entries": [...], "last": number}``: entries, oldest first, and the number of the newest event of all."""
    where, params = ["number > ?"], [str(wanted.after)]
    if wanted.account is None:
        where.append(f"NOT {_COPY}")
    else:
        where.append("account = ?")
        params.append(wanted.account)
    if wanted.denied:
        where.append(_DENIED)
    with db.read():
        last = db.one("SELECT coalesce(max(number), 0) AS number FROM event")
        rows = db.all(
            f"SELECT * FROM event WHERE {' AND '.join(where)} ORDER BY number DESC LIMIT ?",  # noqa: S608
            *params,
            wanted.most,
        )
    return {"entries": [_entry(row) for row in reversed(rows)], "last": last["number"] if last else 0}


def _entry(row: sqlite3.Row) -> dict[str, Any]:
    record = json.loads(row["record"])
    return {
        "time": iso(read_stored(row["moment"])),
        "account": row["account"],
        "region": row["region"],
        "caller": _caller(record["userIdentity"]),
        "action": f"{row['service']}:{operation_of(row['operation'])}",
        "resource": row["resource"] or "*",
        "decision": _decision(record.get("errorCode")),
        "error": record.get("errorCode"),
        "reason": row["reason"],
        "data": row["category"] == DATA,
        "event": record,
    }


def _decision(code: str | None) -> str:
    """``allowed``, ``denied``, or ``failed`` for what was refused for another reason than permission."""
    return "allowed" if code is None else "denied" if code == "AccessDenied" else "failed"


def _caller(identity: Mapping[str, Any]) -> str:
    """Who called: an ARN, a service, the account of somebody else's; and the service that did it on its behalf."""
    by = identity.get("invokedBy")
    if identity.get("type") in (None, "AWSService"):
        return str(by)
    name = identity.get("arn") or identity.get("userName") or f"account {identity.get('accountId')}"
    return f"{name} through {by}" if by else str(name)
