"""One statement against one request: which elements matched, and what stood on either side.

A ``Match`` is made of ``Part`` objects, one for each element that the statement has and one for each condition key.
Parts are facts (the policy's pattern beside the request's value); sentences are made of them only when asked, by
``labkit.iam.explain``. All elements are looked at, also after one has failed, since the number of failed ones tells
how near a miss was.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from labkit.iam.conditions import Outcome
from labkit.iam.document import Element, Policy, Statement
from labkit.iam.patterns import ContextValue
from labkit.iam.principals import Naming, naming, spared
from labkit.iam.request import Request


class Part(NamedTuple):
    """One element of a statement against the request.

    ``element`` is its name in the policy (Principal, NotAction, …, Condition); ``wanted`` are the policy's values,
    ``got`` is the request's value (None: absent). ``operator``, ``key`` and ``outcome`` are set for a condition.
    """

    element: str
    matched: bool
    wanted: tuple[str, ...]
    got: ContextValue | None
    operator: str = ""
    key: str = ""
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """One statement against one request; ``matched`` when every part did."""

    statement: Statement
    parts: tuple[Part, ...]
    naming: Naming = field(default=Naming.EXACT)

    @property
    def matched(self) -> bool:
        """Whether the statement applies to the request."""
        return all(part.matched for part in self.parts)

    @property
    def failed(self) -> tuple[Part, ...]:
        """The parts that did not match."""
        return tuple(part for part in self.parts if not part.matched)


def match(statement: Statement, request: Request) -> Match:
    """Compares every element of the statement with the request."""
    parts = [_element(statement.action, request.action, request)]
    named = Naming.EXACT
    if statement.principal is not None:
        named, part = _principal(statement, request)
        parts.insert(0, part)
    if statement.resource is not None:
        parts.append(_element(statement.resource, request.resource, request))
    parts += _conditions(statement, request)
    return Match(statement, tuple(parts), named)


def match_all(policy: Policy, request: Request) -> tuple[Match, ...]:
    """All statements of a policy against the request, in their order."""
    return tuple(match(statement, request) for statement in policy.statements)


def _principal(statement: Statement, request: Request) -> tuple[Naming, Part]:
    entries = statement.principal or ()
    wanted, got = tuple(str(entry) for entry in entries), str(request.principal)
    if statement.not_principal:
        applies = not spared(entries, request.principal)
        return Naming.EXACT, Part("NotPrincipal", applies, wanted, got)
    named = naming(entries, request.principal)
    return named, Part("Principal", named > Naming.NOT, wanted, got)


def _element(element: Element, value: str, request: Request) -> Part:
    listed = any(pattern.matches(value, request.keys) for pattern in element.patterns)
    wanted = tuple(pattern.text for pattern in element.patterns)
    return Part(element.name, listed != element.negated, wanted, value)


def _conditions(statement: Statement, request: Request) -> list[Part]:
    parts = []
    for condition in statement.conditions:
        outcome = condition.outcome(request.keys)
        got = request.keys.get(condition.key.lower())
        parts.append(
            Part("Condition", outcome.holds, condition.values, got, condition.operator, condition.key, outcome)
        )
    return parts
