"""Documents that cannot be evaluated: texts that are no JSON, and policies that AWS would not store."""

from __future__ import annotations

import json
from collections.abc import Iterator

from labkit.check import check
from labkit.diagnosis.case import Case
from labkit.diagnosis.causes.naming import begun, named, place, title
from labkit.diagnosis.documents import policy_of, refused
from labkit.diagnosis.facts import Document, documents
from labkit.diagnosis.result import Cause
from labkit.errors import PolicyError


def causes(case: Case) -> Iterator[Cause]:
    """A cause for each document that is no policy, or none that AWS would store."""
    for document in documents(case.facts):
        if policy_of(document) is None:
            yield _cause(document)


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
