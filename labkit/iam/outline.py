"""A decision as a tree of lines: the decision, its checks, their statements, and what each part came to.

One tree for every view: the terminal's, the notebook's and the plain text here. Each line says in a mark and in words
what it came to, so that colour may underline it but never has to carry it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from labkit.iam.evaluate import Check, Decision, Effect
from labkit.iam.explain import check_sentence, headline, policy_name, spoke, unknowns
from labkit.iam.match import Match
from labkit.iam.nearest import nearest_miss
from labkit.iam.reasons import listed, reason
from labkit.iam.request import Request

MARKS = {"yes": "✓", "no": "✗", "none": "·"}
"""The mark of each state: it allows or matches, it denies or misses, it says nothing."""


class Line(NamedTuple):
    """One line of the tree; ``state`` is yes, no or none, ``wanted`` and ``got`` are set for a part of a statement."""

    state: str
    text: str
    children: tuple[Line, ...] = ()
    wanted: str = ""
    got: str = ""

    def walk(self, depth: int = 0) -> Iterator[tuple[int, Line]]:
        """The line and all below it, each with its depth."""
        yield depth, self
        for child in self.children:
            yield from child.walk(depth + 1)


_STATES = {
    Effect.ALLOW: "yes",
    Effect.IMPLICIT_DENY: "no",
    Effect.EXPLICIT_DENY: "no",
    Effect.NO_IMPACT: "no",
}


def outline(decision: Decision) -> Line:
    """The tree of a decision; kinds of policy that had no say are left out."""
    checks = [_check(check, decision.request) for check in decision.checks if spoke(decision, check)]
    miss = nearest_miss(decision)
    last = [Line("none", f"Nearest: {miss.sentence}"), Line("none", f"To change: {miss.change}.")] if miss else []
    last += [Line("none", sentence) for sentence in unknowns(decision)]
    verdict = "Allowed" if decision.allowed else "Denied"
    state = "yes" if decision.allowed else "no"
    return Line(state, f"{verdict}: {headline(decision)}", (*checks, *last))


def _check(check: Check, request: Request) -> Line:
    name = policy_name(check.kind)
    text = f"{name[0].upper()}{name[1:]}: {_EFFECTS[check.effect]}. {check_sentence(check)}"
    return Line(_STATES[check.effect], text, tuple(_match(match, request) for match in check.matches))


_EFFECTS = {
    Effect.ALLOW: "allow",
    Effect.IMPLICIT_DENY: "implicit deny",
    Effect.EXPLICIT_DENY: "explicit deny",
    Effect.NO_IMPACT: "missing",
}


def _match(match: Match, request: Request) -> Line:
    verb = "applies" if match.matched else "does not apply"
    parts = tuple(
        Line("yes" if p.matched else "no", reason(p, request), (), listed(p.wanted), listed(p.got)) for p in match.parts
    )
    return Line(_applies(match), f"{match.statement.label} ({match.statement.effect}) {verb}", parts)


def _applies(match: Match) -> str:
    if not match.matched:
        return "none"
    return "yes" if match.statement.allows else "no"


def text(lines: Sequence[Line]) -> str:
    """Trees as indented plain text with a mark before each line."""
    return "\n".join(f"{'  ' * depth}{MARKS[line.state]} {line.text}" for tree in lines for depth, line in tree.walk())
