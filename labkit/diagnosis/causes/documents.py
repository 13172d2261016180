"""Documents that cannot be evaluated: texts that are no JSON, and policies that AWS would not store."""

from __future__ import annotations

import json
from collections.abc import Iterator

from labkit.check import check
from labkit.diagnosis import facts
from labkit.diagnosis.case import Case
from labkit.diagnosis.causes.naming import begun, named, place, title
from labkit.diagnosis.documents import policy_of, refused
from labkit.diagnosis.facts import Document, Layer, documents
from labkit.diagnosis.result import CALLER_SIDE, CERTAIN, POSSIBLE, Cause
from labkit.errors import PolicyError

_CALLERS = frozenset(
    {facts.IDENTITY_POLICY, facts.BOUNDARY, facts.SESSION_POLICY, facts.SCP, facts.VPC_ENDPOINT_POLICY}
)


def causes(case: Case) -> Iterator[Cause]:
    """A cause for each document that is no policy, or none that AWS would store.

    One that has no say in this pull, such as a policy of the execution role, is only possible.
    """
    for document in documents(case.facts):
        if policy_of(document) is None:
            has_say = document not in _of_execution_role(case) and not (case.restores and document.kind in _CALLERS)
            found = _cause(document)
            party = CALLER_SIDE if has_say and document.kind in _CALLERS else ""
            yield found._replace(certainty=CERTAIN if has_say else POSSIBLE, party=party)


def _of_execution_role(case: Case) -> tuple[Document, ...]:
    known = case.facts
    own, callers = known.execution_identity, known.identity
    shared = callers.documents if isinstance(callers, Layer) else ()
    return tuple(each for each in own.documents if each not in shared) if isinstance(own, Layer) else ()


def _cause(document: Document) -> Cause:
    where = place(document)
    if _is_json(document.text):
        problem = refused(document) or _problem(document)
        sentence = f"AWS would not store {title(where)} as it is: {problem}"
        return named("policy-not-accepted", where, sentence, (problem,))
    found = (each for each in check(document.text).findings if each.rule.id == "json-syntax")
    spot = next((f"line {each.line}, column {each.column}: {each.problem}" for each in found), "it cannot be read.")
    return named("policy-not-json", where, f"{begun(title(where))} is not JSON: {spot}", (spot,))


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _problem(document: Document) -> str:
    try:
        return repr(document.policy)
    except PolicyError as error:
        return str(error)
