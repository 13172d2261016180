"""Each notebook as a learner runs it, Shift+Enter after Shift+Enter, and then looked at in every light."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.browser.audit import OURS, findings, overflowing
from tests.browser.jupyter import Cell, Lab, Notebook

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))

DENIAL = "Lambda does not have permission to access the ECR image. Check the ECR permissions."
GREETING = "Hello from AWS Lambda using Python3."
# What has to be seen in which notebook, by the beginning of its name.
SHOWN = {"01": (GREETING,), **dict.fromkeys(("02", "03", "04", "05", "08"), (DENIAL, GREETING))}


@dataclass
class Played:
    """A notebook after it was run, with its code cells."""

    name: str
    notebook: Notebook
    cells: list[Cell]


@pytest.fixture(scope="module", params=NOTEBOOKS)
def played(request: pytest.FixtureRequest, lab: Lab) -> Iterator[Played]:
    notebook = lab.open_from_files(request.param)
    notebook.begin()
    cells = list(notebook.run_cell_by_cell())
    yield Played(request.param, notebook, cells)
    notebook.close()


def test_a_notebook_runs_cell_by_cell_without_an_error(played):
    assert played.notebook.errors() == []


def test_the_denial_and_the_greeting_are_seen(played):
    shown = " ".join(played.notebook.shown().split())
    assert [sentence for sentence in SHOWN.get(played.name[:2], ()) if sentence not in shown] == []


def test_pictures_are_taken_of_what_is_seen(played, pictures):
    """Of a refusal with its explanation below, and of the plot of growth, in the notebooks that have these."""
    if played.name.startswith("03"):
        refusal = next(cell for cell in played.cells if DENIAL in " ".join(cell.text.split()))
        why = next(cell for cell in played.cells if cell.number > refusal.number and cell.decisions.count())
        pictures.take("refusal", refusal.place, why.place)
    if played.name.startswith("07"):
        plot = next(cell for cell in played.cells if cell.plots.count())
        pictures.take("growth", plot.plots.first)


def test_nothing_in_a_notebook_is_a_serious_problem_for_accessibility(played, page):
    assert findings(page) == []


def test_every_text_can_be_read_in_the_dark_theme(played, lab, page):
    with lab.in_the_dark():
        assert findings(page, "color-contrast") == []


def test_nothing_has_to_be_scrolled_sideways_on_a_projector(played, page):
    assert overflowing(page.locator(OURS)) == []


def test_nothing_has_to_be_scrolled_sideways_at_200_percent(played, lab, page):
    with lab.twice_as_large():
        assert overflowing(page.locator(OURS)) == []
