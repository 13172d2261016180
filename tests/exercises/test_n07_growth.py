"""The exercises of notebook 07: how many accounts fit, and a policy with room for more."""

from __future__ import annotations

import pytest

from labkit import exercises
from labkit.growth import company
from labkit.pull import policies
from tests.exercises.writing import ELSE, LAMBDA, allow, document

PULL = list(policies.PULL_ACTIONS)


def short(accounts, source="aws:SourceAccount"):
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": list(accounts)}, "Action": PULL},
            {
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": PULL,
                "Condition": {"StringEquals": {source: list(accounts)}},
            },
        ],
    }


def test_exactly_one_count_is_the_room_without_blanks():
    solved = [count for count in range(1, 200) if exercises.room_without_blanks(count).solved]
    assert len(solved) == 1
    assert solved[0] > company.accounts_that_fit(policies.cross_account)


@pytest.mark.parametrize("answer", [0, -1, "125", None, 1.5, True])
def test_what_is_no_count_is_told_so(answer):
    verdict = exercises.room_without_blanks(answer)
    assert (verdict.held, verdict.cases) == (0, 2)


def test_a_reason_names_characters_or_room_but_not_the_answer():
    assert "still room" in exercises.room_without_blanks(1).reason
    assert "characters" in exercises.room_without_blanks(150).reason


def test_bare_numbers_make_room_for_two_hundred(lab):
    assert exercises.as_many_accounts(lab, short(company.account_numbers(200))).solved


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        ({}, "the answer is empty"),
        (policies.cross_account(*company.account_numbers(200)), "characters"),
        (policies.organization("o-aaaaaaaaaa"), "names an organization"),
        (short(company.account_numbers(199)), "It must admit"),
        (short(company.account_numbers(201)), "It must refuse"),
    ],
    ids=["empty", "too long", "organization", "one too few", "one too many"],
)
def test_other_policies_are_told_what_is_wrong(lab, policy, reason):
    verdict = exercises.as_many_accounts(lab, policy)
    assert not verdict.solved
    assert reason in verdict.reason


def test_an_account_in_the_middle_counts_too(lab):
    accounts = company.account_numbers(200)
    assert not exercises.as_many_accounts(lab, short([*accounts[:100], *accounts[101:]])).solved


def test_an_account_that_is_none_of_the_two_hundred_is_one_too_many(lab):
    accounts = company.account_numbers(200)
    names = [*accounts, ELSE]
    policy = document(allow({"AWS": names}), allow(LAMBDA, {"StringEquals": {"aws:SourceAccount": accounts}}))
    assert ELSE in exercises.as_many_accounts(lab, policy).reason
