"""What came of a scenario's step in words: its mark, its outcome, and the evidence, for the terminal and for pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from labkit.scenarios import StepResult
from labkit.scenarios.model import DENIED, FAILED, REFUSED, SKIPPED

YES, STOPPED, NO, NONE = "yes", "stopped", "no", "none"
"""The kinds of outcome; a denial or refusal that was expected is as good as a success."""

MARKS = {YES: "✓", STOPPED: "⊘", NO: "✗", NONE: "–"}
_KINDS = {DENIED: STOPPED, REFUSED: STOPPED, FAILED: NO, SKIPPED: NONE}


def kind(result: StepResult) -> str:
    """Which kind of outcome it is."""
    return _KINDS.get(result.outcome, YES) if result.ok else NO


def outcome(result: StepResult) -> str:
    """The outcome in words, with what was expected where it is not that."""
    if not result.ok:
        return f"{result.outcome}, expected {result.step.expect}"
    return f"{result.outcome} as expected" if kind(result) == STOPPED else result.outcome


def error_of(result: StepResult) -> str:
    """AWS's error verbatim with its code and status, or the lab's sentence; empty where there is none."""
    error = result.facts.get("error", {})
    code = f"{error['code']} ({error['status']}): " if "code" in error else ""
    return f"{code}{error['message']}" if error else ""


Fact = Callable[[Mapping[str, Any]], str]

_FACTS: dict[str, Fact] = {
    "payload": lambda facts: f"{facts['status']} {facts['payload']}",
    "index": lambda facts: str(facts["index"]),
    "digest": lambda facts: str(facts["digest"]),
    "base": lambda facts: str(facts["base"]),
    "reason": lambda facts: str(facts["reason"]),
}


def facts_of(result: StepResult) -> Iterator[str]:
    """What else the step has to show for itself: the function's answer, the digest, the reason."""
    yield from (say(result.facts) for name, say in _FACTS.items() if name in result.facts)
