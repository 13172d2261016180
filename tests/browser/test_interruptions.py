"""What happens to a lab in the middle of a notebook: its kernel is started anew, its embedded AWS crashes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import pytest

from labkit.lab.notebook_errors import GONE
from tests.browser.jupyter import Lab, Notebook

_BEFORE = 8  # code cells of the notebook that have run when it happens


@pytest.fixture
def notebook(lab: Lab) -> Iterator[Notebook]:
    notebook = lab.open_from_files("02-same-account.ipynb")
    notebook.begin()
    yield notebook
    notebook.close()


def test_a_kernel_that_is_started_anew_goes_on_where_the_learner_was(notebook):
    here = list(islice(notebook.run_cell_by_cell(), _BEFORE))[-1]
    notebook.restart_and_run_up_to(here.number + 1)
    rest = [cell.error for cell in notebook.run_cell_by_cell(here.number + 1)]
    assert rest
    assert notebook.errors() == []


def test_after_a_crash_of_the_embedded_aws_one_sentence_says_what_to_do_and_that_helps(notebook, stage):
    cells = notebook.run_cell_by_cell()
    list(islice(cells, _BEFORE))
    stage.kill_aws()
    assert next(cell.error for cell in cells if cell.error).strip() == GONE
    notebook.begin()
    notebook.run_all()
