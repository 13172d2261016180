"""The made-up company: what happens in it, and what that does to a policy."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from labkit.check import DOCUMENT_KINDS, check
from labkit.growth import company
from labkit.pull import policies


@pytest.fixture(scope="module")
def months():
    return company.history()


def test_the_limit_is_that_of_an_ecr_repository_policy():
    assert company.LIMIT == 10_240


@pytest.mark.parametrize("style", company.STYLES.values(), ids=company.STYLES)
def test_a_policy_with_as_many_accounts_as_there_is_room_for_is_accepted_and_one_more_is_too_long(style):
    room = company.accounts_that_fit(style)
    for count, findings in ((room, set()), (room + 1, {"too-long"})):
        text = json.dumps(style(*company.account_numbers(count)))
        assert {each.rule.id for each in check(text, DOCUMENT_KINDS["ecr-repository"]).findings} == findings


def test_room_grows_with_the_limit():
    fewer, more = (company.accounts_that_fit(policies.cross_account, limit) for limit in (2_000, 4_000))
    assert fewer < more


def test_account_numbers_are_twelve_digits_and_all_different():
    numbers = company.account_numbers(3_000)
    assert len(set(numbers)) == 3_000
    assert all(len(number) == 12 and number.isdecimal() for number in numbers)


def test_nothing_is_drawn_by_chance():
    assert company.grown_company() == company.grown_company()


def test_accounts_join_move_and_leave_and_every_team_opens():
    counts = Counter(event.what for event in company.events())
    assert counts["opens"] == len(company.TEAMS)
    assert counts["joins"] - counts["leaves"] == len(company.grown_company().accounts)
    assert min(counts["moves"], counts["leaves"]) > 20


def test_events_are_in_order():
    order = [event.month for event in company.events()]
    assert order == sorted(order)
    assert order[-1] == company.MONTHS


def test_months_are_complete(months):
    assert [month.number for month in months] == list(range(company.MONTHS + 1))


def test_by_organization_nothing_changes_and_by_path_only_where_a_team_that_uses_the_image_opens(months):
    opened_later = [team for team in company.TEAMS if team.uses_image and team.opens > 0]
    assert months[-1].changes["by organization"] == 0
    assert months[-1].changes["by path"] == len(opened_later)
    assert months[-1].changes["by account"] > 100


def test_by_account_the_policy_passes_the_limit_where_there_is_no_more_room(months):
    over = company.refused_from(months, "by account")
    before = months[over.number - 1]
    assert before.accounts <= company.accounts_that_fit(policies.cross_account) < over.accounts
    assert before.sizes["by account"] <= company.LIMIT < over.sizes["by account"]


def test_the_other_grants_never_pass_it(months):
    assert company.refused_from(months, "by path") is None
    assert company.refused_from(months, "by organization") is None


def test_sizes_are_those_of_the_texts_that_boto3_would_send(months):
    last = company.grown_company()
    for grant, write in company.GRANTS.items():
        assert months[-1].sizes[grant] == len(json.dumps(write(last)))
