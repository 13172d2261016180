"""The form of notebook 00, and what a learner who has other accounts and an organization in mind writes into it."""

from __future__ import annotations

from dataclasses import dataclass

from tests.browser.jupyter import Lab
from tests.browser.views import Keyboard, Mouse, Widget


@dataclass(frozen=True)
class Chosen:
    """Accounts and an organization that are not the article's."""

    registry: str
    workload: str
    organization: str

    def write_into(self, form: Widget, hand: Mouse | Keyboard) -> None:
        """Write them into the form and press its button."""
        hand.write(form.field("Registry account"), self.registry)
        hand.write(form.field("Workload account"), self.workload)
        hand.write(form.field("Organization"), self.organization)
        hand.press(form.button("Use these"))
        form.says(f"registry {self.registry}, workload {self.workload}")


def form_of(lab: Lab) -> Widget:
    """The form, shown by running notebook 00 from its top."""
    notebook = lab.open_from_files("00-start-here.ipynb")
    notebook.begin()
    for cell in notebook.run_cell_by_cell():
        if cell.place.get_by_role("button", name="Use these").count():
            return Widget(cell.outputs.last)
    raise AssertionError("notebook 00 shows no form")
