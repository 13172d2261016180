"""What may be chosen: its rules, field by field, and the files in which it is kept, without a lab."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from inspect import signature

import pytest

from labkit.embedded.process import client
from labkit.errors import UsageError
from labkit.ground.environment import apply, lab_variables, own_variables
from labkit.lab.choices import FIELDS, Choices, Where
from labkit.lab.choosing import choose, left_behind

ROOT = "o-lambdaecrlab/r-lab1/"
WORKLOADS = f"{ROOT}ou-lab1-workloads/"
PRODUCTION = f"{WORKLOADS}ou-lab1-production/"
CHOSEN = {
    "registry_account": "813835382529",
    "workload_account": "592444418872",
    "region": "eu-central-1",
    "registry_profile": None,
    "workload_profile": None,
}


def wrong(texts: dict[str, str | None]) -> dict[str, str]:
    """What is wrong with choices that are given as texts."""
    return Choices.of(texts).problems()


def left(before: dict[str, str | None], now: dict[str, str | None]) -> str:
    return left_behind(Choices(**before), Choices(**now))


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
        ({"organization_path": f"{ROOT}ou-lab1-nonexist/*"}, ["organization_path"], "There is no unit"),
        ({"organization_path": f"{ROOT}ou-lab1-production/*"}, ["organization_path"], "There is no unit"),
        ({"organization_path": "o-lambdaecrlab/r-lab2/*"}, ["organization_path"], "There is no unit"),
        (
            {"organization_path": f"{WORKLOADS}ou-lab1-development/*"},
            ["organization_path"],
            "does not hold the workload",
        ),
        ({"organization_path": WORKLOADS}, ["organization_path"], "does not hold the workload"),
        ({"organization_path": f"{PRODUCTION}ou-*"}, ["organization_path"], "does not hold the workload"),
        ({"organization_path": "o-lambdaecrlab/*"}, ["organization_path"], "also holds the development"),
        ({"organization_path": f"{ROOT}*"}, ["organization_path"], "also holds the development"),
        ({"organization_path": f"{WORKLOADS}ou-lab1-*"}, ["organization_path"], "also holds the development"),
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


@pytest.mark.parametrize("path", [PRODUCTION, f"{PRODUCTION}*"])
def test_a_path_may_be_that_of_the_workload_accounts_unit_in_the_organization_that_is_chosen_with_it(path):
    assert wrong({"organization_path": path}) == {}
    renamed = path.replace("o-lambdaecrlab", "o-another0000")
    assert wrong({"organization": "o-another0000", "organization_path": renamed}) == {}
    assert list(wrong({"organization": "o-another0000", "organization_path": path})) == ["organization_path"]


def test_a_path_that_will_not_do_is_told_one_that_does():
    said = wrong({"organization": "o-another0000", "organization_path": "o-another0000/*"})["organization_path"]
    instead = said.partition(": choose ")[2].partition(" ")[0]
    assert wrong({"organization": "o-another0000", "organization_path": instead}) == {}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, []),
        ({"organization": "o-another0000", "engine": "docker"}, []),
        ({"workload_account": "222222222222"}, ["account 592444418872"]),
        ({"registry_account": "1" * 12, "region": "eu-west-1"}, ["account 813835382529", "region eu-central-1"]),
        ({"registry_profile": "mine", "workload_profile": "other", "region": None}, []),
    ],
)
def test_accounts_and_a_region_in_which_something_may_stay_are_named(changes, said):
    remark = left(CHOSEN, {**CHOSEN, **changes})
    places = remark.partition(" made in ")[2].partition(" is still there")[0]
    assert places.split(" and ") == (said or [""])


def test_accounts_of_profiles_that_are_not_chosen_any_more_are_named_by_these():
    before = {**CHOSEN, "registry_profile": "mine", "workload_profile": "other", "region": "eu-west-1"}
    remark = left(before, CHOSEN)
    assert "in the account of profile mine and the account of profile other is still there" in remark


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


def test_every_field_has_its_rule_and_every_rule_its_field():
    assert sorted(field.name for field in FIELDS) == sorted(each.name for each in fields(Choices))
    assert {field.where for field in FIELDS} == set(Where)
    assert all(wrong({field.name: field.default}) == {} for field in FIELDS)


def test_an_unknown_name_is_a_mistake_of_the_program():
    with pytest.raises(TypeError, match="regoin"):
        Choices.of({"regoin": "eu-west-1"})


def test_what_the_embedded_aws_keeps_itself_is_not_in_the_file_of_choices(tmp_path):
    Choices(registry_account="111111111111", region="eu-west-1", base="stand-in").write(tmp_path / "home")
    kept = json.loads((tmp_path / "home" / "choices.json").read_text())
    assert kept == {
        "registry_profile": None,
        "workload_profile": None,
        "management_profile": None,
        "region": None,
        "organization_path": None,
        "base": "stand-in",
        "engine": None,
        "run_as": None,
    }
    Choices("mine", "other", region="eu-west-1").write(tmp_path / "home")
    assert json.loads((tmp_path / "home" / "choices.json").read_text())["region"] == "eu-west-1"


def test_choices_are_read_from_the_two_files_as_they_were_made(tmp_path):
    home = tmp_path / "home"
    assert Choices.read(home) == Choices.of({field.name: field.default for field in FIELDS})
    Choices(base="public", engine="embedded").write(home)
    (home / "lab.json").write_text('{"accounts": {"workload": "222222222222"}, "region": "eu-west-1"}')
    found = Choices.read(home)
    assert (found.base, found.engine, found.region, found.workload_account) == (
        "public",
        "embedded",
        "eu-west-1",
        "222222222222",
    )
    assert found.world() == client.settings(home)
    Choices("mine", "other").write(home)
    assert Choices.read(home).region is None
    assert asdict(Choices.read(home))["workload_account"] == "222222222222"


def test_help_shows_what_can_be_chosen():
    shown = [name for name, each in signature(choose).parameters.items() if each.default is None]
    assert shown == ["home", *(each.name for each in fields(Choices))]


@pytest.mark.parametrize("value", [5, 0, False, ["a"], {}])
def test_what_is_no_text_is_refused_in_a_sentence(value):
    with pytest.raises(UsageError, match="What is chosen for region must be a text"):
        Choices.of({"region": value})


@pytest.mark.parametrize("content", ['{"organization_path": 5}', '{"registry_profile": {}}', "[" * 100_000])
def test_a_file_of_choices_that_does_not_hold_texts_is_refused(tmp_path, content):
    (tmp_path / "choices.json").write_text(content)
    with pytest.raises(UsageError, match=r"cannot be read\. Delete it"):
        Choices.read(tmp_path)
