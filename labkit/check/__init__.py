"""Checks policies before AWS does, and finds what AWS accepts and people regret.

Pure: a text goes in, a report comes out. From the tables up to the check; each module looks at one side of a policy:

    rules        the table of rules                        kinds        the table of kinds of policy documents
    guess        which kind a document is, and why         answers      what AWS answers to each mistake
    findings     violations, findings and the report       positions    JSON with line and column of each part
    wrapped      policies in the answers of AWS's commands located      a statement's texts, each with its place
    structure    elements and their types
    values       principals                                resources    ARNs
    actions      which exist, and wildcards                conditions   what can match (a folder)
    grants       who is let in or kept out                 providers    shared identity providers, whose users
    pulls        what a pull by Lambda needs (a folder)    sarif        the report for code scanning
    stored       which policies of a question AWS would not store

Which actions, resources and condition keys there are is read from ``labkit.iam.action_table``.

What is wrong with a text that is no JSON says ``labkit.ground.json_mistakes``.

The text is read with positions, its statements are located, each rule's function yields violations, and ``check`` makes
findings of them: with line and column, sorted as in the text. Whatever passes without an error is also read by the
policy engine, ``labkit.iam``; a property in the tests holds that. The embedded AWS stores what passes and refuses the
rest, with ``refusal``: these are its rules as well.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from labkit.check import actions, conditions, grants, providers, resources, structure, values
from labkit.check.answers import UNKNOWN, answer_of
from labkit.check.findings import Finding, Refusal, Report, Violation, quoted
from labkit.check.guess import guess
from labkit.check.kinds import DOCUMENT_KINDS, DocumentKind
from labkit.check.located import LocatedStatement
from labkit.check.positions import ParsedText, line_and_column, read
from labkit.check.pulls import admissions
from labkit.check.pulls import asked as pulls
from labkit.check.pulls.probes import LambdaPull
from labkit.check.rules import ERROR, NOTE, RULES, WARNING, Rule
from labkit.check.wrapped import NoPolicy, no_policy_in, policy_in
from labkit.errors import PolicyError
from labkit.ground.json_mistakes import Mistake, mistake
from labkit.iam import Policy

__all__ = [
    "DOCUMENT_KINDS",
    "ERROR",
    "NOTE",
    "RULES",
    "WARNING",
    "DocumentKind",
    "Finding",
    "LambdaPull",
    "Refusal",
    "Report",
    "Rule",
    "check",
    "refusal",
]

_STATEMENT_CHECKS = (actions.check, values.check, resources.check, conditions.check, grants.check, providers.check)
_SHORT = 4_000  # characters of a text whose answer is remembered
_DEEP = Mistake("The text is nested too deeply to be a policy.", "A policy has seven levels; give one.", 0)
_REPOSITORY = DOCUMENT_KINDS["ecr-repository"]


def check(text: str, kind: DocumentKind | None = None, pull: LambdaPull | None = None) -> Report:
    """Checks a policy's text as one of that ``kind``; without, the kind is guessed from the content.

    The answer of a command such as ``aws ecr get-repository-policy`` is taken too: the policy in it is checked; and the
    answer that there is none. With ``pull`` it is a repository policy, and an error is whatever keeps Lambda from
    getting the image. Never raises, whatever the text is.
    """
    text = text.removeprefix("\ufeff")
    kind = _REPOSITORY if pull else kind
    none = no_policy_in(text)
    if none is not None:
        return _nothing(none, pull)
    try:
        inside = policy_in(read(text).value)
    except (json.JSONDecodeError, RecursionError):
        inside = None
    if inside is None:
        return _checked(text, kind, pull=pull)
    report = _checked(inside.text, kind or inside.kind, inside.registry, pull)
    return replace(report, inside=inside.place, why=f"it stood in {inside.place} of an answer of AWS's")


def _checked(text: str, kind: DocumentKind | None, registry: str = "", pull: LambdaPull | None = None) -> Report:
    try:
        parsed = read(text)
    except json.JSONDecodeError as error:
        return _unparsed(kind, text, mistake(text, error))
    except RecursionError:
        return _unparsed(kind, text, _DEEP)
    guessed = guess(parsed.value) if kind is None else None
    used = guessed.kind if guessed else kind or _REPOSITORY
    pull = replace(pull, registry_account=pull.registry_account or registry) if pull else None
    found, asked = _violations(parsed, used, pull.registry_account if pull else registry, pull)
    findings = sorted((_placed(each, parsed, used) for each in found), key=lambda f: (f.line, f.column, f.rule.id))
    return Report(used, guessed is not None, tuple(findings), why=guessed.why if guessed else "", functions_of=asked)


def _nothing(none: NoPolicy, pull: LambdaPull | None) -> Report:
    """The report about a repository without a policy."""
    problem = "The repository has no policy: AWS answered RepositoryPolicyNotFoundException."
    instead = "In the repository's own account Lambda adds its statement, if the caller may set the policy."
    found, asked = [Violation("no-policy", "", problem, instead)], tuple[str, ...]()
    if pull:
        pull = replace(pull, registry_account=pull.registry_account or none.registry)
        found, asked = [*found, *pulls.check(None, (), pull)], tuple(pulls.accounts((), pull))
    findings = tuple(Finding(RULES[v.rule], "", 1, 1, v.problem, v.instead, raised=v.severity) for v in found)
    why = "AWS answered that a repository has none"
    return Report(_REPOSITORY, pull is None, findings, why=why, functions_of=asked)


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


def _unparsed(kind: DocumentKind | None, text: str, wrong: Mistake) -> Report:
    answer = answer_of("json-syntax", None, kind) if kind else UNKNOWN
    place = line_and_column(text, wrong.offset)
    finding = Finding(RULES["json-syntax"], "", *place, wrong.problem, wrong.instead, answer)
    return Report(kind, kind is None, (finding,))


def _placed(found: Violation, parsed: ParsedText, kind: DocumentKind) -> Finding:
    offset = parsed.repeated.get(found.pointer) if found.rule == "duplicate-key" else None
    place = line_and_column(parsed.source, offset) if offset is not None else parsed.place(found.pointer)
    rule = RULES[found.rule]
    answer = answer_of(rule.id, found.answer, kind) if rule.severity == ERROR else UNKNOWN
    return Finding(rule, found.pointer, *place, found.problem, found.instead, answer, found.severity)


def _violations(
    parsed: ParsedText, kind: DocumentKind, registry: str, pull: LambdaPull | None
) -> tuple[list[Violation], tuple[str, ...]]:
    """What is wrong with the policy and, where it is for Lambda's pulls, of whose functions was asked."""
    statements = [
        LocatedStatement(kind, _version(parsed.value), raw, pointer)
        for raw, pointer in _statements(parsed.value)
        if isinstance(raw, dict)
    ]
    own = list(dict.fromkeys(_of_itself(parsed, kind, statements, registry)))
    try:
        policy = Policy.parse(parsed.source) if pull else None
    except PolicyError:
        policy = None
    if pull is None or policy is None:  # what cannot be parsed has an error of its own
        return own, ()
    asked = list(pulls.check(policy, statements, pull))
    said = {(each.rule, _statement_of(each.pointer)) for each in asked}
    beside = set() if pull.function_account or any(each.severity for each in asked) else admissions.RULES
    rest = [each for each in own if each.rule in beside or each.rule not in admissions.RULES]
    rest = [each for each in rest if (each.rule, _statement_of(each.pointer)) not in said]
    return [*rest, *asked], tuple(pulls.accounts(statements, pull))


def _statement_of(pointer: str) -> str:
    return "/".join(pointer.split("/")[:3])


def _version(document: Any) -> str:
    return str(document.get("Version", "2008-10-17")) if isinstance(document, dict) else ""


def _of_itself(
    parsed: ParsedText, kind: DocumentKind, statements: Sequence[LocatedStatement], registry: str
) -> Iterator[Violation]:
    if structure.bare_statement(parsed.value):
        yield structure.wrap()
        return
    yield from _repeated(parsed)
    length = len(parsed.source) if kind.blanks else sum(not c.isspace() for c in parsed.source)
    yield from structure.document(parsed.value, kind, length)
    for raw, pointer in _statements(parsed.value):
        yield from structure.statement(raw, kind, pointer)
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
