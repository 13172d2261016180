"""The exercises of notebook 00: the map of the organization."""

from __future__ import annotations

import pytest

from labkit import exercises


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("", "empty"),
        ("production", "not an organization path"),
        ("o-neighbourorg/r-nbr1/", "another organization"),
        ("o-lambdaecrlab/r-lab1/*", "a pattern"),
        ("o-lambdaecrlab/r-lab1/ou-lab1-workloads/", "no account"),
        ("o-lambdaecrlab/r-lab1/ou-lab1-sharedservices/", "registry"),
        ("o-lambdaecrlab/r-lab1/ou-lab1-elsewhere0/", "no place"),
    ],
)
def test_a_wrong_path_gets_a_reason(lab, path, reason):
    verdict = exercises.path_of_development(lab, path)
    assert not verdict.solved
    assert reason in verdict.reason


DEVELOPMENT = "o-lambdaecrlab/r-lab1/ou-lab1-workloads/ou-lab1-development/"


def test_the_path_of_the_development_account_is_another_than_that_of_the_workload_account(lab):
    assert exercises.path_of_development(lab, DEVELOPMENT).solved
    verdict = exercises.path_of_development(lab, lab.organization_path.rstrip("*"))
    assert (verdict.held, verdict.cases) == (2, 3)
    assert verdict.reason == "This place holds workload, and not the development account 444455556666."


def test_a_lab_without_a_development_account_asks_for_the_workload_account_and_says_so(lab, monkeypatch):
    monkeypatch.delitem(lab.profiles, "development")
    right, wrong = lab.organization_path.rstrip("*"), DEVELOPMENT
    assert exercises.path_of_development(lab, right).solved
    for path in (right, wrong, ""):
        said = exercises.path_of_development(lab, path).reason
        assert said.endswith("This lab has no development account, so the workload account is asked for.")


@pytest.mark.parametrize(
    ("account", "reason"),
    [
        ("", "empty"),
        ("12", "12 digits"),
        ("999999999999", "no account"),
        ("592444418872", "o-lambdaecrlab"),
        ("777788889999", "o-neighbourorg"),
    ],
)
def test_an_account_that_an_organization_admits_is_not_the_answer(lab, account, reason):
    verdict = exercises.beyond_every_organization(lab, account)
    assert not verdict.solved
    assert reason in verdict.reason


def test_the_account_of_no_organization_is(lab):
    assert exercises.beyond_every_organization(lab, "123456789012").solved


def test_the_other_case_is_counted_for_an_account_that_an_organization_admits(lab):
    assert exercises.beyond_every_organization(lab, "592444418872").held == 1
