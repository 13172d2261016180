"""Lambda's side of a pull: no statement of the repository's policy lets the service in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from labkit.diagnosis.causes import earlier
from labkit.diagnosis.causes.naming import begun, label, mended, named, place, title, told
from labkit.diagnosis.causes.sides import Side, repository_place, resource_documents
from labkit.diagnosis.causes.statements import misses, registry
from labkit.diagnosis.causes.statements.doubts import Doubt, doubt_of
from labkit.diagnosis.causes.statements.targets import aimed, asks_for_callers, covers_party, least_change
from labkit.diagnosis.facts import Document, Repository
from labkit.diagnosis.result import Cause
from labkit.iam.match import Match
from labkit.pull.policies import LAMBDA


def causes(side: Side) -> Iterator[Cause]:
    """Why no statement lets Lambda in. Nothing where Lambda adds its statement for this caller."""
    refused = registry.unallowed(side)
    if not refused or side.case.adds_but_for_denies:
        return
    doubt = doubt_of(side)
    void = registry.void_allow(side, refused, doubt)
    targets = aimed(side)
    if void:
        yield void
    elif targets:
        yield from misses.causes(side, least_change(side, targets, refused), doubt)
    else:
        yield _nothing_named(side, doubt)


def _nothing_named(side: Side, doubt: Doubt) -> Cause:
    shown = earlier.admitting(side)
    if shown:
        return _missing(side, doubt, "statement-lost", "the statement of its policy that let it in is gone", shown)
    known = side.case.facts.repository
    if isinstance(known, Repository) and known.replicated and side.case.facts.repository_policy is None:
        why = "the repository is a replica, and replication does not copy policies, so that it has none"
        return _missing(side, doubt, "replica-without-policy", why, ("ECR's replication made the repository.",))
    other = _other_services(side)
    if other:
        return _wrong_service(side, doubt, other)
    policy = side.case.facts.repository_policy
    why = "the repository has no policy" if policy is None else f"no statement of its policy names {LAMBDA}"
    return _missing(side, doubt, "service-statement-missing", why, tuple(_for_everybody(side)))


def _missing(side: Side, doubt: Doubt, id: str, why: str, evidence: Sequence[str]) -> Cause:
    none = ("The repository has no policy.",) if side.case.facts.repository_policy is None else ()
    shown = (*none, *evidence, mended("service-statement-missing"))
    sentence = doubt.told(f"{misses.refused(side)}: {why}.")
    return named(id, repository_place(side.case), sentence, shown, certainty=doubt.certainty, party=side.name)


def _allowing(side: Side) -> Iterator[tuple[Document, Match]]:
    """The Allows about one of the two actions."""
    for document in resource_documents(side.case):
        for matches in zip(*side.matches(document), strict=True):
            about = [m for m in matches if all(p.matched for p in m.parts if p.element in ("Action", "NotAction"))]
            if about and about[0].statement.allows:
                yield document, about[0]


def _other_services(side: Side) -> list[tuple[Document, Match, str]]:
    return [
        (document, match, entry.text)
        for document, match in _allowing(side)
        if not match.statement.not_principal
        for entry in match.statement.principal or ()
        if entry.kind == "Service"
    ]


def _wrong_service(side: Side, doubt: Doubt, found: Sequence[tuple[Document, Match, str]]) -> Cause:
    document, match, service = found[0]
    where = place(document, match.statement)
    sentence = f"{label(match.statement)} of {title(where)} lets in {service}, and the service that pulls is {LAMBDA}"
    return named(
        "wrong-service-principal",
        where,
        doubt.told(f"{misses.refused(side)}: {sentence}."),
        (*misses.spelled(service, LAMBDA), mended("wrong-service-principal", service=service)),
        certainty=doubt.certainty,
        party=side.name,
        statement=match.statement.index,
    )


def _for_everybody(side: Side) -> Iterator[str]:
    """What is said of statements for everybody that ask who the caller is, and of those for others."""
    for document, match in _allowing(side):
        if covers_party(match) and asks_for_callers(side, match):
            yield f"{told(document, match, side.requests[0])} It is for everybody, and asks for what only callers have."
        elif not covers_party(match):
            who = ", ".join(map(str, match.statement.principal or ()))
            yield f"{begun(label(match.statement))} of {title(place(document))} is for {who}."
