"""The causes of a case, found by evaluation: each names the least change that would let this request through.

Per party and per document that fails, the first line of the table that fits names the cause; where several documents
fail, each is judged with the others taken as allowing. What is not known is never a cause.

    naming     how a cause is made                          beside    a pattern beside a value, the difference marked
    sides      who asks, and what each document says        blockers  documents in the way, by a Deny or by silence
    call       the caller's own call, the execution role    image     the image; `deleted`: that it was there
    documents  texts that are no policies                   denies    denials and guard rails
    statements statements that are missing or that miss     earlier   what shows that Lambda was let in before
    times      what only the records show                   recorded  denials that AWS recorded, as evidence
    other      what is not evaluated; what is told beside   roles     what the execution role is allowed
"""

from __future__ import annotations

from collections.abc import Iterator

from labkit.diagnosis.case import Case
from labkit.diagnosis.cause_table import ORDER
from labkit.diagnosis.causes import call, denies, documents, image, other, recorded, times
from labkit.diagnosis.causes.denies import DENIES
from labkit.diagnosis.causes.sides import sides
from labkit.diagnosis.causes.statements import caller_side, lambda_side
from labkit.diagnosis.facts import RCP
from labkit.diagnosis.result import CALLER_SIDE, LAMBDA_SIDE, Cause

_STATEMENTS = {LAMBDA_SIDE: lambda_side.causes, CALLER_SIDE: caller_side.causes}


def find(case: Case) -> tuple[Cause, ...]:
    """Why the image is not fetched, or does not run, in the order in which to mend it.

    Within one id what lies in the registry's account comes first.
    """
    found = recorded.beside(case, list(_evaluated(case)))
    if not found:
        found += times.causes(case)
    found += other.told(case)
    found += other.beside(case, found)
    return tuple(sorted(_once(found), key=lambda each: _place(case, each)))


def _place(case: Case, cause: Cause) -> tuple[int, int, bool, int]:
    """Where a cause stands in the order in which to mend them, whatever the order of the ids.

    Of the denies those of the registry's account come first; then all of Lambda's side, then all of the caller's.
    """
    registry = case.uri.account if case.uri else ""
    elsewhere = cause.where.kind != RCP and cause.where.account != registry
    place = ORDER[cause.id]
    if cause.id in DENIES:
        return _FIRST_DENY, 0, elsewhere, place
    if _FIRST_STATEMENT <= place <= _LAST_STATEMENT:
        return _FIRST_STATEMENT, _side(cause), elsewhere, place
    return place, 0, elsewhere, place


_FIRST_DENY = min(ORDER[each] for each in DENIES)
_FIRST_STATEMENT, _LAST_STATEMENT = ORDER["statement-lost"], ORDER["condition-mismatch"]
_ADDING = "caller-cannot-add"


def _side(cause: Cause) -> int:
    """Lambda's side, that the caller cannot mend it by creating the function, the caller's side."""
    if cause.id == _ADDING:
        return 1
    return 2 if cause.party == CALLER_SIDE else 0


def _evaluated(case: Case) -> Iterator[Cause]:
    yield from call.causes(case)
    yield from image.causes(case)
    yield from documents.causes(case)
    for side in () if case.facts.region_opened is False else sides(case):
        yield from denies.causes(side)
        missing = [] if image.is_nowhere(case) else list(_STATEMENTS[side.name](side))
        yield from missing
        if missing and side.name == LAMBDA_SIDE and case.adds_but_for_denies is False:
            yield from call.adding(case)


def _once(causes: list[Cause]) -> list[Cause]:
    """Causes of one id for one condition or statement made one, with the evidence of each."""
    found: dict[object, Cause] = {}
    for cause in causes:
        same = (cause.id, cause.party, cause.where, cause.statement, cause.key)
        known = found.get(same)
        evidence = dict.fromkeys((*known.evidence, *cause.evidence)) if known else ()
        found[same] = known._replace(evidence=tuple(evidence)) if known else cause
    return list(found.values())
