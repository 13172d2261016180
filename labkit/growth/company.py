"""A made-up company that grows for three years, and what that does to the policy of one repository.

The company opens a team (a unit of its organization) every few months, and accounts join, move between teams and
leave, by a fixed rule: the same in every lab, with nothing drawn by chance. Some teams use the image of the repository.
After each event the repository's policy is written anew with each of the grants, and compared with the one before:

    account        each account of those teams is named, in the two statements of ``policies.cross_account``
    path           the teams are named, by their organization paths
    organization   the organization is named, which admits the other teams as well

Sizes are in characters of the policy's text as ``json.dumps`` writes it and ECR counts it, white space included.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from labkit.check import DOCUMENT_KINDS
from labkit.pull import policies
from labkit.pull.organization import Account, Organization, Unit
from labkit.pull.policies import PolicyDocument

LIMIT = DOCUMENT_KINDS["ecr-repository"].longest or 0
"""The characters that a repository policy may have."""
MONTHS = 36


class Team(NamedTuple):
    """A team of the company: its name, the month in which it opens, whether it uses the image."""

    name: str
    opens: int
    uses_image: bool


TEAMS = (
    Team("payments", 0, True),
    Team("search", 0, True),
    Team("research", 0, False),
    Team("mobile", 3, True),
    Team("finance", 6, False),
    Team("orders", 9, True),
    Team("shipping", 12, True),
    Team("analytics", 15, False),
    Team("support", 18, True),
    Team("partners", 22, False),
    Team("robotics", 26, True),
    Team("security", 30, False),
)


class CompanyEvent(NamedTuple):
    """Something that happened: in which month, in one word, and the organization after it."""

    month: int
    what: str
    organization: Organization


@dataclass(frozen=True, slots=True)
class Month:
    """The end of a month: how many accounts use the image, and for each grant the policy's size and changes so far."""

    number: int
    accounts: int
    sizes: Mapping[str, int]
    changes: Mapping[str, int]


def size(document: PolicyDocument) -> int:
    """The characters of a policy as ``json.dumps`` writes it."""
    return len(json.dumps(document))


# -- How many accounts fit -----------------------------------------------------------------------------------------


def account_numbers(count: int) -> tuple[str, ...]:
    """That many made-up account numbers, all different, the same every time."""
    return tuple(str(100_000_000_000 + (index * 618_033_988_751) % 899_999_999_993) for index in range(1, count + 1))


def statement_each(*accounts: str) -> PolicyDocument:
    """Two statements for each account, as a policy grows that is only ever added to."""
    statements = [
        {**statement, "Sid": f"{statement['Sid']}{number}"}
        for number, account in enumerate(accounts, start=1)
        for statement in policies.cross_account(account)["Statement"]
    ]
    return {"Version": "2012-10-17", "Statement": statements}


STYLES: Mapping[str, Callable[..., PolicyDocument]] = {
    "two statements for each account": statement_each,
    "two statements with lists": policies.cross_account,
}
"""Ways to write a policy that names accounts."""


def accounts_that_fit(style: Callable[..., PolicyDocument], limit: int = LIMIT) -> int:
    """How many accounts a policy of that style can name before it has more characters than the limit."""
    count = 0
    while size(style(*account_numbers(count + 1))) <= limit:
        count += 1
    return count


# -- The company ---------------------------------------------------------------------------------------------------


def events() -> Iterator[CompanyEvent]:
    """Everything that happens in the company, in order, from its founding in month 0 on."""
    company = Organization("o-madeupgrow", "100000000000", (Unit("r-grow", "Root", None),), ())
    for month in range(MONTHS + 1):
        for team in (team for team in TEAMS if team.opens == month):
            company = _open(company, team)
            yield CompanyEvent(month, "opens", company)
        for number in (number for number, joins in enumerate(_JOINED) if joins == month):
            company = _join(company, number)
            yield CompanyEvent(month, "joins", company)
        for account in (each for each in company.accounts if _leaves(each, month)):
            company = replace(company, accounts=tuple(each for each in company.accounts if each != account))
            yield CompanyEvent(month, "leaves", company)
        for account in (each for each in company.accounts if _moves(each, month)):
            company = _move(company, account)
            yield CompanyEvent(month, "moves", company)


