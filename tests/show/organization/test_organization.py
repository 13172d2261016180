"""The map of an organization: the tree, who may pull, paths of chosen units, accounts that move."""

from __future__ import annotations

import json

import pytest

from labkit.aws import repositories
from labkit.aws.organizations import parent
from labkit.aws.reading import Unreadable
from labkit.errors import UsageError
from labkit.lab.article import ORGANIZATION as NAMES
from labkit.pull import policies
from labkit.pull.organization import Account, Organization, Unit
from labkit.scenarios import put_accounts_back
from labkit.show.organization import organization_map
from labkit.show.organization.model import CHOSEN, NoMap
from labkit.show.organization.tree import Tree

ORGANIZATION = Organization(
    "o-lambdaecrlab",
    "111122223333",
    (Unit("r-lab1", "Root", None), Unit("ou-lab1-production", "production", "r-lab1")),
    (Account("592444418872", "prod", "ou-lab1-production"), Account("111122223333", "<main>", "r-lab1")),
)
ROOT = "o-lambdaecrlab/r-lab1/"
WORKLOADS, PRODUCTION = f"{ROOT}ou-lab1-workloads/", f"{ROOT}ou-lab1-workloads/ou-lab1-production/"


@pytest.fixture
def granted(lab):
    """A repository that grants one unit; accounts go back to their units afterwards."""
    ecr = lab.registry.client("ecr")
    if repositories.find(ecr, NAMES.repository) is None:
        ecr.create_repository(repositoryName=NAMES.repository)
    repositories.set_policy(ecr, NAMES.repository, policies.organization_paths(f"{PRODUCTION}*"))
    yield NAMES.repository
    put_accounts_back(lab)


class TestTree:
    def test_it_indents_what_is_inside_and_names_accounts_as_the_lab_does(self):
        shown = Tree(ORGANIZATION, {"592444418872": "workload"}, {"123456789012": "outsider"})
        assert shown.text().splitlines() == [
            "o-lambdaecrlab  managed by 111122223333",
            "    r-lab1  Root",
            "        111122223333  <main>, not of this lab",
            "        ou-lab1-production  production",
            "            592444418872  workload",
            "123456789012  outsider",
        ]
        assert "&lt;main&gt;" in shown.html()

    def test_who_may_pull_is_said_in_words(self):
        may_pull = {"592444418872": True, "111122223333": False, "123456789012": None}
        shown = Tree(ORGANIZATION, {}, {"123456789012": "outsider"}, {"now": may_pull})
        said = {line.split()[0]: line.split("  ")[-1].strip() for line in shown.text().splitlines()}
        assert said["592444418872"] == "✓ may pull now"
        assert said["111122223333"] == "✗ may not pull now"
        assert said["123456789012"] == "? not known now"
        assert [shown.html().count(word) for word in ("✓ yes", "✗ no", "? not known")] == [1, 1, 1]


class TestReading:
    def test_the_map_of_a_lab_names_all_of_its_accounts(self, lab):
        shown = organization_map(lab)
        for actor in lab.actors():
            assert f"{actor.account}  {actor.name}" in repr(shown)

    def test_without_a_repository_nobody_is_marked(self, lab):
        assert organization_map(lab).may_pull is None
        assert "may pull" not in organization_map(lab).html()

    def test_where_nobody_may_read_the_organization_the_reason_stands_in_for_the_map(self, lab, monkeypatch):
        monkeypatch.delitem(lab.profiles, "management")
        shown = organization_map(lab)
        assert isinstance(shown, NoMap)
        assert "management profile" in repr(shown)
        assert "management profile" in shown.widget.value

    def test_each_account_is_marked_as_the_pull_question_is_answered(self, lab, granted):
        shown = organization_map(lab, granted)
        for actor in lab.actors():
            assert shown.may_pull[actor.account] is lab.explain(actor.session, NAMES.function, granted).allowed
        assert [name for number, name in shown.names.items() if shown.may_pull[number]] == ["workload"]

    def test_the_policy_of_the_registry_has_a_say_now_and_by_the_choice(self, lab, granted):
        ecr = lab.registry.client("ecr")
        arn = f"arn:aws:ecr:{lab.region}:{lab.registry.account}:repository/*"
        deny = {"Sid": "No", "Effect": "Deny", "Principal": "*", "Action": "ecr:BatchGetImage", "Resource": arn}
        ecr.put_registry_policy(policyText=json.dumps({"Version": "2012-10-17", "Statement": [deny]}))
        try:
            shown = organization_map(lab, granted)
            shown.choose(lab.organization().id)
            assert not any(shown.may_pull.values())
            assert not any(shown.tree.columns[CHOSEN].values())
        finally:
            ecr.delete_registry_policy()

    def test_accounts_of_the_organization_that_the_lab_has_no_profile_for_are_marked_too(
        self, lab, granted, monkeypatch
    ):
        expected = organization_map(lab, granted).may_pull
        for name in ("workload", "development"):
            monkeypatch.delitem(lab.profiles, name)
        found = organization_map(lab, granted).may_pull
        assert {account: found[account] for account in expected if account in found} == expected

    def test_what_cannot_be_known_is_not_guessed(self, lab, granted, monkeypatch):
        def unreadable(*_args):
            raise Unreadable("no")

        monkeypatch.setattr(lab, "explain", unreadable)
        assert organization_map(lab, granted).may_pull[lab.workload.account] is None


