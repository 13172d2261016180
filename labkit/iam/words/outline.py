"""A decision as a tree of lines: the decision, its checks, their statements, and what each part came to.

One tree for every view: the terminal's, the notebook's and the plain text here. Each line says in a mark and in words
what it came to, so that colour may underline it but never has to carry it. The nearest miss is marked where it stands:
the statement, the parts of it that failed, and below them what to change.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from labkit.iam.match import Match
from labkit.iam.parts import Part
from labkit.iam.policies import CheckEffect
from labkit.iam.request import Request
from labkit.iam.words.denial import name_in
from labkit.iam.words.explain import check_sentence, headline, is_involved, notes
from labkit.iam.words.nearest import nearest, nearest_miss
from labkit.iam.words.reasons import listed, reason, without_instead

if TYPE_CHECKING:  # a decision can put itself into words, so at run time it stands above them
    from labkit.iam.decision import Check, Decision

MARKS = {"yes": "✓", "no": "✗", "none": "·"}
"""The mark of each state: it allows or matches, it denies or misses, it says nothing."""
NEAREST = "nearest miss"
"""What the statement is called that came closest to allowing, and each part of it that failed."""
DECIDES = "denies it"
"""What the statement is called that denies explicitly: nothing can outweigh it."""


class Line(NamedTuple):
    """One line of the tree; ``state`` is yes, no or none.

    ``text`` says all of it in one sentence. A drawing with room for more shows ``verdict`` as a badge beside ``title``
    instead, where these are set. ``wanted`` and ``got`` are set for a part of a statement, whose ``title`` is its name
    in the policy. ``near`` is what is to be looked at first, in words; empty elsewhere.
    """

    state: str
    text: str
    children: tuple[Line, ...] = ()
    wanted: str = ""
    got: str = ""
    verdict: str = ""
    title: str = ""
    near: str = ""

    @property
    def is_part(self) -> bool:
        """Whether this is a part of a statement: a pattern beside a value."""
        return bool(self.wanted or self.got)

    @property
    def leads(self) -> bool:
        """Whether what is to be looked at first is here or below."""
        return bool(self.near) or any(child.leads for child in self.children)

    def walk(self, depth: int = 0) -> Iterator[tuple[int, Line]]:
        """The line and all below it, each with its depth."""
        yield depth, self
        for child in self.children:
            yield from child.walk(depth + 1)

    def __str__(self) -> str:
        near = f" ({self.near})" if self.near else ""
        return f"{MARKS[self.state]} {self.text}{near}"


_TO_CHANGE = "To change: "


def without_advice(line: Line) -> Line:
    """The tree without what to change, and without what to write instead: for exercises, where that is the answer."""
    kept = (child for child in line.children if not child.text.startswith(_TO_CHANGE))
    return line._replace(text=without_instead(line.text), children=tuple(map(without_advice, kept)))


_STATES = {
    CheckEffect.ALLOW: "yes",
    CheckEffect.IMPLICIT_DENY: "no",
    CheckEffect.EXPLICIT_DENY: "no",
    CheckEffect.NO_IMPACT: "no",
}


def outline(decision: Decision) -> Line:
    """The tree of a decision; kinds of policy that had no say are left out."""
    checks = [_check(check, decision) for check in decision.checks if is_involved(decision, check)]
    last = [Line("none", sentence) for sentence in notes(decision)]
    state, verdict = ("yes", "Allowed") if decision.allowed else ("no", "Denied")
    title = headline(decision)
    return Line(state, f"{verdict}: {title}", (*checks, *last), verdict=verdict, title=title)


def _check(check: Check, decision: Decision) -> Line:
    name = name_in(decision, check.kind)
    name, effect, sentence = f"{name[0].upper()}{name[1:]}", _EFFECTS[check.effect], check_sentence(check, decision)
    first = nearest(decision)
    matches = tuple(_match(match, decision, match is first) for match in check.matches)
    state = _STATES[check.effect]
    return Line(state, f"{name}: {effect}. {sentence}", matches, verdict=effect, title=f"{name}. {sentence}")


_EFFECTS = {
    CheckEffect.ALLOW: "allow",
    CheckEffect.IMPLICIT_DENY: "implicit deny",
    CheckEffect.EXPLICIT_DENY: "explicit deny",
    CheckEffect.NO_IMPACT: "missing",
}


def _match(match: Match, decision: Decision, is_nearest: bool) -> Line:
    """A statement with its parts; with what to change below them where it is the nearest miss."""
    verdict = "applies" if match.matched else "does not apply"
    near = (NEAREST if match.statement.allows else DECIDES) if is_nearest else ""
    parts = tuple(_part(part, decision.request, is_nearest) for part in match.parts)
    miss = nearest_miss(decision) if is_nearest else None
    below = (Line("none", f"{_TO_CHANGE}{miss.change}."),) if miss else ()
    title = f"{match.statement.label} ({match.statement.effect})"
    return Line(_applies(match), f"{title} {verdict}", (*parts, *below), verdict=verdict, title=title, near=near)


def _part(part: Part, request: Request, is_nearest: bool) -> Line:
    state = "yes" if part.matched else "no"
    name = f"{part.operator} {part.key}" if part.key else part.element
    near = NEAREST if is_nearest and not part.matched else ""
    return Line(state, reason(part, request), (), listed(part.wanted), listed(part.got), title=name, near=near)


def _applies(match: Match) -> str:
    if not match.matched:
        return "none"
    return "yes" if match.statement.allows else "no"


def text(lines: Sequence[Line]) -> str:
    """Trees as indented plain text with a mark before each line."""
    return "\n".join(f"{'  ' * depth}{line}" for tree in lines for depth, line in tree.walk())
