"""The exercises of notebook 00: reading the map of the organization."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from labkit.errors import UsageError
from labkit.exercises.checking.verdict import Verdict, kind_of, unreadable, verdict_on
from labkit.lab.actor import Actor
from labkit.lab.lab import Lab
from labkit.pull.organization import Organization, check_account, check_organization_path

_PATH_CASES, _ACCOUNT_CASES = 3, 2


def path_of_development(lab: Lab, path: str) -> Verdict:
    """00: the organization path of the place that holds the development account: one place, that exists, and that one.

    A lab on one's own accounts has no development account; the workload account is asked for then, and the reason
    says so.
    """
    development = lab.actor("development")
    if development:
        return _path_of(lab, path, development)
    verdict = _path_of(lab, path, lab.workload)
    return replace(
        verdict, reason=f"{verdict.reason} This lab has no development account, so the workload account is asked for."
    )


def _path_of(lab: Lab, path: str, wanted: Actor) -> Verdict:
    if not isinstance(path, str):
        return unreadable(f"A path is text, and this is {kind_of(path)}.", _PATH_CASES)
    if not path:
        return unreadable("There is nothing to check: the path is empty.", _PATH_CASES)
    organization = lab.organization()
    try:
        check_organization_path(path, organization.id)
    except UsageError as error:
        return unreadable(str(error), _PATH_CASES)
    cases = _path_cases(organization, path, wanted)
    return verdict_on(
        cases, f"This is the value of aws:SourceOrgPaths when Lambda pulls for the {wanted.name} account."
    )


def _path_cases(organization: Organization, path: str, wanted: Actor) -> Iterator[str]:
    pattern = path.endswith("*")
    yield "This is a pattern: it matches many places. The path of one place ends with a slash." if pattern else ""
    unit = next((each for each in organization.units if organization.path(each.id) == path), None)
    yield "" if unit else "There is no place with this path, so it holds no account."
    accounts = organization.children(unit.id)[1] if unit else ()
    names = ", ".join(each.name for each in accounts) or "no account"
    here = any(each.id == wanted.account for each in accounts)
    yield "" if here else f"This place holds {names}, and not the {wanted.name} account {wanted.account}."


def beyond_every_organization(lab: Lab, account: str) -> Verdict:
    """00: the account that no organization's id can ever admit: one of the lab, in no organization."""
    if not account:
        return unreadable("There is nothing to check: the number is empty.", _ACCOUNT_CASES)
    try:
        check_account(account)
    except UsageError as error:
        return unreadable(str(error), _ACCOUNT_CASES)
    praise = "It is in no organization: only a policy that names the account itself can admit it."
    return verdict_on(_account_cases(lab, account), praise)


def _account_cases(lab: Lab, account: str) -> Iterator[str]:
    found = next((actor for actor in lab.actors() if actor.account == account), None)
    yield "" if found else f"The lab has no account {account}."
    organization = lab.organization_of(found.name) if found else None
    alone = found is not None and organization is None
    yield "" if alone else f"It is in the organization {organization}, and a policy can name that."
