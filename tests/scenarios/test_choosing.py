"""The rules of what may be chosen, field by field, without a lab."""

from __future__ import annotations

import pytest

from labkit.choosing import wrong
from labkit.environment import apply, lab_variables, own_variables


@pytest.fixture
def profiles(tmp_path, monkeypatch):
    """An AWS config of the user's own with two profiles."""
    config = tmp_path / "config"
    config.write_text("[profile mine]\nregion = eu-west-1\n[profile other]\nregion = eu-west-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    for name in ("LABKIT_OWN_AWS_CONFIG_FILE", "LABKIT_OWN_AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.delenv(name, raising=False)
    return config


def test_nothing_chosen_is_nothing_wrong():
    assert wrong({}) == {}
    assert wrong({"registry_account": "", "region": None}) == {}


@pytest.mark.parametrize(
    ("values", "fields", "says"),
    [
        ({"registry_account": "81383538252"}, ["registry_account"], "must be 12 digits"),
        ({"workload_account": "8138-3538-2529"}, ["workload_account"], "without dashes"),
        ({"registry_account": "592444418872"}, ["registry_account"], "cannot stand for"),
        ({"workload_account": "123456789012"}, ["workload_account"], "cannot stand for"),
        (
            {"registry_account": "1" * 12, "workload_account": "1" * 12},
            ["registry_account", "workload_account"],
            "cannot stand for registry and workload",
        ),
        ({"region": "eu-centra-1"}, ["region"], "is not a region"),
        ({"organization": "lambdaecrlab"}, ["organization"], "is not an organization id"),
        ({"organization": "o-neighbourorg"}, ["organization"], "foreign organization"),
        ({"organization_path": "o-lambdaecrlab/r-lab1/ou"}, ["organization_path"], "is not an organization path"),
        ({"organization_path": "o-anotherorg0/*"}, ["organization_path"], "of another organization"),
        ({"base": "alpine"}, ["base"], "There is no base image 'alpine'"),
        ({"engine": "podman"}, ["engine"], "There is no engine 'podman'"),
        ({"management_profile": "mine"}, ["registry_profile", "workload_profile"], "needs two profiles"),
        ({"registry_profile": "mine"}, ["workload_profile"], "needs two profiles"),
        ({"registry_profile": "mine", "workload_profile": "nobody"}, ["workload_profile"], "no AWS profile 'nobody'"),
    ],
)
def test_a_field_is_told_what_is_wrong_with_it(profiles, values, fields, says):
    found = wrong(values)
    assert list(found) == fields
    assert all(says in sentence for sentence in found.values())


def test_accounts_that_change_places_are_not_shared():
    assert wrong({"registry_account": "592444418872", "workload_account": "813835382529"}) == {}


def test_a_path_may_be_of_the_organization_that_is_chosen_with_it():
    assert wrong({"organization": "o-another0000", "organization_path": "o-another0000/*"}) == {}


def test_every_field_is_told_at_once():
    assert list(wrong({"registry_account": "1", "region": "x", "engine": "y"})) == [
        "registry_account",
        "region",
        "engine",
    ]


def test_with_profiles_numbers_and_organization_are_theirs(profiles):
    values = {"registry_profile": "mine", "workload_profile": "other", "registry_account": "1", "organization": "x"}
    assert wrong(values) == {}
    assert wrong({**values, "organization_path": "o-anotherorg0/*"}) == {}


def test_profiles_are_those_of_the_user_also_in_a_process_of_the_lab(profiles, tmp_path, monkeypatch):
    variables = lab_variables(tmp_path / "lab", "http://127.0.0.1:1")
    for name in variables:
        monkeypatch.setenv(name, "")
    apply(variables)
    assert wrong({"registry_profile": "mine", "workload_profile": "other"}) == {}
    assert list(wrong({"registry_profile": "registry", "workload_profile": "workload"})) == [
        "registry_profile",
        "workload_profile",
    ]
    assert own_variables()["AWS_CONFIG_FILE"] == str(profiles)


def test_a_config_that_cannot_be_read_is_said(profiles):
    profiles.write_text("no section")
    assert "cannot be read" in wrong({"registry_profile": "mine", "workload_profile": "other"})["registry_profile"]
