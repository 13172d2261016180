"""LookupEvents, the one operation of CloudTrail that is offered here.

Source: AWS CloudTrail API Reference, LookupEvents. It says what each error means; in which words AWS answers is not
known, so the words are those of the reference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.embedded.protocol.calls import Call, Operation, ServiceError
from labkit.embedded.services.cloudtrail.lookup import Question, find
from labkit.embedded.services.paging import seal, unseal
from labkit.embedded.services.permissions import in_account

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded

LARGEST = 50
"""The most events of a page, and how many it has where nothing is said."""


def lookup_events(embedded: Embedded, call: Call) -> dict[str, Any]:
    """The newest events of the caller's account in the region that is asked. What waits in memory is written first."""
    question = _question(embedded, call)
    if call.params.get("EventCategory") == "insight":
        return {"Events": []}  # nothing is analysed here
    embedded.events.flush()
    with embedded.database.read():
        events, last = find(embedded.database, question, call.params.get("MaxResults", LARGEST))
        output: dict[str, Any] = {"Events": events}
        if last is not None:
            output["NextToken"] = seal(embedded, call, last)
        return output


def _question(embedded: Embedded, call: Call) -> Question:
    start, end = call.params.get("StartTime"), call.params.get("EndTime")
    if start is not None and end is not None and start > end:
        text = "Occurs if the timestamp values are not valid. Either the start time occurs after the end time, or the "
        raise ServiceError("InvalidTimeRangeException", f"{text}time range is outside the range of possible values.")
    return Question(
        call.account,
        call.region,
        embedded.clock.now(),
        _attribute(call),
        start,
        end,
        _after(embedded, call),
    )


def _attribute(call: Call) -> tuple[str, str] | None:
    """The one attribute that is given; the reference: "Currently the list can contain only one item"."""
    given = call.params.get("LookupAttributes") or []
    if len(given) > 1:
        raise ServiceError(
            "InvalidLookupAttributesException", "Occurs when a lookup attribute is specified that is not valid."
        )
    return (given[0]["AttributeKey"], given[0]["AttributeValue"]) if given else None


def _after(embedded: Embedded, call: Call) -> str | None:
    token = call.params.get("NextToken")
    position = None if token is None else unseal(embedded, call, token)
    if token is not None and position is None:
        text = "A token that is not valid, or a token that was previously used in a request with different parameters."
        raise ServiceError("InvalidNextTokenException", text)
    return position


OPERATIONS: dict[str, Operation] = {
    "LookupEvents": Operation(lookup_events, in_account, locks_itself=True),
}
