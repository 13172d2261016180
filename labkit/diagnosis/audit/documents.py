"""Findings about the policies as texts: what they do to services, whom they still name, how long they are.

What ``labkit.check`` finds in a policy is passed on, but for what an audit knows better, since it asks accounts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from labkit.check import DOCUMENT_KINDS, NOTE, Report, check
from labkit.diagnosis.audit.estate import Estate
from labkit.diagnosis.audit.findings import AuditFinding, finding, label_of
from labkit.diagnosis.audit.verdicts import REGISTRY_POLICY, Judged, Verdict
from labkit.iam import Policy
from labkit.pull.function import FunctionRef
from labkit.pull.reach import Extent

LIMIT = DOCUMENT_KINDS["ecr-repository"].longest or 0
"""The characters that a repository policy may have."""
NEAR = LIMIT * 9 // 10
"""From how many characters on a policy is said to be nearly too long."""

_DELETED = re.compile(r"A(?:RO|ID)A[A-Z0-9]{12,}")
_KNOWN_BETTER = frozenset({"public-principal", "id-as-principal", "too-long"})
_LOCKED_OUT_TOO, _DELETED_TOO = "negated-key-services-lack", "bad-principal"


class _Document(NamedTuple):
    """A policy with its place: the repository's name, empty for the registry's own."""

    repository: str
    kind: str
    text: str
    policy: Policy | None


def findings(estate: Estate, judged: Judged) -> Iterator[AuditFinding]:
    """What is wrong with the policies, those of repositories first, then the registry's."""
    locked_out: set[str] = set()
    for verdict in judged.verdicts:
        found = list(_services(estate, judged, verdict))
        locked_out.update(each.repository for each in found)
        yield from found or _lambda(judged, verdict)
    for document in _documents(estate, judged):
        deleted = list(_deleted(document))
        better = _KNOWN_BETTER | ({_DELETED_TOO} if deleted else set())
        better |= {_LOCKED_OUT_TOO} if document.repository in locked_out else set()
        yield from deleted
        yield from _size(document)
        yield from _checked(document, better)


def _documents(estate: Estate, judged: Judged) -> Iterator[_Document]:
    for verdict in judged.verdicts:
        text = verdict.repository.policy
        if isinstance(text, str):
            policy = verdict.reach.repository.policy if verdict.reach else None
            yield _Document(verdict.repository.name, "ecr-repository", text, policy)
    if isinstance(estate.registry.policy, str):
        yield _Document("", "ecr-registry", estate.registry.policy, judged.registry_policy)


def _services(estate: Estate, judged: Judged, verdict: Verdict) -> Iterator[AuditFinding]:
    """A Deny that hits Lambda both at home and for functions of an account that nobody knows."""
    if verdict.reach is None:
        return
    home, stranger = judged.asked.own[0], judged.asked.joiner or judged.asked.strangers[0]
    at_home = next((each for each in judged.asked.own if each.account == estate.registry.account), home)
    everywhere = set(verdict.reach.denying_lambda(stranger))
    for statement in verdict.reach.denying_lambda(at_home):
        if statement in everywhere:
            place = verdict.repository.name if statement.policy not in (REGISTRY_POLICY, "") else ""
            sentence = f"A Deny hits Lambda, whichever account's function it pulls for: {place or REGISTRY_POLICY}."
            instead = 'Add "Bool": {"aws:PrincipalIsAWSService": "false"} to its conditions.'
            yield finding("services-locked-out", place, sentence, instead, label_of(statement), statement.policy)


def _lambda(judged: Judged, verdict: Verdict) -> Iterator[AuditFinding]:
    if verdict.admission is None:
        return
    answers = (*verdict.admission.answers, *verdict.admission.named.values())
    if not any(answer.lambda_pull for answer in answers):
        sentence = f"Lambda can pull from {verdict.repository.name} for no function of any account."
        instead = (
            'For functions to use it, let "Principal": {"Service": "lambda.amazonaws.com"} call ecr:BatchGetImage and '
            "ecr:GetDownloadUrlForLayer. In the repository's own account Lambda adds it, where the caller may set it."
        )
        yield finding("no-lambda-statement", verdict.repository.name, sentence, instead)


def functions(estate: Estate, judged: Judged) -> Iterator[AuditFinding]:
    """Functions that there are, and whose image Lambda is not allowed to pull (again)."""
    by_arn = {v.reach.repository.image.repository_arn: v for v in judged.verdicts if v.reach}
    accounts = {each.account: each for each in judged.asked.real}
    for use in estate.uses:
        verdict, function = by_arn.get(use.repository), FunctionRef.parse(use.function)
        account = accounts.get(function.account)
        if verdict is None or verdict.reach is None or account is None:
            continue
        if verdict.reach.for_function(account, function.name) is Extent.NO:
            sentence = f"Lambda is not allowed to pull the image of {use.function} from {verdict.repository.name}."
            instead = "The function becomes Inactive sooner or later: admit lambda.amazonaws.com for its ARN."
            yield finding("function-locked-out", verdict.repository.name, sentence, instead, "", use.function)


def _deleted(document: _Document) -> Iterator[AuditFinding]:
    for statement in document.policy.statements if document.policy else ():
        for entry in statement.principal or ():
            if entry.kind == "AWS" and _DELETED.fullmatch(entry.text):
                what = "role" if entry.text.startswith("AROA") else "user"
                sentence = f"{label_of(statement)} names {entry.text}, a {what} that was deleted: {_name(document)}."
                instead = (
                    "Name its successor by its ARN again, or take it out. A new one of the same name is not let in."
                )
                yield finding(
                    "deleted-principal", document.repository, sentence, instead, label_of(statement), entry.text
                )


def _size(document: _Document) -> Iterator[AuditFinding]:
    if document.kind != "ecr-repository" or document.policy is None:
        return
    size = len(json.dumps(json.loads(document.text)))
    if size >= NEAR:
        sentence = f"The policy of {document.repository} has {size:,} of at most {LIMIT:,} characters."
        instead = "Name organization paths or the organization in a condition instead of accounts one by one."
        yield finding("near-size-limit", document.repository, sentence, instead)


def _checked(document: _Document, better: frozenset[str]) -> Iterator[AuditFinding]:
    """What the check finds, but for rules of which the audit knows better."""
    for found in _check(document.text, document.kind).findings:
        if found.rule.severity != NOTE and found.rule.id not in better:
            sentence = f"{found.problem} ({_name(document)})"
            label, place = _statement(document, found.pointer)
            yield finding(found.rule.id, document.repository, sentence, found.instead, label, place)


def _statement(document: _Document, pointer: str) -> tuple[str, str]:
    """From a pointer such as ``/Statement/1/Action``: how the statement is named, and where in it."""
    _, _, number, *rest = [*pointer.split("/"), "", ""]
    statements = document.policy.statements if document.policy else ()
    if not number.isdigit() or int(number) >= len(statements):
        return "", pointer
    return label_of(statements[int(number)]), "/".join(filter(None, rest))


@lru_cache(maxsize=64)
def _check(text: str, kind: str) -> Report:
    """The check's report; in most registries many repositories have the same policy."""
    return check(text, DOCUMENT_KINDS[kind])


def _name(document: _Document) -> str:
    return document.repository or REGISTRY_POLICY
