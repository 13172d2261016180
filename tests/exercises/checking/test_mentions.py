"""What a policy mentions, and instances of its patterns: whom it is worth asking for."""

from __future__ import annotations

import pytest

from labkit.exercises.checking.mentions import instances, membership_at, mentions_of, other_keys
from labkit.iam import Policy
from tests.exercises.writing import LAMBDA, allow, document

ROOTS = {"o-lambdaecrlab": frozenset({"r-lab1"})}


def read(*statements):
    return Policy.parse(document(*statements))


def in_statement(principal, condition=None):
    return mentions_of(read(allow(principal, condition)).statements[0], ROOTS, frozenset({"aws:sourcearn"}))


def in_condition(operator, key, value):
    return in_statement(LAMBDA, {operator: {key: value}})


def test_an_exact_text_is_its_own_only_instance_and_a_pattern_has_some_with_nothing_and_something_for_its_stars():
    assert list(instances("test-1")) == ["test-1"]
    assert list(instances("*test-?")) == ["test-x", "xtest-x"]


@pytest.mark.parametrize(
    ("text", "accounts"),
    [
        ("444455556666", {"444455556666"}),
        ("arn:aws:iam::444455556666:root", {"444455556666"}),
        ("arn:aws:lambda:*:44445555666?:function:*", {"444455556660", "444455556669"}),
        ("4444*", {"444400000000", "444499999999"}),
        ("*", set()),
    ],
)
def test_accounts_are_found_in_numbers_arns_and_patterns(text, accounts):
    assert set(in_condition("StringLike", "aws:SourceArn", text).accounts) == accounts


@pytest.mark.parametrize(
    ("text", "functions"),
    [
        ("arn:aws:lambda:*:*:function:billing", {"billing"}),
        ("arn:aws:lambda:*:*:function:test*", {"test", "testx"}),
        ("arn:aws:lambda:*:*:function:f:live", {"f:live", "live"}),
        ("*:test-*", {"test-", "test-x", "x:test-x"}),
    ],
)
def test_functions_are_found_in_source_arns(text, functions):
    assert set(in_condition("ArnLike", "aws:SourceArn", text).functions) == functions


def test_users_and_roles_are_found_in_principals_and_their_patterns():
    assert in_statement({"AWS": "arn:aws:iam::444455556666:role/team/deploy"}).entities == ("team/deploy", "deploy")
    pattern = in_condition("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:*/Cleaner?")
    assert set(pattern.entities) == {"Cleanerx"}


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("o-lambdaecrlab/r-lab1/ou-lab1-production/", {"o-lambdaecrlab/r-lab1/ou-lab1-production/"}),
        ("o-lambdaecrlab/r-else/", set()),  # an organization has one root
        ("o-another0000", {"o-another0000/r-root/ou-root-unheard0/"}),
        ("o-lambdaecrlab", set()),  # known already
    ],
)
def test_places_are_found_where_they_can_exist(text, paths):
    found = {
        path
        for membership in in_condition("StringLike", "aws:SourceOrgPaths", text).memberships
        for path in membership.paths
    }
    assert found - {f"{path}ou-root-unheard0/" for path in paths} == paths


def test_a_path_whose_end_is_open_leads_to_a_unit_whose_id_begins_the_same():
    memberships = in_condition(
        "StringLike", "aws:SourceOrgPaths", "o-lambdaecrlab/r-lab1/ou-lab1-production*"
    ).memberships
    assert membership_at("o-lambdaecrlab/r-lab1/ou-lab1-production00000000/") in memberships


def keys(effect, condition):
    statement = read(allow("*", condition, Effect=effect)).statements[0]
    return dict(other_keys(statement, {"aws:sourcearn"}))


def test_keys_that_no_pull_carries_get_a_value_with_which_an_allow_holds_and_a_deny_does_not():
    team = {"StringLike": {"aws:PrincipalTag/team": "a*"}, "ArnLike": {"aws:SourceArn": "*"}}
    assert keys("Allow", team) == {"aws:principaltag/team": "ax"}
    assert not keys("Deny", team)["aws:principaltag/team"].startswith("a")
    assert keys("Deny", {"StringNotEquals": {"aws:PrincipalTag/team": "a"}}) == {"aws:principaltag/team": "a"}
    assert keys("Allow", {"ForAnyValue:StringEquals": {"aws:TagKeys": ["k"]}}) == {"aws:tagkeys": ("k",)}
    assert keys("Allow", {"NumericLessThan": {"s3:max-keys": 10}}) == {"s3:max-keys": "9"}
    assert keys("Allow", {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}) == {"aws:sourceip": "10.0.0.0"}


def test_a_variable_gets_the_name_of_a_stranger():
    named = {"ArnLike": {"aws:SourceArn": "arn:aws:lambda:*:*:function:${aws:username}"}}
    assert keys("Allow", named) == {"aws:username": "stranger"}
