"""The exercises of notebook 00: reading the map of the organization."""

from __future__ import annotations

from labkit.errors import UsageError
from labkit.exercises.verdict import Verdict, not_yet, solved
from labkit.lab import Lab
from labkit.organization import Organization, check_account, check_organization_path


def path_of_workload(lab: Lab, path: str) -> Verdict:
    """00: the organization path of the place that holds the workload account."""
    if not path:
        return not_yet("There is nothing to check: the path is empty.")
    organization = lab.organization()
    try:
        check_organization_path(path, organization.id)
    except UsageError as error:
        return not_yet(str(error))
    if path.endswith("*"):
        return not_yet("This is a pattern: it matches many places. The path of one place ends with a slash.")
    if (path,) == organization.membership(lab.workload.account).paths:
        return solved("This is the value of aws:SourceOrgPaths when Lambda pulls for the workload account.")
    return not_yet(f"{_inhabitants(organization, path)}, and not the workload account.")


def _inhabitants(organization: Organization, path: str) -> str:
    unit = next((each for each in organization.units if organization.path(each.id) == path), None)
    if unit is None:
        return "There is no place with this path, so it holds no account"
    _, accounts = organization.children(unit.id)
    return f"This place holds {', '.join(account.name for account in accounts) or 'no account'}"


def beyond_every_organization(lab: Lab, account: str) -> Verdict:
    """00: the account of the lab that no organization's id can ever admit."""
    if not account:
        return not_yet("There is nothing to check: the number is empty.")
    try:
        check_account(account)
    except UsageError as error:
        return not_yet(str(error))
    found = next((actor for actor in lab.actors() if actor.account == account), None)
    if found is None:
        return not_yet(f"The lab has no account {account}.")
    organization = lab.organization_of(found.name)
    if organization is not None:
        return not_yet(f"It is in the organization {organization}, and a policy can name that.")
    return solved("It is in no organization: only a policy that names the account itself can admit it.")
