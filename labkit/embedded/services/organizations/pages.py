"""Lists in pages: as many as MaxResults says (20, also where nothing is said), and a token for what follows.

A list is in the order in which its rows were made, and a page begins after the last row of the one before, so that
nothing is left out or told twice when something changes in between. A token says of which list it is, and is good for
that one only.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from typing import Any

from labkit.embedded.protocol.calls import Call
from labkit.embedded.services.organizations.errors import invalid
from labkit.embedded.services.organizations.lookup import Home, Row

LARGEST = 20
"""The most that a page has, and what it has where nothing is said (Organizations API Reference, MaxResults)."""


def page(
    call: Call, home: Home, member: str, sql: str, params: tuple[Any, ...], show: Callable[[Row], dict[str, Any]]
) -> dict[str, Any]:
    """The output of a list: its ``member`` with what ``show`` makes of each row, and NextToken if more follow.

    ``sql`` selects rows with their ``rowid`` as ``position``; its conditions stand last, so that more can follow them.
    """
    size = call.params.get("MaxResults", LARGEST)
    rows = home.db.all(
        f"{sql} AND position > ? ORDER BY position LIMIT ?",
        *params,
        _position(call, home),
        size + 1,
    )
    output: dict[str, Any] = {member: [show(row) for row in rows[:size]]}
    if len(rows) > size:
        output["NextToken"] = _token(call, home, rows[size - 1]["position"])
    return output


def whole(call: Call, member: str, items: list[dict[str, Any]]) -> dict[str, Any]:
    """The output of a list that never has a second page. Raises InvalidInputException where one is asked for."""
    if "NextToken" in call.params:
        raise invalid("INVALID_NEXT_TOKEN")
    return {member: items}


def _list(call: Call, home: Home) -> list[Any]:
    """Which list a call asks for: the operation and what it is asked about."""
    asked = {name: value for name, value in call.params.items() if name not in ("NextToken", "MaxResults")}
    return [home.id, call.operation, asked]


def _token(call: Call, home: Home, position: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([_list(call, home), position]).encode()).decode()


def _position(call: Call, home: Home) -> int:
    if "NextToken" not in call.params:
        return -1
    try:
        listed, position = json.loads(base64.urlsafe_b64decode(call.params["NextToken"].encode()))
    except (ValueError, TypeError, RecursionError, binascii.Error):
        raise invalid("INVALID_NEXT_TOKEN") from None
    if listed != _list(call, home) or type(position) is not int or not 0 <= position < 1 << 62:
        raise invalid("INVALID_NEXT_TOKEN")
    return position
