"""The form of the first notebook, filled in by a learner who has other accounts and an organization in mind."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.audit import findings
from tests.browser.jupyter import Lab
from tests.browser.views import HANDS, Widget

CHOSEN = {
    "mouse": ("111111111111", "222222222222", "o-mouse12345"),
    "keyboard": ("333333333333", "444444444444", "o-keyboard12"),
}


@pytest.fixture(scope="module")
def form(lab: Lab) -> Widget:
    """The form, shown by running the notebook up to it."""
    notebook = lab.open_from_files("00-start-here.ipynb")
    notebook.begin()
    cells = notebook.run_cell_by_cell()
    cell = next(cell for cell in cells if cell.place.get_by_role("button", name="Use these").count())
    return Widget(cell.outputs.last)


@pytest.mark.parametrize("name", HANDS)
def test_the_form_judges_beside_the_field_and_keeps_what_is_good(form, stage, page, pictures, name):
    hand, (registry, workload, organization) = HANDS[name](), CHOSEN[name]
    account = form.field("Registry account")
    hand.write(account, "8138-3538-2529")
    expect(form.row_of("Registry account")).to_contain_text("12 digits")
    if name == "mouse":
        pictures.take("form", form.place)
    hand.write(account, registry)
    expect(form.row_of("Registry account")).not_to_contain_text("12 digits")
    hand.write(form.field("Workload account"), workload)
    hand.write(form.field("Organization"), organization)
    hand.press(form.button("Use these"))
    form.says(f"registry {registry}, workload {workload}")
    status = stage.status()
    assert (status["accounts"]["registry"], status["accounts"]["workload"]) == (registry, workload)
    assert status["organization"] == organization
    assert findings(page) == []
