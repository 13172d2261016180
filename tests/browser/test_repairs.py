"""A case of notebook 08 as a learner solves it: refused, repaired in the editor, applied, and checked."""

from __future__ import annotations

import json

from labkit.pull import policies
from tests.browser.jupyter import Lab
from tests.browser.stage import Stage
from tests.browser.test_notebooks import GREETING
from tests.browser.views import Mouse, Widget

_CASE = "wrong-account"


def test_a_broken_policy_is_repaired_in_the_editor_and_then_solved(lab: Lab, stage: Stage):
    notebook = lab.open_from_files("08-break-it-yourself.ipynb")
    notebook.begin()
    cells = notebook.run_cell_by_cell()
    next(cell for cell in cells if f'broken(lab, "{_CASE}")' in cell.source)
    edited = next(cells)
    editor = Widget(edited.outputs.last)
    editor.decides("denied")
    hand, repaired = Mouse(), policies.cross_account(stage.status()["accounts"]["workload"])
    hand.write(editor.field("Policy (leave it empty for no policy)"), json.dumps(repaired))
    editor.decides("allowed")
    hand.press(editor.button("Apply"))
    editor.says("Applied with ecr.set_repository_policy")
    check = next(notebook.run_cell_by_cell(edited.number + 1))
    assert f'repaired(lab, "{_CASE}")' in check.source
    assert "✓ Solved" in check.text
    assert GREETING in check.text
    notebook.close()
