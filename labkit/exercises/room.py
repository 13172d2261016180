"""The exercises of notebook 07: how many accounts fit into a policy, and how to make room for more."""

from __future__ import annotations

import json
from collections.abc import Collection

from labkit.exercises.cases import Answer, Pull, others, pulled, read_repository_policy
from labkit.exercises.mentioned import Mentioned
from labkit.exercises.probes import everybody
from labkit.exercises.verdict import Verdict, kind_of, unreadable, weighed
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
    return weighed(cases)


def _dense(count: int) -> int:
    document = policies.cross_account(*company.account_numbers(count))
    return len(json.dumps(document, separators=(",", ":")))


def as_many_accounts(lab: Lab, policy: Answer) -> Verdict:
    """07: a policy that names the accounts of ``growth.account_numbers(200)``, and no others, and that ECR takes.

    A dict counts as ``json.dumps`` writes it, a text as it is.
    """
    parsed, accounts = read_repository_policy(policy), company.account_numbers(MANY)
    if isinstance(parsed, str):
        return unreadable(parsed, 7)
    admitted = [_pull(account, f"functions of {account}", admit=True) for account in accounts]
    strangers = company.account_numbers(MANY + 2)[MANY:]
    refused = [_pull(account, f"functions of {account}, which is none of them", admit=False) for account in strangers]
    image = ImageUri.parse(lab.image_uri(OTHER_ACCOUNT.repository))
    size = len(policy if isinstance(policy, str) else json.dumps(policy))
    keys = {condition.name for statement in parsed.statements for condition in statement.conditions}
    cases = (
        f"It has {size:,} characters." if size > company.LIMIT else "",
        "It names an organization, not accounts." if any(key.endswith(_ORGANIZATION_KEYS) for key in keys) else "",
        next(filter(None, (pulled(each, image, parsed) for each in admitted)), ""),
        *(pulled(each, image, parsed) for each in (admitted[0], *refused)),
        _nobody_else(parsed, image, frozenset(accounts)),
    )
    return weighed(cases)


def _pull(account: str, what: str, admit: bool) -> Pull:
    return Pull(what, OTHER_ACCOUNT.function, account, admit)


def _nobody_else(policy: Policy, image: ImageUri, accounts: Collection[str]) -> str:
    """Nothing where whoever is of no account of the list, and one who is, get nothing but what they must."""
    first = min(accounts)
    about = Mentioned(accounts=(first, image.account), functions=(OTHER_ACCOUNT.function,), entities=("admin",))
    probes = (
        probe
        for probe in everybody(policy, image.region, about)
        if probe.account == first or probe.account not in accounts
    )
    return others(policy, image, probes, lambda probe: probe.account in accounts)
