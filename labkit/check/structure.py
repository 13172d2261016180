"""Is it a policy document of its kind at all? Elements, their types, what must and must not stand there.

These are the rules whose breach AWS refuses, other than those about single values (``labkit.check.values``).
Source: IAM User Guide, "Grammar of the IAM JSON policy language", and the table of kinds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from labkit.check import answers
from labkit.check.findings import Violation, closest_word, quoted
from labkit.check.kinds import DocumentKind
from labkit.check.located import LocatedStatement
from labkit.check.positions import escape
from labkit.iam.document import DOCUMENT_ELEMENTS, PRINCIPAL_KINDS, STATEMENT_ELEMENTS

_PAIRS = (("Principal", "NotPrincipal"), ("Action", "NotAction"), ("Resource", "NotResource"))
_WITH_NULLS = ("Resource", "NotResource")  # IAM skips a null in their lists
_LISTS = ("Action", "NotAction", "Resource", "NotResource")
_WRAPPED = '{"Version": "2012-10-17", "Statement": [ … ]}'
_SID = re.compile(r"[A-Za-z0-9]*")


def document(value: Any, kind: DocumentKind, length: int) -> Iterator[Violation]:
    """Findings about the document as a whole; ``length`` is that of its text as AWS counts it."""
    if not isinstance(value, dict):
        yield Violation("wrong-type", "", "The policy is not a JSON object.", f"Write {_WRAPPED}.")
        return
    yield from _unknown(value, DOCUMENT_ELEMENTS, "", "the policy")
    yield from _version(value, kind)
    yield from _forbidden(value, kind, "")
    yield from _id(value, kind)
    if value.get("Statement") in (None, []):
        yield Violation("no-statement", "/Statement", "There is no statement.", f"Write {_WRAPPED}.")
    if kind.longest is not None and length > kind.longest:
        counted = "characters" if kind.blanks else "characters without white space"
        problem = f"It has {length:,} {counted}; {kind.label} may have {kind.longest:,}."
        yield Violation("too-long", "", problem, "Use wildcards, or organization keys instead of lists of accounts.")


def _id(value: dict[str, Any], kind: DocumentKind) -> Iterator[Violation]:
    if "Id" in value and not isinstance(value["Id"], str):
        yield Violation("wrong-type", "/Id", "Id is not a text.", "Write a text, or leave Id out.")
    elif "Id" in value and not kind.principal_kinds:
        # The guide says that identity policies have none; IAM takes it.
        yield Violation("unneeded-id", "/Id", "Only resource policies have an Id.", "Leave Id out.")


def bare_statement(value: Any) -> bool:
    """Whether the document is a statement, without the document around it."""
    return isinstance(value, dict) and "Statement" not in value and "Effect" in value


def wrap(problem: str = "This is a statement, not a policy.") -> Violation:
    """The finding about a bare statement."""
    return Violation("bare-statement", "", problem, f"Put it into a document: {_WRAPPED}.")


def _version(value: dict[str, Any], kind: DocumentKind) -> Iterator[Violation]:
    version = value.get("Version")
    if not isinstance(version, str | None) or version not in kind.versions:
        problem = "Version is missing." if version is None else f"Version is {version!r}."
        answer = answers.VERSION if version in (None, "2008-10-17") else None
        instead = 'Write "Version": "2012-10-17", the newest there is.'
        yield Violation("bad-version", "/Version", problem, instead, answer)


def statement(value: Any, kind: DocumentKind, pointer: str) -> Iterator[Violation]:
    """Findings about one statement's elements."""
    if not isinstance(value, dict):
        instead = 'Write {"Effect": "Allow", "Action": …}.'
        yield Violation("wrong-type", pointer, "The statement is not a JSON object.", instead)
        return
    yield from _unknown(value, STATEMENT_ELEMENTS, pointer, "the statement")
    yield from _effect(value, pointer)
    yield from _forbidden(value, kind, pointer)
    yield from _missing(value, kind, pointer)
    yield from _pairs(value, pointer)
    yield from _types(value, kind, pointer)
    yield from _sid(value, kind, pointer)


def sids(statements: Sequence[LocatedStatement], kind: DocumentKind) -> Iterator[Violation]:
    """Sids that stand twice where they must be unique."""
    seen: set[str] = set()
    for each in statements:
        sid = each.raw.get("Sid")
        if kind.by_iam and isinstance(sid, str) and sid in seen:
            problem = f"The Sid {quoted(sid)} stands twice."
            yield Violation("bad-sid", each.at("Sid"), problem, "Give each statement its own.", answers.SAME_SID)
        if isinstance(sid, str) and sid:
            seen.add(sid)


def _unknown(value: dict[str, Any], known: Sequence[str], pointer: str, where: str) -> Iterator[Violation]:
    for element in value:
        if element not in known:
            by_lower = {each.lower(): each for each in known}
            meant = closest_word(element.lower(), by_lower)
            instead = f"Write {by_lower[meant]!r}." if meant else f"There are only {', '.join(known)}."
            problem = f"{quoted(element)} is no element of {where}."
            yield Violation("unknown-element", f"{pointer}/{escape(element)}", problem, instead)


