"""Other legitimate ways to let the same pull through, each with what speaks for it.

By number one account is let in; by organization every account of it, now and later; by path those of a unit. All are
offered across accounts, and the one that the fix takes is left out. In one account the statement can do without its
condition, as AWS's page shows it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from labkit.diagnosis import facts as f
from labkit.diagnosis.case import Case
from labkit.diagnosis.fixing.drafts import LONGEST, NEW_VERSION, changed, fits, is_json
from labkit.diagnosis.fixing.layout import diff, fresh, rewritten
from labkit.diagnosis.fixing.proof import is_proved
from labkit.diagnosis.fixing.statements import DocumentData, insert, only_pulls, sids, statements_of
from labkit.diagnosis.result import Alternative, Change
from labkit.pull.organization import Membership
from labkit.pull.policies import cross_account, organization, organization_paths, same_account

_BY_NUMBER = (
    "Only this account is let in, whatever becomes of the organization; each further account is one more entry."
)
_BY_ORGANIZATION = "Accounts that join the organization later are let in without a change, and the policy never grows."
_BY_PATH = "The accounts of one unit are let in, also later ones, and no others of the organization."
_BY_SERVICE = "It is the shortest, and what AWS's page shows; Lambda is not held to functions of this account."
_SHORT = "The accounts by number do not fit into the {longest:,} characters that ECR takes; this form always does."
_WHO = frozenset(
    {
        *("service-statement-missing", "statement-lost", "replica-without-policy", "caller-statement-missing"),
        *("source-arn-mismatch", "source-account-mismatch", "not-in-organization", "parallel-creates"),
        *("organization-id-mismatch", "organization-path-mismatch", "principal-recreated"),
    }
)
"""Causes that say that somebody is not let in; others are slips in a form that was chosen, and stays."""


def alternatives(case: Case, changes: tuple[Change, ...]) -> tuple[Alternative, ...]:
    """The other ways; empty where the fix does not let anybody in by the repository policy."""
    change = next((each for each in changes if each.kind == f.REPOSITORY_POLICY), None)
    if change is None or change.guard_rail or _WHO.isdisjoint(change.causes):
        return ()
    found = (
        Alternative(name, reason, tuple(made if each is change else each for each in changes))
        for name, reason, made in _made(case, change)
        if not _is_taken(case, change, name)
    )
    return tuple(each for each in found if _helps(case, each))


def _helps(case: Case, alternative: Alternative) -> bool:
    return all(map(fits, alternative.changes)) and is_proved(Case(changed(case.facts, alternative.changes)))


def _is_taken(case: Case, change: Change, name: str) -> bool:
    """Whether the fix is of this form already: what marks the form has come into the policy by it."""
    function, before = case.facts.question.function, change.before or ""
    mark = {"by number": function.account if function else "", "by organization": 'OrgID"', "by path": 'OrgPaths"'}
    return change.after.count(mark.get(name, "\0")) > before.count(mark.get(name, "\0"))


def _made(case: Case, change: Change) -> Iterator[tuple[str, str, Change]]:
    for name, reason, document in _documents(case):
        made = _with(change, document, short=False)
        yield name, reason, made
    if not fits(change):
        for name, _reason, document in _documents(case):
            if name != "by number":
                yield name, _SHORT.format(longest=LONGEST[change.kind]), _with(change, document, short=True)


def _documents(case: Case) -> Iterator[tuple[str, str, DocumentData]]:
    function = case.facts.question.function
    if function is None:
        return
    if not case.crosses:
        yield "for Lambda without a condition", _BY_SERVICE, same_account()
        return
    yield "by number", _BY_NUMBER, cross_account(function.account)
    place = case.facts.membership
    if isinstance(place, Membership) and place.org_id is not None:
        yield "by organization", _BY_ORGANIZATION, organization(place.org_id)
        if place.paths:
            yield "by path", _BY_PATH, organization_paths(*(f"{path}*" for path in place.paths))


def _with(change: Change, document: DocumentData, *, short: bool) -> Change:
    """The change that puts these statements into what is there; ``short``: in place of those that only let pull."""
    before = change.before
    data: DocumentData = json.loads(before) if before and is_json(before) else {"Version": NEW_VERSION, "Statement": []}
    if short:
        data["Statement"] = [each for each in statements_of(data) if not only_pulls(each)]
    for statement in document["Statement"]:
        taken = sids(data)
        names = (statement["Sid"], *(f"{statement['Sid']}{n}" for n in range(2, 99)))
        insert(data, {**statement, "Sid": next(each for each in names if each not in taken)})
    after = fresh(data) if before is None else rewritten(before, data)
    if len(after) > LONGEST[change.kind]:
        after = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
    return change._replace(after=after, diff=diff(before, after, change.name))
