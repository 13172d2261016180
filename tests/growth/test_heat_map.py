"""Teams against repositories: the counted answers are those of asking for each pair."""

from __future__ import annotations

import pytest

from labkit.growth import company as growth
from labkit.growth.heat_map import REPOSITORY_KINDS, _repository, landscape
from labkit.pull.admission import accounts_of, admits


@pytest.fixture(scope="module")
def seen():
    return landscape()


def test_there_are_forty_repositories_and_every_account_has_a_team(seen):
    assert len(seen.columns) == 40
    assert sum(seen.teams.values()) == len(growth.grown_company().accounts)
    assert seen.pairs == 40 * len(growth.grown_company().accounts)


def test_one_repository_of_each_kind_admits_those_whom_asking_one_by_one_admits(seen):
    company, first = growth.grown_company(), 0
    units = {unit.name: unit.id for unit in company.units}
    for kind in REPOSITORY_KINDS:
        repository = _repository(kind, 0, company)
        admitted = {account.account for account in accounts_of(company) if admits(repository, account)}
        for team in seen.teams:
            own = {account.id for account in company.children(units[team])[1]}
            assert seen.columns[first].admitted[team] == len(own & admitted)
        first += kind.repositories


def test_policies_with_a_mistake_admit_nobody_and_the_organization_everybody(seen):
    assert [kind.name for kind in REPOSITORY_KINDS if seen.admits_nobody(kind.name)] == [
        "no policy",
        "one statement only",
        "a path without end",
    ]
    assert {seen.share(team, "the organization") for team in seen.teams} == {1.0}


def test_paths_admit_the_teams_that_use_the_image(seen):
    users = {team.name for team in growth.TEAMS if team.uses_image}
    assert {team for team in seen.teams if seen.share(team, f"paths of {len(users)} teams") == 1.0} == users
