"""Organizations as data: paths, memberships, and the forms of ids."""

from __future__ import annotations

import pytest

from labkit.errors import UsageError
from labkit.pull.organization import (
    OUTSIDER,
    Account,
    Membership,
    Organization,
    Unit,
    check_account,
    check_organization_id,
    check_organization_path,
    path_through,
)

TREE = Organization(
    "o-exampleorgid",
    "111122223333",
    (
        Unit("r-ab12", "Root", None),
        Unit("ou-ab12-11111111", "workloads", "r-ab12"),
        Unit("ou-ab12-22222222", "production", "ou-ab12-11111111"),
    ),
    (
        Account("111122223333", "management", "r-ab12"),
        Account("592444418872", "workload", "ou-ab12-22222222"),
    ),
)


def test_a_path_runs_from_the_organization_to_the_unit_and_ends_with_a_slash():
    path = "o-exampleorgid/r-ab12/ou-ab12-11111111/ou-ab12-22222222/"
    assert TREE.membership("592444418872") == Membership("o-exampleorgid", (path,))


def test_an_account_directly_below_the_root_has_the_roots_path():
    assert TREE.membership("111122223333").paths == ("o-exampleorgid/r-ab12/",)


def test_an_account_outside_has_no_keys_at_all():
    assert TREE.membership("123456789012") is OUTSIDER
    assert OUTSIDER.context("Principal") == {}


def test_the_tree_is_walked_from_the_root_with_accounts_before_units():
    walked = [(depth, node.id) for depth, node in TREE.walk()]
    assert walked == [
        (0, "r-ab12"),
        (1, "111122223333"),
        (1, "ou-ab12-11111111"),
        (2, "ou-ab12-22222222"),
        (3, "592444418872"),
    ]


@pytest.mark.parametrize("text", ["81383538252", "8138-3538-2529", "", "81383538252a", "٨١٣٨٣٥٣٨٢٥٢٩"])
def test_an_account_is_twelve_digits(text):
    with pytest.raises(UsageError, match="must be 12 digits"):
        check_account(text)


@pytest.mark.parametrize("text", ["o-short", "O-EXAMPLEORGID", "exampleorgid", ""])
def test_an_organization_id_has_a_form(text):
    with pytest.raises(UsageError, match="is not an organization id"):
        check_organization_id(text)


@pytest.mark.parametrize(
    "text",
    [
        "o-exampleorgid/*",
        "o-exampleorgid/r-ab12/",
        "o-exampleorgid/r-ab12/*",
        "o-exampleorgid/r-ab12/ou-ab12-11111111/",
        "o-exampleorgid/r-ab12/ou-ab12-11111111/*",
        "o-exampleorgid/r-ab12/ou-ab12-11111111/ou-*",
    ],
)
def test_paths_and_path_patterns_are_taken(text):
    assert check_organization_path(text, "o-exampleorgid") == text


@pytest.mark.parametrize("text", ["o-exampleorgid", "o-exampleorgid/r-ab12/ou-ab12-11111111", "r-ab12/*", "*", ""])
def test_a_path_without_its_end_or_its_organization_is_refused(text):
    with pytest.raises(UsageError, match="is not an organization path"):
        check_organization_path(text)


def test_a_path_of_another_organization_is_refused():
    with pytest.raises(UsageError, match="of another organization"):
        check_organization_path("o-neighbourorg/*", "o-exampleorgid")


def test_a_path_leads_from_the_organization_over_the_root_and_the_units():
    assert path_through("o-exampleorgid", []) == "o-exampleorgid/"
    assert path_through("o-exampleorgid", ["r-ab12", "ou-ab12-11111111"]) == "o-exampleorgid/r-ab12/ou-ab12-11111111/"
