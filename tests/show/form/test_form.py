"""The form of notebook 00: its rules, its names, what is kept, and the widgets around it, without a browser."""

from __future__ import annotations

import os

import pytest

import labkit.embedded.process.client as embedded
from labkit.errors import UsageError
from labkit.lab.choices import FIELDS, Choices
from labkit.lab.choosing import current
from labkit.lab.lab import Lab
from labkit.show.form import lab_form
from labkit.show.form.model import LabForm


@pytest.fixture(scope="module")
def started(tmp_path_factory):
    """A lab home whose embedded AWS runs; applying is quick then."""
    before, home = dict(os.environ), tmp_path_factory.mktemp("form") / "home"
    Lab.embedded(home)
    yield home
    embedded.stop(home)
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def form(started) -> LabForm:
    """A form of a lab with the defaults."""
    form = lab_form(started)
    form.back_to_defaults()
    assert form.apply()
    return lab_form(started)


@pytest.fixture
def fresh(tmp_path) -> LabForm:
    """A form of a lab home with which nothing was done yet."""
    return lab_form(tmp_path / "home")


class TestFields:
    def test_there_is_one_for_everything_that_can_be_chosen(self, fresh):
        assert {each.name for each in FIELDS} == set(current(fresh.home)) == set(fresh.values)

    def test_they_begin_with_the_articles_values(self, fresh):
        assert fresh.values["registry_account"] == "813835382529"
        assert fresh.wrong == {}

    def test_what_is_wrong_is_what_choose_would_say(self, fresh):
        fresh.edit(registry_account="8138-3538-2529", region="nowhere")
        assert fresh.wrong == Choices.of(fresh.values).problems()
        assert list(fresh.wrong) == ["registry_account", "region"]
        assert "✗ The account number of registry must be 12 digits" in fresh.text()
        assert "12 digits" in fresh.html()

    def test_white_space_around_a_value_does_not_count(self, fresh):
        fresh.edit(registry_account=" 111111111111 ")
        assert fresh.values["registry_account"] == "111111111111"

    def test_an_unknown_field_is_one_sentence(self, fresh):
        with pytest.raises(UsageError, match="no field 'acount'"):
            fresh.edit(acount="1")

    def test_texts_are_escaped(self, fresh):
        fresh.edit(organization_path="<script>")
        assert "<script>" not in fresh.html()
        assert "<script>" not in fresh.field_message_html("organization_path")

    def test_with_profiles_the_embedded_fields_are_said_not_to_be_used(self, fresh):
        fresh.edit(registry_profile="mine", workload_profile="other")
        assert "Not used" in fresh.field_message_html("registry_account")
        assert fresh.remark("region") == ""
        assert fresh.remark("management_profile") == "may read the organization; can stay empty"


class TestNames:
    def test_the_names_are_those_of_the_article_and_follow_the_values(self, fresh):
        assert ("image", "813835382529.dkr.ecr.eu-central-1.amazonaws.com/lambda-same-account:0.0.1") in fresh.names()
        fresh.edit(registry_account="111111111111", workload_account="222222222222", region="eu-west-1")
        assert fresh.names() == [
            ("image", "111111111111.dkr.ecr.eu-west-1.amazonaws.com/lambda-same-account:0.0.1"),
            ("image", "111111111111.dkr.ecr.eu-west-1.amazonaws.com/lambda-another-account:0.0.1"),
            ("image", "111111111111.dkr.ecr.eu-west-1.amazonaws.com/lambda-aws-organizations:0.0.1"),
            ("function", "arn:aws:lambda:eu-west-1:111111111111:function:test-same-account"),
            ("function", "arn:aws:lambda:eu-west-1:222222222222:function:test-another-account"),
            ("function", "arn:aws:lambda:eu-west-1:222222222222:function:test-organizations"),
            ("execution role", "arn:aws:iam::222222222222:role/LambdaRoleWithoutPermissions"),
        ]

    def test_a_value_that_will_not_do_is_in_no_name(self, fresh):
        fresh.edit(registry_account="1234")
        assert fresh.names()[0] == (
            "image",
            "<registry account>.dkr.ecr.eu-central-1.amazonaws.com/lambda-same-account:0.0.1",
        )

    def test_with_profiles_the_accounts_are_not_known_yet(self, fresh):
        fresh.edit(registry_profile="mine", region="")
        [(_, image), *_] = fresh.names()
        assert image.startswith("<account of mine>.dkr.ecr.<the profile's region>.")


