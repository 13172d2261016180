"""The exercises of notebook 07: how many accounts fit into a policy, and how to make room for more."""

from __future__ import annotations

import json
from collections.abc import Collection

from labkit.exercises.checking.answers import WrittenPolicy, read_repository_policy
from labkit.exercises.checking.mentions import Mentions
from labkit.exercises.checking.pulls import Pull, image_of, refusal_of_others, refusal_of_pull
from labkit.exercises.checking.requesters import requesters_about
from labkit.exercises.checking.verdict import Verdict, kind_of, unreadable, verdict_on
from labkit.growth import company
from labkit.iam import Policy
from labkit.lab.article import OTHER_ACCOUNT
from labkit.lab.lab import Lab
from labkit.pull import policies
from labkit.pull.uri import ImageUri

MANY = 200
"""Accounts that the second exercise asks a policy for."""
_ORGANIZATION_KEYS = ("orgid", "orgpaths")


def room_without_blanks(count: int) -> Verdict:
    """07: how many accounts ``policies.cross_account`` can name where the policy is written without blanks."""
    if not isinstance(count, int) or isinstance(count, bool):
        return unreadable(f"The answer is a number, and this is {kind_of(count)}.", 2)
    if count < 1:
        return unreadable("There is nothing to check: no account is named.", 2)
    fits, one_more = _dense(count) <= company.LIMIT, _dense(count + 1) <= company.LIMIT
    cases = (
        "" if fits else f"With {count} accounts the policy has {_dense(count):,} characters.",
        f"With {count} accounts there is still room for another." if one_more else "",
    )
    return verdict_on(cases)


def _dense(count: int) -> int:
    document = policies.cross_account(*company.account_numbers(count))
    return len(json.dumps(document, separators=(",", ":")))


def as_many_accounts(lab: Lab, policy: WrittenPolicy) -> Verdict:
    """07: a policy that names the accounts of ``growth.account_numbers(200)``, and no others, and that ECR takes.

    A dict counts as ``json.dumps`` writes it, a text as it is.
    """
    parsed, accounts = read_repository_policy(policy), company.account_numbers(MANY)
    if isinstance(parsed, str):
        return unreadable(parsed, 7)
    admitted = [_pull(account, f"functions of {account}", admit=True) for account in accounts]
    strangers = company.account_numbers(MANY + 2)[MANY:]
    refused = [_pull(account, f"functions of {account}, which is none of them", admit=False) for account in strangers]
    image = image_of(lab, OTHER_ACCOUNT.repository)
    size = len(policy if isinstance(policy, str) else json.dumps(policy))
    keys = {condition.lower_key for statement in parsed.statements for condition in statement.conditions}
    cases = (
        f"It has {size:,} characters." if size > company.LIMIT else "",
        "It names an organization, not accounts." if any(key.endswith(_ORGANIZATION_KEYS) for key in keys) else "",
        next(filter(None, (refusal_of_pull(each, image, parsed) for each in admitted)), ""),
        *(refusal_of_pull(each, image, parsed) for each in (admitted[0], *refused)),
        _nobody_else(parsed, image, frozenset(accounts)),
    )
    return verdict_on(cases)


def _pull(account: str, what: str, admit: bool) -> Pull:
    return Pull(what, OTHER_ACCOUNT.function, account, admit)


def _nobody_else(policy: Policy, image: ImageUri, accounts: Collection[str]) -> str:
    """Nothing where whoever is of no account of the list, and one who is, get nothing but what they must."""
    first = min(accounts)
    subjects = Mentions(accounts=(first, image.account), functions=(OTHER_ACCOUNT.function,), entities=("admin",))
    requesters = (
        requester
        for requester in requesters_about(policy, image.region, subjects)
        if requester.account == first or requester.account not in accounts
    )
    return refusal_of_others(policy, image, requesters, lambda requester: requester.account in accounts)
