"""What a check says about an answer: how many of its cases hold, and why the first of the others does not.

    ✗ Not yet: 3 of 5 cases. It must refuse another function of 813835382529, and admits it.
    ✓ Solved: 5 of 5 cases.

Never the solution. A case is a reason in waiting: empty where it holds, else the sentence why it does not. An answer
that cannot be read at all holds in no case.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from labkit.show.style import framed


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many of the cases hold for an answer; ``reason`` says why the first other one does not.

    The reason of a solved one is what there is to say about it, or nothing.
    """

    held: int
    cases: int
    reason: str = ""

    @property
    def solved(self) -> bool:
        """Whether all cases hold."""
        return self.held == self.cases

    def _words(self) -> str:
        return f"{'✓ Solved' if self.solved else '✗ Not yet'}: {self.held} of {self.cases} cases."

    def __repr__(self) -> str:
        return f"{self._words()} {self.reason}".rstrip()

    def _repr_html_(self) -> str:
        colour = "labkit-yes" if self.solved else "labkit-no"
        return framed(f'<p><b class="{colour}">{self._words()}</b> {escape(self.reason)}</p>')


def verdict_on(cases: Iterable[str], when_solved: str = "") -> Verdict:
    """The verdict on an answer, from what each case says: nothing where it holds, else why not. All are looked at."""
    reasons = list(cases)
    wrong = [reason for reason in reasons if reason]
    return Verdict(len(reasons) - len(wrong), len(reasons), wrong[0] if wrong else when_solved)


def unreadable(reason: str, cases: int) -> Verdict:
    """The verdict on an answer that no case can be tried on: an empty one, or one of the wrong kind."""
    return Verdict(0, cases, reason)


def kind_of(answer: object) -> str:
    """What an answer of the wrong kind is, in words."""
    return "None" if answer is None else f"of the type {type(answer).__name__}"
