"""Checks policies before AWS does, and finds what AWS accepts and people regret.

Pure: a text goes in, a report comes out. From the tables up to the check; each module looks at one side of a policy:

    rules        the table of rules                        kinds        the table of kinds of policy documents
    findings     violations, findings and the report       positions    JSON with line and column of each part
    answers      what AWS answers to each mistake
    wrapped      policies in the answers of AWS's commands located      a statement's texts, each with its place
    structure    elements and their types                  values       principals
    resources    ARNs                                      conditions   what can match (a folder)
    actions      which exist and what wildcards cover      grants       who is let in or kept out
    providers    shared identity providers, whose users    admissions   what a repository lacks for a pull
    sarif        the report for code scanning

Which actions, resources and condition keys there are is read from ``labkit.iam.action_table``.

The text is read with positions, its statements are located, each rule's function yields violations, and ``check`` makes
findings of them: with line and column, sorted as in the text. Whatever passes without an error is also read by the
policy engine, ``labkit.iam``; a property in the tests holds that. The embedded AWS stores what passes and refuses the
rest, with ``refusal``: these are its rules as well.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any

from labkit.check import actions, admissions, conditions, grants, providers, resources, structure, values
from labkit.check.answers import UNKNOWN, answer_of
from labkit.check.findings import Finding, Refusal, Report, Violation, quoted
from labkit.check.kinds import DOCUMENT_KINDS, DocumentKind, guess_kind
from labkit.check.located import LocatedStatement
from labkit.check.positions import ParsedText, line_and_column, read
from labkit.check.rules import ERROR, NOTE, RULES, WARNING, Rule
from labkit.check.wrapped import policy_in

__all__ = [
    "DOCUMENT_KINDS",
    "ERROR",
    "NOTE",
    "RULES",
    "WARNING",
    "DocumentKind",
    "Finding",
    "Refusal",
    "Report",
    "Rule",
    "check",
    "refusal",
]

_STATEMENT_CHECKS = (actions.check, values.check, resources.check, conditions.check, grants.check, providers.check)
_SHORT = 4_000  # characters of a text whose answer is remembered
_DEEP = "The text is nested too deeply to be a policy."


def check(text: str, kind: DocumentKind | None = None) -> Report:
    """Checks a policy's text as one of that ``kind``; without, the kind is guessed from the content.

    The answer of a command such as ``aws ecr get-repository-policy`` is taken too: the policy in it is checked. Never
    raises, whatever the text is.
    """
    try:
        inside = policy_in(read(text).value)
    except (json.JSONDecodeError, RecursionError):
        inside = None
    if inside is None:
        return _checked(text, kind)
    report = _checked(inside.text, kind or inside.kind, inside.registry)
    return replace(report, inside=inside.place)


def _checked(text: str, kind: DocumentKind | None, registry: str = "") -> Report:
    try:
        parsed = read(text)
    except json.JSONDecodeError as error:
        return _unparsed(kind, *_syntax(text, error))
    except RecursionError:
        return _unparsed(kind, _DEEP, text, 0)
    used = kind or guess_kind(parsed.value)
    found = list(dict.fromkeys(_violations(parsed, used, registry)))
    findings = sorted((_placed(each, parsed, used) for each in found), key=lambda f: (f.line, f.column, f.rule.id))
    return Report(used, kind is None, tuple(findings))


def refusal(text: str, kind: DocumentKind) -> Refusal | None:
    """Why AWS does not store this text as a document of that kind, in AWS's words where they are known; None: it does.

    Of several mistakes it is the one that AWS names. The rule ``too-long`` comes after all others: it is a quota, for
    which each service has an error of its own.
    """
    return _remembered_refusal(text, kind.name) if len(text) <= _SHORT else _refusal(text, kind)


@lru_cache(maxsize=512)
def _remembered_refusal(text: str, kind: str) -> Refusal | None:
    return _refusal(text, DOCUMENT_KINDS[kind])


def _refusal(text: str, kind: DocumentKind) -> Refusal | None:
    errors = [found for found in _checked(text, kind).findings if found.rule.severity == ERROR]
    if not errors:
        return None
    first = min(errors, key=lambda found: (found.rule.id == "too-long", found.answer.stage))
    return Refusal(first.rule.id, first.answer.text or first.problem)


def _syntax(text: str, error: json.JSONDecodeError) -> tuple[str, str, int]:
    """What is wrong, the text, and the offset: of a comma too many, where the comma stands."""
    before = text[: error.pos].rstrip()
    if before.endswith(",") and text[error.pos : error.pos + 1] in ("}", "]"):
        return f"There is a comma before the closing {text[error.pos]}.", text, len(before) - 1
    return f"{error.msg}.", text, error.pos


def _unparsed(kind: DocumentKind | None, problem: str, text: str, offset: int) -> Report:
    used = kind or guess_kind(None)
    instead = "Write JSON: double quotes, commas between members and none after the last, no comments."
    answer = answer_of("json-syntax", None, used)
    finding = Finding(RULES["json-syntax"], "", *line_and_column(text, offset), problem, instead, answer)
    return Report(used, kind is None, (finding,))


def _placed(found: Violation, parsed: ParsedText, kind: DocumentKind) -> Finding:
    offset = parsed.repeated.get(found.pointer) if found.rule == "duplicate-key" else None
    place = line_and_column(parsed.source, offset) if offset is not None else parsed.place(found.pointer)
    rule = RULES[found.rule]
    answer = answer_of(rule.id, found.answer, kind) if rule.severity == ERROR else UNKNOWN
    return Finding(rule, found.pointer, *place, found.problem, found.instead, answer)


def _violations(parsed: ParsedText, kind: DocumentKind, registry: str) -> Iterator[Violation]:
    if structure.bare_statement(parsed.value):
        yield structure.wrap()
        return
    yield from _repeated(parsed)
    length = len(parsed.source) if kind.blanks else sum(not c.isspace() for c in parsed.source)
    yield from structure.document(parsed.value, kind, length)
    version = str(parsed.value.get("Version", "2008-10-17")) if isinstance(parsed.value, dict) else ""
    statements = []
    for raw, pointer in _statements(parsed.value):
        yield from structure.statement(raw, kind, pointer)
        if isinstance(raw, dict):
            statements.append(LocatedStatement(kind, version, raw, pointer))
    for statement in statements:
        for rule in _STATEMENT_CHECKS:
            yield from rule(statement)
    yield from structure.sids(statements, kind)
    yield from admissions.check(statements, registry)


def _repeated(parsed: ParsedText) -> Iterator[Violation]:
    for pointer in parsed.repeated:
        key = pointer.rpartition("/")[2]
        yield Violation(
            "duplicate-key", pointer, f"The key {quoted(key)} stands twice.", "Keep one, with a list of values."
        )


def _statements(document: Any) -> Iterator[tuple[Any, str]]:
    listed = document.get("Statement") if isinstance(document, dict) else None
    if isinstance(listed, list):
        yield from ((raw, f"/Statement/{index}") for index, raw in enumerate(listed))
    elif listed is not None:
        yield listed, "/Statement"
