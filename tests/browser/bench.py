"""A notebook of the tests' own with one view a cell: the bench on which widgets are tried.

A cell brings what it shows to its start, so a test runs the cell of its view and finds it as new.
"""

from __future__ import annotations

from pathlib import Path

import nbformat
from playwright.sync_api import expect

from tests.browser.jupyter import KERNEL, Cell, Notebook
from tests.browser.views import Widget

NAME = "widgets-of-the-tests.ipynb"
_METADATA = {"kernelspec": {"display_name": KERNEL, "language": "python", "name": "python3"}}
_SETUP = """
import json
from labkit import Lab, access_matrix, decision_view, lab_form, organization_map, policies, policy_editor, prepare
from labkit import put_accounts_back, repositories, scenario_steps, what_if
from labkit.lab.article import ORGANIZATION, OTHER_ACCOUNT

lab = Lab.open()
for scenario in ("same-account", "cross-account", "organization-paths"):
    assert all(result.ok for result in prepare(lab, scenario))
ecr = lab.registry.client("ecr")

def start_with(names, policy):
    put_accounts_back(lab)
    repositories.set_policy(ecr, names.repository, policy and json.dumps(policy()))
    return names.repository, names.function
"""
_NOTHING = "repository, function = start_with(OTHER_ACCOUNT, None)\n"
_GRANTED = "repository, function = start_with(OTHER_ACCOUNT, lambda: policies.cross_account(lab.workload.account))\n"
_PLACES = (
    "repository, function = start_with(ORGANIZATION, lambda: policies.organization_paths(lab.organization_path))\n"
)
VIEWS = {
    "decision": _NOTHING + "decision_view(lab.explain(lab.workload.session, function, repository))",
    "editor": _NOTHING + "policy_editor(lab, repository, function)",
    "what-if": _GRANTED + "what_if(lab, function, repository)",
    "map": _PLACES + "organization_map(lab, repository)",
    "matrix": _PLACES + "access_matrix(lab)",
    "steps": 'scenario_steps(lab, "same-account")',
    "form": "lab_form()",
}


def write(folder: Path) -> None:
    """Write the notebook."""
    cells = [nbformat.v4.new_code_cell(source.strip()) for source in (_SETUP, *VIEWS.values())]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=_METADATA), folder / NAME)


class Bench:
    """The notebook, open in JupyterLab, with everything shown."""

    def __init__(self, notebook: Notebook) -> None:
        self.notebook = notebook

    def place(self, name: str) -> Widget:
        """The view of this name as it stands there."""
        return Widget(self._cell(name).outputs.last)

    def fresh(self, name: str) -> Widget:
        """The view of this name, shown anew by running its cell."""
        cell = self._cell(name)
        before = cell.place.locator(".jp-InputPrompt").first.inner_text()
        self.notebook.select(cell.number)
        self.notebook.lab.choose("Run", "Run Selected Cell")  # by no key, which could be one for a widget
        expect(cell.place.locator(".jp-InputPrompt").first).not_to_have_text(before)
        cell.has_run()
        assert cell.error == ""
        return self.place(name)

    def _cell(self, name: str) -> Cell:
        number = list(VIEWS).index(name) + 1
        return Cell(self.notebook.cells.nth(number), number)
