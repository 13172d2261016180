"""Who can pull what in the made-up company of ``labkit.growth.company``: its teams against forty repositories.

Each repository has a policy of one of the kinds that one meets in a grown company, also two that do not do what their
authors meant. The answers are those of ``labkit.pull.admission.who_can_pull``; here they are only counted, by team.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from labkit.growth import company
from labkit.iam import Policy
from labkit.pull import policies
from labkit.pull.admission import GuardedRepository, accounts_of, who_can_pull
from labkit.pull.organization import Organization
from labkit.pull.policies import PolicyDocument

REGISTRY, REGION = "999988887777", "eu-central-1"


class RepositoryKind(NamedTuple):
    """A kind of policy: what it is called, how many repositories have one, and how the n-th is written."""

    name: str
    repositories: int
    write: Callable[[Organization, int], PolicyDocument | None]


def _nobody(_organization: Organization, _number: int) -> None:
    return None


def _accounts(organization: Organization, number: int) -> PolicyDocument:
    """Names twenty accounts, as they joined when the repository was made."""
    first = number * 33
    return policies.cross_account(*(account.id for account in organization.accounts[first : first + 20]))


def _team(organization: Organization, number: int) -> PolicyDocument:
    return policies.organization_paths(f"{_path(organization, number)}*")


def _users(organization: Organization, _number: int) -> PolicyDocument:
    units = company.teams_that_use_the_image(organization)
    return policies.organization_paths(*(f"{organization.path(unit.id)}*" for unit in units))


def _everybody(organization: Organization, _number: int) -> PolicyDocument:
    return policies.organization(organization.id)


def _half(organization: Organization, number: int) -> PolicyDocument:
    """Only the statement for callers: Lambda itself is not let in."""
    document = _team(organization, number)
    return {**document, "Statement": document["Statement"][:1]}


def _no_end(organization: Organization, number: int) -> PolicyDocument:
    """A path without its end, which no account has."""
    return policies.organization_paths(_path(organization, number).rstrip("/"))


def _path(organization: Organization, number: int) -> str:
    return organization.path(organization.units[1 + number].id)


REPOSITORY_KINDS = (
    RepositoryKind("no policy", 4, _nobody),
    RepositoryKind("20 accounts named", 8, _accounts),
    RepositoryKind("a team's path", 12, _team),
    RepositoryKind("paths of 7 teams", 4, _users),
    RepositoryKind("the organization", 8, _everybody),
    RepositoryKind("one statement only", 2, _half),
    RepositoryKind("a path without end", 2, _no_end),
)


class Column(NamedTuple):
    """A repository: the kind of its policy, and for each team how many of its accounts can pull."""

    kind: str
    admitted: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Landscape:
    """The company's teams with their numbers of accounts, and its repositories, kind by kind."""

    teams: Mapping[str, int]
    columns: tuple[Column, ...]

    @property
    def pairs(self) -> int:
        """How many pairs of an account and a repository there are."""
        return sum(self.teams.values()) * len(self.columns)

    @property
    def admitted(self) -> int:
        """In how many of them the account can pull."""
        return sum(sum(column.admitted.values()) for column in self.columns)

    def share(self, team: str, kind: str) -> float:
        """The part of the pairs of a team's accounts and a kind's repositories that can pull, from 0 to 1."""
        columns = [column for column in self.columns if column.kind == kind]
        return sum(column.admitted[team] for column in columns) / (len(columns) * self.teams[team])

    def admits_nobody(self, kind: str) -> bool:
        """Whether nobody can pull from any repository of a kind."""
        return not any(any(column.admitted.values()) for column in self.columns if column.kind == kind)


def landscape() -> Landscape:
    """Asks, for each repository, which accounts can pull from it, and counts them by team."""
    organization = company.grown_company()
    kinds = [(kind, number) for kind in REPOSITORY_KINDS for number in range(kind.repositories)]
    repositories = [_repository(kind, number, organization) for kind, number in kinds]
    names = {unit.id: unit.name for unit in organization.units}
    team_of = {account.id: names[account.parent] for account in organization.accounts}
    teams = _counted(team_of, team_of)
    answers = who_can_pull(repositories, accounts_of(organization))
    admitted = (_counted(team_of, admission.accounts()) for admission in answers)
    return Landscape(teams, tuple(Column(kind.name, each) for (kind, _), each in zip(kinds, admitted, strict=True)))


def _repository(kind: RepositoryKind, number: int, organization: Organization) -> GuardedRepository:
    document = kind.write(organization, number)
    name = f"{kind.name.replace(' ', '-')}-{number}"
    return GuardedRepository(REGISTRY, REGION, name, None if document is None else Policy.parse(document, name))


def _counted(team_of: Mapping[str, str], accounts: Iterable[str]) -> dict[str, int]:
    counts = dict.fromkeys((team.name for team in company.TEAMS), 0)
    for account in accounts:
        counts[team_of[account]] += 1
    return counts
