"""Each notebook as a learner runs it, Shift+Enter after Shift+Enter, and then looked at in every light.

The form has chosen other accounts and another organization before, so all of it is told with these.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple, dataclass
from pathlib import Path

import pytest

from tests.browser.audit import CODE, OURS, findings, overflowing
from tests.browser.jupyter import Cell, Lab, Notebook
from tests.browser.pictures import Pictures
from tests.browser.views import Chosen

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))

DENIAL = "Lambda does not have permission to access the ECR image. Check the ECR permissions."
GREETING = "Hello from AWS Lambda using Python3."
# What has to be seen in which notebook, by the beginning of its name.
SHOWN = {"01": (GREETING,), **dict.fromkeys(("02", "03", "04", "05", "08"), (DENIAL, GREETING))}

ARTICLE = ("813835382529", "592444418872", "o-lambdaecrlab")
# How many of the registry account, the workload account and the organization are seen in which notebook.
TOLD = {"01": 1, "02": 1, "03": 2, "04": 3, "05": 3}


@dataclass
class Played:
    """A notebook after it was run, with its code cells."""

    name: str
    notebook: Notebook
    cells: list[Cell]


@pytest.fixture(scope="module", params=NOTEBOOKS)
def played(request: pytest.FixtureRequest, lab: Lab, chosen: Chosen, pictures: Pictures) -> Iterator[Played]:
    notebook = lab.open_from_files(request.param)
    notebook.begin()
    cells = list(notebook.run_cell_by_cell())
    if request.param.startswith("07"):
        pictures.take("growth", next(cell.plots.first for cell in cells if cell.plots.count()))
    yield Played(request.param, notebook, cells)
    notebook.close()


def test_a_notebook_runs_cell_by_cell_without_an_error(played):
    assert played.notebook.errors() == []


def test_the_denial_and_the_greeting_are_seen(played):
    shown = " ".join(played.notebook.shown().split())
    assert [sentence for sentence in SHOWN.get(played.name[:2], ()) if sentence not in shown] == []


def test_it_is_told_with_what_the_form_has_chosen(played, chosen):
    shown = played.notebook.shown()
    told = astuple(chosen)[: TOLD.get(played.name[:2], 0)]
    assert [each for each in told if each not in shown] == []
    assert not told or [each for each in ARTICLE if each in shown] == []


def test_nothing_in_a_notebook_is_a_serious_problem_for_accessibility(played, page):
    assert findings(page) == []


def test_every_text_can_be_read_in_the_dark_theme(played, lab, page):
    with lab.in_the_dark():
        assert findings(page, "color-contrast") == []


def test_nothing_has_to_be_scrolled_sideways_on_a_projector(played, page):
    assert overflowing(page.locator(f"{OURS}, {CODE}")) == []


def test_nothing_has_to_be_scrolled_sideways_at_200_percent(played, lab, page):
    with lab.twice_as_large():
        assert overflowing(page.locator(f"{OURS}, {CODE}")) == []