class TestChoosing:
    @pytest.mark.parametrize(
        ("units", "below", "patterns"),
        [
            ((), True, ()),
            (("o-lambdaecrlab",), True, ("o-lambdaecrlab/*",)),
            (("r-lab1",), True, (f"{ROOT}*",)),
            (("r-lab1",), False, (ROOT,)),
            (("ou-lab1-production",), True, (f"{PRODUCTION}*",)),
            (("ou-lab1-production", "ou-lab1-workloads"), True, (f"{WORKLOADS}*",)),
            (("ou-lab1-production", "ou-lab1-workloads"), False, (WORKLOADS, PRODUCTION)),
        ],
    )
    def test_units_become_path_patterns(self, lab, units, below, patterns):
        shown = organization_map(lab)
        shown.choose(*units, below=below)
        assert shown.patterns == patterns

    def test_the_policy_of_a_choice_lets_in_whom_the_map_says(self, lab, granted):
        shown = organization_map(lab, granted)
        shown.choose("ou-lab1-development")
        foretold = shown.tree.columns["by the chosen units"]
        lab.registry.client("ecr").set_repository_policy(repositoryName=granted, policyText=json.dumps(shown.policy))
        shown.refresh()
        assert foretold == {account: shown.may_pull[account] for account in foretold}
        assert foretold[lab.actor("development").account]

    @pytest.mark.parametrize("wrong", ["ou-lab1-nowhere", "o-neighbourorg", ""])
    def test_what_is_not_in_the_tree_cannot_be_chosen(self, lab, wrong):
        shown = organization_map(lab)
        shown.choose("r-lab1")
        with pytest.raises(UsageError, match="is not in the organization"):
            shown.choose(wrong)
        assert shown.chosen == ("r-lab1",)

    def test_no_account_is_directly_in_the_organization(self, lab):
        with pytest.raises(UsageError, match="Choose its root"):
            organization_map(lab).choose("o-lambdaecrlab", below=False)

    def test_nothing_chosen_is_no_policy(self, lab):
        assert organization_map(lab).policy is None


