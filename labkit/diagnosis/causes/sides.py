"""One side of a pull, Lambda or the caller, and what each document says about its requests, one by one.

The case has decided with all documents together. Here each is asked alone, so that one that fails is judged with the
others taken as allowing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from labkit.diagnosis import facts
from labkit.diagnosis.case import Case
from labkit.diagnosis.causes.naming import place
from labkit.diagnosis.documents import policy_of
from labkit.diagnosis.facts import Document, Layer
from labkit.diagnosis.result import CALLER_SIDE, LAMBDA_SIDE, Where
from labkit.iam import CheckEffect, CheckKind, Decision
from labkit.iam.conditions import OPERATORS
from labkit.iam.match import Match, match_all
from labkit.iam.parts import Outcome, Part
from labkit.iam.patterns import UNKNOWN
from labkit.iam.request import SERVICE, Request
from labkit.pull.question import NOT_KNOWN

CHECKS = {
    facts.REPOSITORY_POLICY: CheckKind.RESOURCE,
    facts.REGISTRY_POLICY: CheckKind.RESOURCE,
    facts.RCP: CheckKind.RESOURCE_CONTROL_POLICY,
    facts.IDENTITY_POLICY: CheckKind.PRINCIPAL,
    facts.BOUNDARY: CheckKind.PERMISSIONS_BOUNDARY,
    facts.SESSION_POLICY: CheckKind.SESSION,
    facts.SCP: CheckKind.SERVICE_CONTROL_POLICY,
    facts.VPC_ENDPOINT_POLICY: CheckKind.VPC_ENDPOINT,
}
"""As which kind of check a kind of document is evaluated."""

_NAMING = frozenset({facts.REPOSITORY_POLICY, facts.REGISTRY_POLICY, facts.VPC_ENDPOINT_POLICY})
_DENIED = (CheckEffect.IMPLICIT_DENY, CheckEffect.EXPLICIT_DENY)


class Side(NamedTuple):
    """Who asks, and what was decided: ``decisions`` are one a request, ``name`` is the party's."""

    name: str
    decisions: tuple[Decision, ...]
    case: Case

    @property
    def requests(self) -> tuple[Request, ...]:
        """The requests, such as one for each of the two actions of a pull."""
        return tuple(decision.request for decision in self.decisions)

    @property
    def who(self) -> str:
        """Who asks, as the subject of a sentence."""
        if self.name == LAMBDA_SIDE:
            return "Lambda"
        caller, function = self.case.caller, self.case.facts.question.function
        return f"the caller {caller}" if caller else f"whoever calls in account {function.account if function else ''}"

    def refused_by(self, kind: str) -> bool:
        """Whether this kind of document denies one of the requests, by a statement or by its silence."""
        return any(decision.check(CHECKS[kind]).effect in _DENIED for decision in self.decisions)

    def matches(self, document: Document) -> tuple[tuple[Match, ...], ...]:
        """The statements of a document against each of the requests; none of one that AWS would not store."""
        policy = policy_of(document)
        demanded = "Principal" if document.kind in _NAMING else "Resource"
        asked = zip(self.requests, self.decisions, strict=True)
        return tuple(
            match_all(policy, request, demanded, _bounded(decision)) if policy else () for request, decision in asked
        )

    def denying(self, document: Document) -> tuple[tuple[int, Match], ...]:
        """The statements of a document that deny a request, each once, with the request's place."""
        found: dict[int, tuple[int, Match]] = {}
        for number, matches in enumerate(self.matches(document)):
            for match in matches:
                if match.matched and not match.statement.allows:
                    found.setdefault(match.statement.index, (number, match))
        return tuple(found.values())

    def unallowed(self, documents: Sequence[Document]) -> tuple[int, ...]:
        """The places of the requests that no statement of these documents allows or, with what is not known, might."""
        matches = [self.matches(document) for document in documents]
        numbers = range(len(self.decisions))
        return tuple(number for number in numbers if not any(self._may_allow(each[number]) for each in matches))

    def _may_allow(self, matches: Iterable[Match]) -> bool:
        return any(match.statement.allows and not self.failing(match) for match in matches)

    def failing(self, match: Match) -> tuple[Part, ...]:
        """The parts of an Allow that miss; not those of which nobody knows whether they do."""
        return tuple(part for part in match.failed if part.outcome is not Outcome.UNKNOWN or self.presumed(part, True))

    def presumed(self, part: Part, allows: bool) -> bool:
        """Whether a condition on a key whose value AWS does not document is all but certain to go against the party.

        Lambda's own requests come from no address and no principal that a policy names: a condition that asks for one
        of these fails, and a Deny for all but these hits.
        """
        if self.name != LAMBDA_SIDE or part.got is not UNKNOWN or part.key.lower() not in NOT_KNOWN:
            return False
        row = OPERATORS.get(part.operator.rpartition(":")[2].removesuffix("IfExists"))
        return row is not None and row.negated is not allows


def sides(case: Case) -> Iterator[Side]:
    """The sides that are asked in a case: Lambda, and across accounts the caller."""
    if case.decision is not None:
        yield Side(LAMBDA_SIDE, case.decision.service, case)
        if case.decision.caller:
            yield Side(CALLER_SIDE, case.decision.caller, case)


def resource_documents(case: Case) -> tuple[Document, ...]:
    """The repository's policy and the registry's, as far as they are known and there."""
    both = (case.facts.repository_policy, case.facts.registry_policy if case.registry_counts else None)
    return tuple(each for each in both if isinstance(each, Document))


def repository_place(case: Case) -> Where:
    """Where the repository's policy stands, or would stand."""
    policy, uri = case.facts.repository_policy, case.uri
    if isinstance(policy, Document):
        return place(policy)
    return Where(uri.account, facts.REPOSITORY_POLICY, uri.repository) if uri else Where("", facts.CALL, "")


def layers_of(side: Side, kind: str) -> tuple[Layer, ...]:
    """The layers of a kind of document that are known; each of them has to allow."""
    known = side.case.facts
    found = {
        facts.IDENTITY_POLICY: known.identity,
        facts.BOUNDARY: known.boundary,
        facts.SESSION_POLICY: known.session,
        facts.SCP: known.scp,
        facts.RCP: known.rcp,
        facts.VPC_ENDPOINT_POLICY: known.vpc_endpoint,
    }[kind]
    if isinstance(found, Document):
        return (Layer((found,)),)
    return (found,) if isinstance(found, Layer) else () if found is None else _levels(found)


def _levels(found: facts.Levels | facts.NotKnown) -> tuple[Layer, ...]:
    return () if isinstance(found, facts.NotKnown) else found


def is_complete(layer: Layer) -> bool:
    """Whether all of a layer is known and AWS takes all of it, so that its silence counts."""
    return not layer.not_known and all(policy_of(document) is not None for document in layer.documents)


def _bounded(decision: Decision) -> bool:
    is_service = decision.request.principal.kind == SERVICE
    return not is_service and decision.check(CheckKind.PERMISSIONS_BOUNDARY).effect is not CheckEffect.NO_IMPACT
