"""The caller's side across accounts: the resource's policies and its own identity policies must both let it in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from labkit.diagnosis import facts
from labkit.diagnosis.causes.blockers import nearest
from labkit.diagnosis.causes.naming import begun, label, listed, mended, named, place, title, told
from labkit.diagnosis.causes.sides import Side, is_complete, layers_of, repository_place, resource_documents
from labkit.diagnosis.causes.statements import misses, registry
from labkit.diagnosis.causes.statements.doubts import Doubt, doubt_of
from labkit.diagnosis.causes.statements.targets import aimed, least_change, misspelling
from labkit.diagnosis.facts import Document
from labkit.diagnosis.result import LIKELY, POSSIBLE, Cause, Where
from labkit.iam import arn as arns
from labkit.iam.match import Match
from labkit.iam.request import USER, Principal

_IDS = {USER: "AIDA"}
_ROLE_ID = "AROA"


def causes(side: Side) -> Iterator[Cause]:
    """Why the caller is not let in."""
    yield from _resource(side)
    yield from _identity(side)


def _resource(side: Side) -> Iterator[Cause]:
    refused = registry.unallowed(side)
    if not refused:
        return
    doubt = _of_somebody(side, doubt_of(side))
    void = registry.void_allow(side, refused, doubt)
    targets = aimed(side)
    gone = None if targets else _recreated(side, refused)
    if void:
        yield void
    elif targets:
        yield from misses.causes(side, least_change(side, targets, refused), doubt)
    elif gone:
        yield _renamed(side, doubt, *gone)
    else:
        yield _missing(side, doubt)


def _of_somebody(side: Side, doubt: Doubt) -> Doubt:
    """Where nobody knows who calls, a statement that names somebody of that account may name the caller."""
    if side.case.lets_somebody_in:
        return Doubt(POSSIBLE, "Who calls is not known, and the policy lets somebody of its account in.")
    return doubt


def _entries(match: Match) -> tuple[str, ...]:
    return tuple(map(str, match.statement.principal or ())) if match.statement.allows else ()


def _recreated(side: Side, refused: Sequence[int]) -> tuple[Document, Match, str] | None:
    """An Allow that would let the caller in if its name stood where a unique id stands."""
    who = side.requests[0].principal
    prefix = _IDS.get(who.kind, _ROLE_ID)
    for document in resource_documents(side.case):
        for match in side.matches(document)[refused[0]]:
            ids = [text for text in _entries(match) if text.startswith(prefix) and text.isalnum()]
            if ids and all(part.element == "Principal" for part in side.failing(match)):
                return document, match, ids[0]
    return None


def _renamed(side: Side, doubt: Doubt, document: Document, match: Match, gone: str) -> Cause:
    who, where = side.requests[0].principal, place(document, match.statement)
    sentence = (
        f"{misses.refused(side)}: {label(match.statement)} of {title(where)} names {gone}, which is what is left of a "
        "principal that was deleted; one that is made anew under the same name is somebody else."
    )
    evidence = [told(document, match, side.requests[0])]
    if who.id:
        evidence += [f"The caller's own id is {who.id}.", *misses.spelled(gone, who.id)]
    return named(
        "principal-recreated",
        where,
        doubt.told(sentence),
        evidence,
        certainty=doubt.certainty if who.id or doubt.certainty == POSSIBLE else LIKELY,
        party=side.name,
        statement=match.statement.index,
    )


def _missing(side: Side, doubt: Doubt) -> Cause:
    policy, account = side.case.facts.repository_policy, side.requests[0].principal.account or ""
    entries = (e for doc in resource_documents(side.case) for m in side.matches(doc)[0] for e in _entries(m))
    said = f"It names {', '.join(dict.fromkeys(entries)) or 'nobody'}."
    why = "no statement of its policy" if policy else "the repository has no policy that"
    return named(
        "caller-statement-missing",
        repository_place(side.case),
        doubt.told(f"{misses.refused(side)}: {why} lets in this caller or account {account}."),
        (said if policy else "The repository has no policy.", mended("caller-statement-missing", account=account)),
        certainty=doubt.certainty,
        party=side.name,
    )


# Its own identity policies


def _identity(side: Side) -> Iterator[Cause]:
    layers = layers_of(side, facts.IDENTITY_POLICY)
    if not layers or not side.refused_by(facts.IDENTITY_POLICY) or not is_complete(layers[0]):
        return
    documents = layers[0].documents
    missing = side.unallowed(documents)
    if len(missing) == len(side.decisions):
        yield _neither(side, documents, missing)
    elif missing:
        yield _half(side, documents, missing[0])


def _neither(side: Side, documents: Sequence[Document], missing: Sequence[int]) -> Cause:
    where, evidence = own_policy(side.requests[0].principal, side, documents, missing)
    sentence = f"{misses.refused(side)}: none of its identity policies allows it."
    return named("caller-identity", where, sentence, evidence, party=side.name)


def own_policy(
    who: Principal, side: Side, documents: Sequence[Document], missing: Sequence[int]
) -> tuple[Where, tuple[str, ...]]:
    """The identity policy that comes nearest to allowing, and by what it misses; the principal where it has none."""
    if documents:
        document, evidence = nearest(side, documents, missing)
        return place(document), evidence
    name = arns.parse(who.role_arn or who.arn).name
    return Where(who.account or "", facts.IDENTITY_POLICY, name), (f"The caller {who} has no identity policy.",)


def _half(side: Side, documents: Sequence[Document], missing: int) -> Cause:
    action = side.requests[missing].action
    matches = [(document, match) for document in documents for match in side.matches(document)[missing]]
    allows = [(document, match) for document, match in matches if match.statement.allows]
    wrong = [(d, m) for d, m in allows if misspelling(m.statement, action) and _only_action(side, m)]
    half = [(d, m) for d, m in allows if _only_action(side, m)]
    document, match = (wrong or half or allows)[0]
    statement, where = match.statement, place(document, match.statement)
    begin = f"{begun(side.who)} is not allowed to call {action}: {label(statement)} of {title(where)}"
    said = misspelling(statement, action) if wrong else ""
    sentence = (
        f"{begin} says {said}, which is no action of ECR." if wrong else f"{begin} allows half of what a pull needs."
    )
    needed = listed(each.action for each in side.requests)
    evidence = (f"Action is {', '.join(statement.action.wanted)}; a pull needs {needed}.",)
    return named(
        "misspelt-action" if wrong else "half-of-the-actions",
        where,
        sentence,
        (*evidence, *(misses.spelled(said, action) if wrong else ())),
        party=side.name,
        statement=statement.index,
    )


def _only_action(side: Side, match: Match) -> bool:
    return all(part.element == "Action" for part in side.failing(match))