class TestMoving:
    def test_a_grant_by_place_follows_the_account(self, lab, granted):
        shown = organization_map(lab, granted)
        said = shown.move("development", "ou-lab1-production")
        assert said.ok
        assert "Development may pull now" in said.text
        assert shown.may_pull[lab.actor("development").account]
        assert parent(lab.actor("management").client("organizations"), "444455556666") == "ou-lab1-production"
        assert "Workload may not pull any more" in shown.move(lab.workload.account, "r-lab1").text

    def test_a_place_that_it_is_in_already_is_said(self, lab, granted):
        assert "already" in organization_map(lab, granted).move("workload", "ou-lab1-production").text

    @pytest.mark.parametrize("account", ["development", "444455556666", "development (444455556666)", " development "])
    @pytest.mark.parametrize("unit", ["production", "ou-lab1-production", "production (ou-lab1-production)"])
    def test_accounts_and_units_are_known_by_id_by_name_and_as_suggested(self, lab, granted, account, unit):
        assert organization_map(lab).move(account, unit).ok
        assert parent(lab.actor("management").client("organizations"), "444455556666") == "ou-lab1-production"

    @pytest.mark.parametrize(
        ("account", "unit", "says"),
        [
            ("nobody", "production", "The organization has no account 'nobody'"),
            ("999999999999", "production", "The organization has no account '999999999999'"),
            ("outsider", "production", "The organization has no account '123456789012'"),
            ("workload", "nowhere", "The organization has no unit 'nowhere'"),
            ("workload", "ou-lab1-nowhere0", "The organization has no unit 'ou-lab1-nowhere0'"),
            ("workload", " ", "Say which account"),
        ],
    )
    def test_what_is_not_on_the_map_is_one_sentence_and_nothing_is_asked_of_aws(
        self, lab, granted, monkeypatch, account, unit, says
    ):
        shown = organization_map(lab)
        monkeypatch.setattr("labkit.show.organization.model.parent", None)
        said = shown.move(account, unit)
        assert not said.ok
        assert said.text.startswith(says)

    def test_a_name_of_two_units_is_said_to_be_of_two(self, lab, granted):
        organizations = lab.actor("management").client("organizations")
        twin = organizations.create_organizational_unit(ParentId="r-lab1", Name="production")["OrganizationalUnit"]
        shown = organization_map(lab)
        said = shown.move("workload", "production")
        assert not said.ok
        assert f"units {twin['Id']} and ou-lab1-production of the name 'production': write the id" in said.text
        assert shown.move("workload", twin["Id"]).ok
        put_accounts_back(lab)
        organizations.delete_organizational_unit(OrganizationalUnitId=twin["Id"])

    def test_the_labs_own_name_of_an_account_comes_before_the_name_that_another_has(self, lab, granted, monkeypatch):
        shown = organization_map(lab)
        monkeypatch.setitem(shown.names, "444455556666", "production's twin")
        monkeypatch.setitem(shown.names, "592444418872", "development")
        assert shown.move("development", "Root").text.startswith(
            "Moved with organizations.move_account(AccountId='592444418872'"
        )

    def test_a_refusal_is_awss_own_sentence(self, lab, granted):
        organizations = lab.actor("management").client("organizations")
        gone = organizations.create_organizational_unit(ParentId="r-lab1", Name="gone")["OrganizationalUnit"]["Id"]
        shown = organization_map(lab, granted)
        organizations.delete_organizational_unit(OrganizationalUnitId=gone)
        said = shown.move("workload", "gone")
        assert not said.ok
        assert said.text.startswith("An error occurred (")
        assert "MoveAccount" in said.text
        assert shown.may_pull[lab.workload.account]

    def test_without_a_management_profile_nothing_is_moved(self, lab, granted, monkeypatch):
        shown = organization_map(lab, granted)
        monkeypatch.delitem(lab.profiles, "management")
        assert "Only the management account" in shown.move("workload", "r-lab1").text


class TestWidget:
    def test_ticking_units_shows_their_patterns_in_the_same_widgets(self, lab):
        shown = organization_map(lab)
        boxes = drawn(shown)
        boxes["production (ou-lab1-production)"].value = True
        assert shown.patterns == (f"{PRODUCTION}*",)
        shown.choose("ou-lab1-workloads", "ou-lab1-development")
        assert drawn(shown)["workloads (ou-lab1-workloads)"].value
        assert not boxes["production (ou-lab1-production)"].value
        assert shown.chosen == ("ou-lab1-workloads", "ou-lab1-development")

    def test_the_whole_organization_is_chosen_with_all_that_is_below(self, lab):
        shown = organization_map(lab)
        shown.choose("r-lab1", below=False)
        drawn(shown)["the organization (o-lambdaecrlab)"].value = True
        assert shown.patterns == ("o-lambdaecrlab/*",)

    def test_two_texts_and_a_button_move_an_account(self, lab, granted):
        shown = organization_map(lab, granted)
        _top, _choice, moving, said = shown.widget.children
        account, unit, button = moving.children[:3]
        assert "production (ou-lab1-production)" in unit.options
        account.value, unit.value = account.options[-1], "ou-lab1-production"
        assert lab.actor("development").account in account.value
        button.click()
        assert "Development may pull now" in said.value

    def test_nothing_is_moved_before_both_are_named(self, lab, granted):
        shown = organization_map(lab, granted)
        _top, _choice, moving, said = shown.widget.children
        moving.children[2].click()
        assert "Say which account" in said.value


def drawn(shown) -> dict:
    """The check boxes of a map by their labels."""
    units = shown.widget.children[0].children[1].children[1]
    return {box.description: box for box in units.children}
