"""The form of the first notebook, filled in by a learner who has other accounts and an organization in mind."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.audit import findings, in_both_themes
from tests.browser.views import HANDS, Chosen, Mouse

CHOSEN = {
    "mouse": Chosen("111111111111", "222222222222", "o-mouse12345"),
    "keyboard": Chosen("333333333333", "444444444444", "o-keyboard12"),
}
_WITH_DASHES = "8138-3538-2529"


@pytest.mark.parametrize("name", HANDS)
def test_the_form_judges_beside_the_field_and_keeps_what_is_good(form, stage, page, pictures, name):
    hand, chosen = HANDS[name](), CHOSEN[name]
    hand.write(form.field("Registry account"), _WITH_DASHES)
    expect(form.row_of("Registry account")).to_contain_text("12 digits")
    if name == "mouse":
        pictures.take("form", form.place)
    chosen.write_into(form, hand)
    expect(form.row_of("Registry account")).not_to_contain_text("12 digits")
    status = stage.status()
    assert (status["accounts"]["registry"], status["accounts"]["workload"]) == (chosen.registry, chosen.workload)
    assert status["organization"] == chosen.organization
    assert findings(page) == []


def test_its_messages_are_accessible_and_can_be_read_in_both_themes(form, lab):
    hand, account = Mouse(), form.field("Registry account")
    before = account.input_value()
    hand.write(account, _WITH_DASHES)
    expect(form.row_of("Registry account")).to_contain_text("12 digits")
    hand.press(form.button("Use these"))
    form.refuses()
    assert in_both_themes(lab) == []
    hand.write(account, before)
    expect(form.row_of("Registry account")).not_to_contain_text("12 digits")
