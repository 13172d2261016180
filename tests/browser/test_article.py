"""The story in the article's own numbers, before the form of the first notebook brings others in."""

from __future__ import annotations

from tests.browser.jupyter import Cell, Lab
from tests.browser.test_notebooks import DENIAL


def test_a_refusal_is_shown_verbatim_and_below_it_why(lab: Lab, pictures):
    notebook = lab.open_from_files("03-cross-account.ipynb")
    notebook.begin()
    refusal: Cell | None = None
    for cell in notebook.run_cell_by_cell():
        if refusal is None and DENIAL in " ".join(cell.text.split()):
            refusal = cell
        elif refusal is not None and cell.decisions.count():
            pictures.take("refusal", *(notebook.cells.nth(number) for number in range(refusal.number, cell.number + 1)))
            break
    else:
        raise AssertionError("no refusal was explained")
    notebook.close()
