"""Tokens that say where a list goes on: opaque, of this lab only, and of the one list that has answered them.

A token holds the position after which the list continues (the sort key of the last row that was shown), so that a list
neither loses nor repeats a row when others come and go between two pages. It is sealed with the lab's secret together
with what identifies the list; one that no answer contained, or that another list did, is not opened.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded
    from labkit.embedded.protocol.calls import Call

_SEAL = 12  # bytes
_PAGING = frozenset({"Marker", "MaxItems", "MaxResults", "NextToken", "maxResults", "nextToken"})


def seal(embedded: Embedded, call: Call, position: str) -> str:
    """The token with which the list that ``call`` asks for goes on after ``position``; letters, digits, ``-_=``."""
    content = position.encode()
    return urlsafe_b64encode(_seal(embedded, call, content) + content).decode()


def unseal(embedded: Embedded, call: Call, token: str) -> str | None:
    """The position in a token that `seal` has made for this list; None for any other text."""
    try:
        raw = urlsafe_b64decode(token.encode("ascii"))
    except ValueError:
        return None
    position = raw[_SEAL:].decode(errors="replace")
    genuine = seal(embedded, call, position)  # there is one text for one position
    return position if hmac.compare_digest(genuine.encode(), token.encode()) else None


def _seal(embedded: Embedded, call: Call, content: bytes) -> bytes:
    named: dict[str, Any] = {name: value for name, value in call.params.items() if name not in _PAGING}
    text = repr((call.account, call.region, call.service, call.operation, sorted(named.items()), content))
    return hmac.digest(embedded.secret, text.encode(), hashlib.sha256)[:_SEAL]
