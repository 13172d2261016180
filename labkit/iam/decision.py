"""The answer to a request: a decision, made of checks, made of the matches that were kept while deciding.

Deciding is the business of ``labkit.iam.evaluation``; how the answer is put into words that of ``labkit.iam.words``,
which reads what is kept here and decides nothing again. Words are made only when they are asked for.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from labkit.iam.match import Match
from labkit.iam.policies import CheckEffect, CheckKind, Policies
from labkit.iam.principals import Specificity
from labkit.iam.request import Request
from labkit.iam.rules.own_rules import OwnRule
from labkit.iam.words import denial, explain, nearest


class Check(NamedTuple):
    """One kind of policy evaluated for a request; ``specificity`` is how closely the best Allow names the principal."""

    kind: CheckKind
    effect: CheckEffect
    matches: tuple[Match, ...] = ()
    specificity: Specificity = Specificity.EXACT

    @property
    def matched(self) -> tuple[Match, ...]:
        """The statements that apply."""
        return tuple(m for m in self.matches if m.matched)


class Decision(NamedTuple):
    """Allowed or denied, with the checks it was made of.

    ``blocked_by`` is the kind of policy that decided against, None when allowed or when ``rule``, the rule that the
    action has of its own, refuses without asking any policy. ``policies`` are what ``evaluate`` was given.
    """

    request: Request
    allowed: bool
    checks: tuple[Check, ...]
    blocked_by: CheckKind | None
    policies: Policies
    rule: OwnRule | None = None

    def check(self, kind: CheckKind) -> Check:
        """The check of one kind of policy."""
        return next(check for check in self.checks if check.kind is kind)

    @property
    def denial(self) -> str | None:
        """AWS's access-denied sentence, or None when allowed or when AWS documents none (services)."""
        return denial.denial(self)

    @property
    def nearest_miss(self) -> nearest.NearestMiss | None:
        """The statement that came closest to allowing (or the one that denies) and what would have to change."""
        return nearest.nearest_miss(self)

    @property
    def unknowns(self) -> tuple[str, ...]:
        """What AWS documents no result for, in sentences; empty nearly always."""
        return explain.unknowns(self)

    def sentences(self) -> list[str]:
        """The decision in plain sentences, one a check that had something to say."""
        return explain.sentences(self)

    def to_dict(self) -> dict[str, Any]:
        """The decision as JSON data, as ``labkit evaluate --json`` prints it."""
        return explain.to_dict(self)

    def __repr__(self) -> str:
        return explain.paragraph(self)
