"""One statement against one request: which elements matched, and what stood on either side.

A ``Match`` is made of ``Part`` objects, one for each element that the statement has and one for each condition key.
All elements are looked at, also after one has failed, since the number of failed ones tells how near a miss was.

A resource policy's statement must say whom it is for, and any other policy's statement what it is for. AWS refuses
documents that leave this out; should one be evaluated all the same, such a statement matches nothing.
"""

from __future__ import annotations

from typing import NamedTuple

from labkit.iam.document import Policy
from labkit.iam.parts import Part
from labkit.iam.principals import Specificity
from labkit.iam.request import Request
from labkit.iam.statement import Statement


class Match(NamedTuple):
    """One statement against one request; ``matched`` when every part did."""

    statement: Statement
    parts: tuple[Part, ...]
    specificity: Specificity
    matched: bool

    @property
    def failed(self) -> tuple[Part, ...]:
        """The parts that did not match."""
        return tuple(part for part in self.parts if not part.matched)


_REMEMBERED = 128  # matches that a statement keeps


def match(statement: Statement, request: Request, demanded: str = "", bounded: bool = False) -> Match:
    """Compares every element of the statement with the request; ``demanded`` is the element that must be there.

    ``bounded``: the principal has a permissions boundary, which counts for NotPrincipal.

    A statement remembers its latest matches by all that it looks at, since the same few questions come again and again.
    """
    who = request.principal if statement.principal is not None or demanded == "Principal" else None
    what = request.resource if statement.resource is not None or demanded == "Resource" else None
    bounded = bounded and statement.not_principal
    asked = (demanded, bounded, who, request.action, what, *map(request.keys.get, statement.keys))
    found: Match | None = statement.remembered.get(asked)
    if found is None:
        if len(statement.remembered) >= _REMEMBERED:
            statement.remembered.clear()
        found = statement.remembered[asked] = _compare(statement, request, demanded, bounded)
    return found


def _compare(statement: Statement, request: Request, demanded: str, bounded: bool) -> Match:
    keys, allows = request.keys, statement.effect == "Allow"
    parts = [statement.action.part(request.action, keys)]
    closeness = Specificity.EXACT
    if statement.principal is not None:
        closeness, part = statement.compare_principal(request.principal, bounded)
        parts.insert(0, part)
    elif demanded == "Principal":
        parts.insert(0, Part("Principal", False, (), str(request.principal)))
    if statement.resource is not None:
        parts.append(statement.resource.part(request.resource, keys, allows))
    elif demanded == "Resource":
        parts.append(Part("Resource", False, (), request.resource))
    parts += [condition.part(keys, allows) for condition in statement.conditions]
    return Match(statement, tuple(parts), closeness, all(part.matched for part in parts))


def match_all(policy: Policy, request: Request, demanded: str = "", bounded: bool = False) -> tuple[Match, ...]:
    """All statements of a policy against the request, in their order."""
    return tuple([match(statement, request, demanded, bounded) for statement in policy.statements])
