"""What was called in the lab, by whom, and how it was decided: CloudTrail's events as a log that one can read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from labkit.ground.text import visible


@dataclass(frozen=True)
class TrailEntry:
    """One call. ``action`` is one such as ``ecr:BatchGetImage``, ``resource`` an ARN or ``*``, ``decision`` one of
    allowed, denied, failed; ``error`` is CloudTrail's errorCode.

    ``reason`` says which policy allowed or denied it, None where nothing was to be decided; ``data`` marks data events,
    which LookupEvents does not show; ``event`` is CloudTrail's record.
    """

    time: str
    account: str
    region: str
    caller: str
    action: str
    resource: str
    decision: str
    error: str | None
    reason: str | None
    data: bool
    event: Mapping[str, Any] = field(repr=False)

    @property
    def lines(self) -> tuple[str, str]:
        """When, how it was decided, what; and below it who, and why. Control characters are shown as escapes."""
        kind = " (data event)" if self.data else ""
        verdict = f"failed ({self.error})" if self.decision == "failed" else self.decision
        first = f"{self.time}  {verdict:8} {self.action}{kind}  {self.resource}"
        why = f": {self.reason}" if self.reason else ""
        return _in_a_line(first), f"    {_in_a_line(f'{self.caller}{why}')}"


@dataclass(frozen=True)
class Trail:
    """Calls, oldest first."""

    entries: tuple[TrailEntry, ...]

    @classmethod
    def of(cls, entries: list[dict[str, Any]]) -> Trail:
        """Made of what the embedded AWS has answered."""
        return cls(tuple(TrailEntry(**entry) for entry in entries))

    def __iter__(self) -> Iterator[TrailEntry]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def __repr__(self) -> str:
        return "\n".join(line for entry in self for line in entry.lines) or "Nothing was called."


def _in_a_line(text: str) -> str:
    return visible(text).replace("\n", "\\n").replace("\t", "\\t")
