"""The statements aimed at a party, and which of them takes the least change to let its requests through.

An Allow is aimed at Lambda where its Principal covers the service, and at the caller where it covers the caller or its
account, and where one of the two actions, or one that is close to it and none of ECR's, stands in it. A change is one
condition that fails, or one action that the statement does not cover.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import NamedTuple

from labkit.check.actions import covered
from labkit.check.findings import closest_word
from labkit.diagnosis.causes import beside
from labkit.diagnosis.causes.sides import Side, resource_documents
from labkit.diagnosis.facts import Document
from labkit.diagnosis.result import LAMBDA_SIDE
from labkit.iam import action_table
from labkit.iam.match import Match
from labkit.iam.parts import Outcome, Part
from labkit.iam.statement import Statement

_ENTITIES = ("Principal", "NotPrincipal")
_ACTIONS = ("Action", "NotAction")
_MOST = 20  # statements that are combined; the rest misses by more


class Change(NamedTuple):
    """One thing to change in a statement: a condition (``part``), or the action that it does not cover."""

    target: Target
    part: Part
    action: str

    @property
    def identity(self) -> tuple[int, str, str, str, str]:
        """The same for a condition that fails for both actions."""
        part, target = self.part, self.target
        return (target.number, part.element, part.operator, part.key, "" if part.key else self.action)


class Target(NamedTuple):
    """A statement aimed at a side: the ``number`` among these, where it stands, and its match for each request."""

    number: int
    document: Document
    matches: tuple[Match, ...]
    side: Side

    @property
    def statement(self) -> Statement:
        """The statement."""
        return self.matches[0].statement

    def changes(self, place: int) -> tuple[Change, ...]:
        """What would have to change for one of the requests; nothing where it is allowed, or might be."""
        action = self.side.requests[place].action
        return tuple(Change(self, part, action) for part in self.side.failing(self.matches[place]))

    def covers(self, place: int) -> bool:
        """Whether the statement is about that request's action."""
        return all(part.matched for part in self.matches[place].parts if part.element in _ACTIONS)

    def misspells(self, place: int) -> str:
        """What stands in the statement for that request's action, misspelt; empty where nothing does."""
        return misspelling(self.statement, self.side.requests[place].action)


def misspelling(statement: Statement, action: str) -> str:
    """An action of a statement that ECR does not have and that is close to ``action``; empty where there is none."""
    if statement.action.negated:
        return ""
    known = {row.name.lower(): row.name for row in action_table.actions("ecr")}
    unknown = (text for text in statement.action.wanted if not covered(text))
    return next((text for text in unknown if known.get(closest_word(text.lower(), known) or "") == action), "")


def aimed(side: Side) -> list[Target]:
    """The statements of the resource's documents that are aimed at this side, in their order."""
    found: list[Target] = []
    for document in resource_documents(side.case):
        for matches in zip(*side.matches(document), strict=True):
            target = Target(len(found), document, matches, side)
            if target.statement.allows and _is_meant(side, matches) and _is_about(target):
                found.append(target)
    return found


def covers_party(match: Match) -> bool:
    """Whether Principal or NotPrincipal of a statement covers who asks."""
    return all(part.matched for part in match.parts if part.element in _ENTITIES)


def asks_for_callers(side: Side, match: Match) -> tuple[Part, ...]:
    """The conditions on aws:Principal… keys of callers by which a statement for everybody misses Lambda."""
    if side.name != LAMBDA_SIDE or _names(match.statement, "Service"):
        return ()
    return tuple(part for part in side.failing(match) if part.key and is_callers_key(part.key))


def is_callers_key(key: str) -> bool:
    """Whether it is a key that says who a caller is, such as aws:PrincipalOrgID."""
    row = action_table.key(key)
    return row is not None and row.carried == action_table.CALLER and key.lower().startswith("aws:principal")


def is_services_key(key: str) -> bool:
    """Whether it is a key that only a service's request has, such as aws:SourceArn."""
    row = action_table.key(key)
    return row is not None and row.carried == "service"


def names_both(statement: Statement) -> bool:
    """Whether a statement names a service and accounts, roles or users, or everyone, in one Principal."""
    return _names(statement, "Service") and _names(statement, "AWS")


def _names(statement: Statement, kind: str) -> bool:
    return not statement.not_principal and any(entry.kind == kind for entry in statement.principal or ())


def _is_meant(side: Side, matches: Sequence[Match]) -> bool:
    resource = all(part.matched for part in matches[0].parts if part.element in ("Resource", "NotResource"))
    return resource and covers_party(matches[0]) and not asks_for_callers(side, matches[0])


def _is_about(target: Target) -> bool:
    return any(target.covers(place) or target.misspells(place) for place in range(len(target.matches)))


def least_change(side: Side, targets: Sequence[Target], refused: Sequence[int]) -> tuple[Change, ...]:
    """The changes that let the refused requests through, as few and as small as there are.

    Nothing where statements might let them through already, if what is not known is in their favour.
    """
    if len(refused) < len(side.decisions):
        targets = _beside_the_allowed(targets, refused[0])
    best = sorted(targets, key=lambda target: _cost([c for place in refused for c in target.changes(place)]))[:_MOST]
    choices = ([target.changes(place) for target in best] for place in refused)
    combined = ([change for changes in each for change in changes] for each in product(*choices))
    return tuple(_once(min(combined, key=_cost)))


def _beside_the_allowed(targets: Sequence[Target], refused: int) -> list[Target]:
    """Where one action is allowed: the statements that misspell the other one, else those that leave it out."""
    misspelling = [each for each in targets if each.misspells(refused)]
    leaving = [each for each in targets if len(each.changes(refused)) == 1 and not each.covers(refused)]
    return misspelling or leaving or list(targets)


def _once(changes: Sequence[Change]) -> Iterator[Change]:
    yield from {change.identity: change for change in changes}.values()


def _cost(changes: Sequence[Change]) -> tuple[int, int, int, tuple[int, int]]:
    """How much is to be changed: in how many places, how heavy each is, for everybody or not, by how much."""
    single = list(_once(changes))
    weights = [_weight(change) for change in single]
    apart = [beside.distance(change.part) for change in single]
    everyone = sum(any(entry.is_everyone for entry in change.target.statement.principal or ()) for change in single)
    far = (sum(each[0] for each in apart), sum(each[1] for each in apart))
    return len(single), sum(weights), everyone, far


def _weight(change: Change) -> int:
    if not change.part.key:
        return 3
    return 1 if change.part.outcome in (Outcome.ABSENT, Outcome.UNKNOWN) else 0