def grown_company() -> Organization:
    """The organization after three years."""
    *_, last = events()
    return last.organization


def teams_that_use_the_image(organization: Organization) -> tuple[Unit, ...]:
    """The units of the teams that use the image."""
    users = {team.name for team in TEAMS if team.uses_image}
    return tuple(unit for unit in organization.units if unit.name in users)


def _arrivals(month: int) -> int:
    """Accounts that join in a month: a company that grows attracts growth."""
    return 6 if month == 0 else 4 + month // 4


_JOINED = tuple(month for month in range(MONTHS + 1) for _ in range(_arrivals(month)))
"""For each account, in the order in which they join, the month in which it does."""
_NUMBERS = account_numbers(len(_JOINED))


def _open(company: Organization, team: Team) -> Organization:
    unit = Unit(f"ou-grow-{team.name}", team.name, company.root.id)
    return replace(company, units=(*company.units, unit))


def _join(company: Organization, number: int) -> Organization:
    teams = company.units[1:]
    account = Account(_NUMBERS[number], f"account-{number:03}", teams[number % len(teams)].id)
    return replace(company, accounts=(*company.accounts, account))


def _move(company: Organization, account: Account) -> Organization:
    teams = [unit.id for unit in company.units[1:]]
    moved = replace(account, parent=teams[(teams.index(account.parent) + 1) % len(teams)])
    return replace(company, accounts=tuple(moved if each == account else each for each in company.accounts))


def _leaves(account: Account, month: int) -> bool:
    """One account of nine leaves after half a year."""
    number = _NUMBERS.index(account.id)
    return number % 9 == 8 and month == _JOINED[number] + 6


def _moves(account: Account, month: int) -> bool:
    """One account of seven changes its team after four months."""
    number = _NUMBERS.index(account.id)
    return number % 7 == 3 and month == _JOINED[number] + 4


# -- What it does to the policy ------------------------------------------------------------------------------------


def _by_account(organization: Organization) -> PolicyDocument:
    users = {unit.id for unit in teams_that_use_the_image(organization)}
    return policies.cross_account(*(each.id for each in organization.accounts if each.parent in users))


def _by_path(organization: Organization) -> PolicyDocument:
    units = teams_that_use_the_image(organization)
    return policies.organization_paths(*(f"{organization.path(unit.id)}*" for unit in units))


def _by_organization(organization: Organization) -> PolicyDocument:
    return policies.organization(organization.id)


GRANTS: Mapping[str, Callable[[Organization], PolicyDocument]] = {
    "by account": _by_account,
    "by path": _by_path,
    "by organization": _by_organization,
}
"""From what a grant names to the function that writes the repository's policy for an organization."""


def history() -> tuple[Month, ...]:
    """The policy's size and changes at the end of each month, the first policy not counted as a change."""
    months: dict[int, Month] = {}
    texts: Mapping[str, str] = {}
    changes = dict.fromkeys(GRANTS, -1)
    for event in events():
        if not event.organization.accounts:
            continue  # nobody to write a policy for yet
        now = {grant: json.dumps(write(event.organization)) for grant, write in GRANTS.items()}
        changes = {grant: changes[grant] + (texts.get(grant) != text) for grant, text in now.items()}
        texts = now
        sizes = {grant: len(text) for grant, text in now.items()}
        months[event.month] = Month(event.month, _users(event.organization), sizes, changes)
    return tuple(months.values())


def _users(organization: Organization) -> int:
    users = {unit.id for unit in teams_that_use_the_image(organization)}
    return sum(account.parent in users for account in organization.accounts)


def refused_from(months: Sequence[Month], grant: str) -> Month | None:
    """The first month at whose end the policy is longer than ECR takes, or None."""
    return next((month for month in months if month.sizes[grant] > LIMIT), None)
