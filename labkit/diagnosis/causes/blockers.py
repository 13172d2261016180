"""The documents that stand in the way of somebody's requests, each by itself: by a Deny that hits, or by silence.

    a Deny       any document that applies to the request
    silence      boundary, session policies, each level of SCPs and an endpoint's policy have to allow

A Deny that hits only because of a value that is not known is no blocker, except where that value is all but certain.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from labkit.diagnosis import facts
from labkit.diagnosis.causes.naming import place, title, told
from labkit.diagnosis.causes.sides import Side, is_complete, layers_of, resource_documents
from labkit.diagnosis.facts import Document, Layer
from labkit.diagnosis.result import CERTAIN, LIKELY, Where
from labkit.iam.match import Match
from labkit.iam.parts import Outcome

_SILENT = (facts.SESSION_POLICY, facts.BOUNDARY, facts.SCP, facts.VPC_ENDPOINT_POLICY)
_APPLYING = (facts.RCP, facts.IDENTITY_POLICY, *_SILENT)


class Blocker(NamedTuple):
    """A document in the way: where, the actions that it bars, by a Deny (``statement`` is its place) or by silence."""

    where: Where
    actions: tuple[str, ...]
    evidence: tuple[str, ...]
    statement: int | None = None
    certainty: str = CERTAIN

    @property
    def denies(self) -> bool:
        """Whether a statement denies, instead of none allowing."""
        return self.statement is not None

    @property
    def reason(self) -> str:
        """Which document, and which statement of it, denies or does not allow it, in a clause."""
        if self.statement is None:
            return f"{title(self.where)} does not allow it"
        return f"statement {self.where.sid or self.statement + 1} of {title(self.where)} denies it"


def denying(side: Side) -> Iterator[Blocker]:
    """Every statement that denies one of the requests, those of the registry's account first."""
    documents = [*resource_documents(side.case)] if _asks_resource(side) else []
    for kind in _APPLYING:
        if side.refused_by(kind):
            documents += [each for layer in layers_of(side, kind) for each in layer.documents]
    for document in documents:
        for first, match in side.denying(document):
            unsure = [part for part in match.parts if part.outcome is Outcome.UNKNOWN]
            if all(side.presumed(part, False) for part in unsure):
                yield _denial(side, document, first, match, LIKELY if unsure else CERTAIN)


def _asks_resource(side: Side) -> bool:
    return side.refused_by(facts.REPOSITORY_POLICY)


def _denial(side: Side, document: Document, first: int, match: Match, certainty: str) -> Blocker:
    request = side.requests[first]
    action = match.statement.action
    barred = [each.action for each in side.requests if action.part(each.action, each.keys, False).matched]
    evidence = (told(document, match, request, failed=False), f"It is a Deny for {', '.join(action.wanted)}.")
    where = place(document, match.statement)
    return Blocker(where, tuple(barred), evidence, match.statement.index, certainty)


def silent(side: Side) -> Iterator[Blocker]:
    """Every layer that would have to allow and does not, where no Deny of its own is in the way already."""
    for kind in _SILENT:
        for number, layer in enumerate(layers_of(side, kind), 1):
            if _limits(kind, layer) and side.refused_by(kind) and not _denied(side, layer):
                missing = side.unallowed(layer.documents)
                if missing:
                    yield _silence(side, kind, number, layer, missing)


def _limits(kind: str, layer: Layer) -> bool:
    """Whether a layer that says nothing bars the way: no session policy at all does not."""
    return is_complete(layer) and (bool(layer.documents) or kind == facts.SCP)


def _denied(side: Side, layer: Layer) -> bool:
    return any(side.denying(document) for document in layer.documents)


def _silence(side: Side, kind: str, number: int, layer: Layer, missing: Sequence[int]) -> Blocker:
    actions = tuple(side.requests[each].action for each in missing)
    if not layer.documents:
        return Blocker(Where("", kind, f"level {number}"), actions, ("No policy is attached at this level.",))
    document, evidence = nearest(side, layer.documents, missing)
    return Blocker(place(document), actions, evidence)


def nearest(side: Side, documents: Sequence[Document], missing: Sequence[int]) -> tuple[Document, tuple[str, ...]]:
    """The document with the Allow that misses in the fewest places, and what it misses by."""
    found = [
        (len(match.failed), place_of, document, match)
        for document in documents
        for place_of in missing
        for match in side.matches(document)[place_of]
        if match.statement.allows
    ]
    if not found:
        return documents[0], ("No statement of it allows anything.",)
    _, first, document, match = min(found, key=lambda each: each[0])
    return document, (told(document, match, side.requests[first]),)
