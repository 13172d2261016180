"""What a check says about an answer: solved or not yet, and the reason. Never the solution."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the answer holds, and why, in one sentence."""

    solved: bool
    reason: str

    def __repr__(self) -> str:
        return f"{'✓ Solved.' if self.solved else '✗ Not yet.'} {self.reason}"


def solved(reason: str) -> Verdict:
    """The verdict on an answer that holds."""
    return Verdict(True, reason)


def not_yet(reason: str) -> Verdict:
    """The verdict on an answer that does not hold, or on none."""
    return Verdict(False, reason)
