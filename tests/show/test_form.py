"""The form of notebook 00: the model, and the widgets around it, without a browser."""

from __future__ import annotations

import os

import pytest

import labkit.embedded.client as embedded
from labkit.lab import current
from labkit.show.form import GROUPS, FormModel, lab_form


@pytest.fixture
def home(tmp_path):
    before = dict(os.environ)
    yield tmp_path / "home"
    embedded.stop(tmp_path / "home")
    os.environ.clear()
    os.environ.update(before)


def test_the_form_has_a_field_for_everything_that_can_be_chosen(home):
    assert {each.name for _, fields in GROUPS for each in fields} == set(current(home))


def test_what_is_wrong_is_said_in_one_sentence_and_nothing_changes(home):
    model = FormModel.load(home)
    before = current(home)
    model.values["registry_account"] = "8138-3538-2529"
    assert model.apply() is None
    assert "12 digits" in model.message and not model.ok
    assert current(home) == before


def test_values_are_kept_and_the_next_form_shows_them(home):
    model = FormModel.load(home)
    model.values.update(registry_account="111111111111", organization="o-otherlab00", region="eu-west-1")
    lab = model.apply()
    assert lab is not None and model.ok
    assert "111111111111" in model.message
    assert FormModel.load(home).values["organization"] == "o-otherlab00"
    assert lab.region == "eu-west-1"


def test_the_button_applies_what_is_in_the_boxes(home):
    applied = []
    form = lab_form(home, applied.append)
    boxes = {
        box.description: box for box in form.children if hasattr(box, "placeholder") and hasattr(box, "description")
    }
    button, message = form.children[-2:]
    boxes["Workload account"].value = "22"
    button.click()
    assert "12 digits" in message.value and applied == []
    boxes["Workload account"].value = "222222222222"
    button.click()
    assert "222222222222" in message.value
    assert applied[0].workload.account == "222222222222"


def test_where_no_widget_can_be_drawn_the_form_says_what_it_is(home):
    assert repr(lab_form(home)) == "The form is drawn when this cell is run; without it the lab keeps what is chosen."