class TestKeeping:
    def test_values_are_kept_and_the_next_form_shows_them(self, form):
        form.edit(registry_account="111111111111", organization="o-otherlab0000", region="eu-west-1")
        assert form.apply()
        assert "111111111111" in form.message.text
        assert lab_form(form.home).values["organization"] == "o-otherlab0000"
        assert form.lab.region == "eu-west-1"

    def test_accounts_that_are_left_are_said_to_keep_what_was_made_in_them(self, form, capsys):
        assert "still there" not in form.apply().text
        form.edit(workload_account="222222222222")
        assert "account 592444418872 is still there" in form.apply().text
        assert capsys.readouterr().out == ""

    def test_what_is_wrong_is_said_and_what_was_kept_stays(self, form):
        before = current(form.home)
        form.edit(workload_account="22")
        assert not form.apply()
        assert "12 digits" in form.message.text
        assert current(form.home) == before

    def test_the_defaults_are_written_and_kept_only_when_applied(self, form):
        form.edit(workload_account="222222222222", engine="embedded")
        form.apply()
        form.back_to_defaults()
        assert form.values["workload_account"] == "592444418872"
        assert current(form.home)["workload_account"] == "222222222222"
        assert form.apply()
        assert current(form.home)["engine"] is None


class TestWidget:
    def test_what_is_typed_is_judged_at_once_and_named(self, fresh):
        boxes = drawn(fresh)
        box, message = boxes["Workload account"]
        box.value = "22"
        assert "12 digits" in message.value
        box.value = "222222222222"
        assert "✗" not in message.value
        assert "arn:aws:iam::222222222222:role" in fresh.widget.children[-1].value

    def test_a_path_that_does_not_fit_the_organization_is_told_beside_its_field(self, fresh):
        path = drawn(fresh)["Path to grant"]
        path[0].value = "o-lambdaecrlab/r-lab1/*"
        assert "also holds the development account" in path[1].value
        path[0].value = "o-lambdaecrlab/r-lab1/ou-lab1-workloads/ou-lab1-production/*"
        assert "✗" not in path[1].value
        drawn(fresh)["Organization"][0].value = "o-renamed0000"
        assert "of another organization" in path[1].value

    def test_both_fields_are_told_of_one_account_in_two_roles(self, fresh):
        boxes = drawn(fresh)
        boxes["Workload account"][0].value = boxes["Registry account"][0].value
        assert all("cannot stand for" in boxes[name][1].value for name in ("Registry account", "Workload account"))

    def test_the_buttons_keep_the_values_and_bring_the_defaults(self, form):
        buttons, said, _names = form.widget.children[-3:]
        use, back = buttons.children
        drawn(form)["Workload account"][0].value = "22"
        use.click()
        assert "12 digits" in said.value
        drawn(form)["Workload account"][0].value = "222222222222"
        use.click()
        assert form.lab.workload.account == "222222222222"
        back.click()
        assert drawn(form)["Workload account"][0].value == "592444418872"

    def test_what_is_changed_in_python_is_shown(self, fresh):
        boxes = drawn(fresh)
        fresh.edit(engine="docker", base="stand-in", region="eu-west-1")
        assert [boxes[name][0].value for name in ("Engine", "Base image", "Region")] == [
            "docker",
            "stand-in",
            "eu-west-1",
        ]
        fresh.edit(engine="podman")
        assert "There is no engine" in boxes["Engine"][1].value

    def test_what_is_kept_is_shown_at_first(self, form):
        form.edit(engine="embedded")
        form.apply()
        assert drawn(lab_form(form.home))["Engine"][0].value == "embedded"

    def test_every_field_has_a_label(self, fresh):
        assert set(drawn(fresh)) == {each.label for each in FIELDS}


def drawn(form: LabForm) -> dict:
    """The input and the message of each field by its label."""
    rows = [part.children for part in form.widget.children if len(getattr(part, "children", ())) == 2]
    return {row[0].description: row for row in rows if hasattr(row[0], "value")}
