"""Each notebook as a learner runs it, Shift+Enter after Shift+Enter, and then looked at in every light."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.browser.audit import OURS, findings, overflowing
from tests.browser.jupyter import Lab, Notebook

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))

DENIAL = "Lambda does not have permission to access the ECR image. Check the ECR permissions."
GREETING = "Hello from AWS Lambda using Python3."
# What has to be seen in which notebook, by the beginning of its name.
SHOWN = {"01": (GREETING,), **dict.fromkeys(("02", "03", "04", "05", "08"), (DENIAL, GREETING))}


@dataclass
class Played:
    """A notebook after it was run: what each code cell showed, and the errors below cells."""

    notebook: Notebook
    shown: list[str]
    errors: list[str]


@pytest.fixture(scope="module", params=NOTEBOOKS)
def played(request: pytest.FixtureRequest, lab: Lab) -> Iterator[Played]:
    notebook = lab.open_from_files(request.param)
    cells = list(notebook.run_cell_by_cell())
    yield Played(notebook, [cell.text for cell in cells], [cell.error for cell in cells if cell.error])
    notebook.close()


def test_a_notebook_runs_cell_by_cell_without_an_error(played):
    assert played.errors == []


def test_the_denial_and_the_greeting_are_seen(played, request):
    everything = " ".join(" ".join(played.shown).split())
    for sentence in SHOWN.get(request.node.callspec.params["played"][:2], ()):
        assert sentence in everything


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