def _effect(value: dict[str, Any], pointer: str) -> Iterator[Violation]:
    if "Effect" not in value:
        problem, at = "There is no Effect.", pointer
    elif value["Effect"] not in ("Allow", "Deny"):
        problem, at = f"Effect is {value['Effect']!r}.", f"{pointer}/Effect"
    else:
        return
    answer = answers.LEGACY if str(value.get("Effect")).lower() in ("allow", "deny") else None
    yield Violation("bad-effect", at, problem, 'Write "Effect": "Allow" or "Effect": "Deny", in this spelling.', answer)


# What IAM says of an element, in a trust policy (True) and in others.
_FORBIDDEN = {
    (True, "Resource"): answers.RESOURCE_IN_TRUST,
    (True, "NotAction"): answers.ASSUME_ROLE,
    (False, "Principal"): answers.PRINCIPAL,
    (False, "NotPrincipal"): answers.PRINCIPAL,
}
_MISSING = {"Action": answers.NO_ACTION, "Resource": answers.NO_RESOURCE, "Principal": answers.NO_PRINCIPAL}


def _forbidden(value: dict[str, Any], kind: DocumentKind, pointer: str) -> Iterator[Violation]:
    for element, why in kind.forbidden.items():
        if element in value:
            problem = f"{kind.label[0].upper()}{kind.label[1:]} must not have {element}: {why}."
            answer = _FORBIDDEN.get((kind.name == "trust", element))
            yield Violation("element-not-allowed", f"{pointer}/{element}", problem, f"Leave {element} out.", answer)


def _missing(value: dict[str, Any], kind: DocumentKind, pointer: str) -> Iterator[Violation]:
    for group in (("Action", "NotAction"), *kind.required):
        if not any(element in value and value[element] != [] for element in group):
            example = '"Action": "ecr:BatchGetImage"' if group[0] == "Action" else kind.example
            problem = f"The statement has no {group[0]}, which {kind.label} needs."
            yield Violation("missing-element", pointer, problem, f"Write for example {example}.", _MISSING[group[0]])


def _pairs(value: dict[str, Any], pointer: str) -> Iterator[Violation]:
    for one, other in _PAIRS:
        if one in value and other in value:
            problem = f"The statement has both {one} and {other}."
            yield Violation(
                "both-forms", f"{pointer}/{other}", problem, "Keep one of the two, or write two statements."
            )


def _sid(value: dict[str, Any], kind: DocumentKind, pointer: str) -> Iterator[Violation]:
    sid = value.get("Sid", "")
    if not isinstance(sid, str):
        yield Violation("wrong-type", f"{pointer}/Sid", "Sid is not a text.", "Write a text, or leave Sid out.")
    elif kind.by_iam and not _SID.fullmatch(sid):
        problem = f"The Sid {quoted(sid)} has other characters than letters and digits."
        instead = "Write it with A-Z, a-z and 0-9 only."
        yield Violation("bad-sid", f"{pointer}/Sid", problem, instead, answers.SID_FORM)


def _types(value: dict[str, Any], kind: DocumentKind, pointer: str) -> Iterator[Violation]:
    for element in _LISTS:
        if value.get(element, []) == []:  # an empty list is reported as missing
            continue
        if not _is_texts(value[element], kind.by_iam and element in _WITH_NULLS):
            problem = f"{element} is not a text or a list of texts."
            instead = f'Write "{element}": "…" or "{element}": ["…", "…"].'
            yield Violation("wrong-type", f"{pointer}/{element}", problem, instead)
    for element in ("Principal", "NotPrincipal"):
        if element in value:
            yield from _principal_types(value[element], f"{pointer}/{element}")
    if "Condition" in value:
        yield from _condition_types(value["Condition"], f"{pointer}/Condition")


def _principal_types(value: Any, pointer: str) -> Iterator[Violation]:
    if value == "*":
        return
    if not isinstance(value, dict) or not value:
        instead = 'Write {"AWS": "…"}, {"Service": "…"} or "*".'
        yield Violation("wrong-type", pointer, 'The principal is neither an object nor "*".', instead)
        return
    yield from _unknown(value, PRINCIPAL_KINDS, pointer, "a principal")
    for kind, listed in value.items():
        if not _is_texts(listed):
            at = f"{pointer}/{escape(kind)}"
            yield Violation("wrong-type", at, f"{kind} is not a text or a list of texts.", f'Write "{kind}": "…".')


def _condition_types(value: Any, pointer: str) -> Iterator[Violation]:
    shape = 'Write "Condition": {"StringEquals": {"aws:SourceAccount": "…"}}.'
    if not isinstance(value, dict):
        yield Violation("wrong-type", pointer, "Condition is not an object of operators.", shape)
        return
    for operator, keys in value.items():
        at = f"{pointer}/{escape(operator)}"
        if not isinstance(keys, dict):
            yield Violation("wrong-type", at, f"{operator} is not an object of condition keys.", shape)
            continue
        for key, listed in keys.items():
            if not _is_scalars(listed):
                problem = f"The value of {key} is not a text or a list of texts."
                yield Violation("wrong-type", f"{at}/{escape(key)}", problem, shape)


def _is_texts(value: Any, nulls: bool = False) -> bool:
    listed = [each for each in value if each is not None or not nulls] if isinstance(value, list) else [value]
    return bool(listed) and all(isinstance(each, str) for each in listed)


def _is_scalars(value: Any) -> bool:
    return all(isinstance(each, str | int | float) for each in (value if isinstance(value, list) else [value]))
