"""The shape of the notebooks: short cells, prose before code, stored outputs, headings, recap, exercises, clean-up.

What they say is compared by nbval; here only their form is looked at, without a kernel.
"""

from __future__ import annotations

import json
import re
import statistics
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
NAMES = [
    "00-start-here",
    "01-build-and-push",
    "02-same-account",
    "03-cross-account",
    "04-organization",
    "05-organization-paths",
    "06-clean-up",
]
STORIES = NAMES[1:6]


def read(name):
    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=nbformat.NO_CONVERT)


def cells(name, kind):
    return [cell for cell in read(name).cells if cell.cell_type == kind]


def lines(cell):
    return [line for line in cell.source.splitlines() if line.strip()]


def texts(name):
    """Every text that is stored as an output."""
    for cell in cells(name, "code"):
        for output in cell.outputs:
            yield json.dumps(output)


def p90(values):
    return statistics.quantiles(values, n=10)[-1]


def every_notebook(test):
    return pytest.mark.parametrize("name", NAMES)(test)


def every_story(test):
    return pytest.mark.parametrize("name", STORIES)(test)


def test_these_are_all_the_notebooks():
    assert sorted(path.stem for path in FOLDER.glob("*.ipynb")) == NAMES


@every_notebook
def test_the_file_is_valid_and_its_cells_have_ids(name):
    book = read(name)
    nbformat.validate(book)
    assert (book.nbformat, book.nbformat_minor) == (4, 5)
    ids = [cell.id for cell in book.cells]
    assert len(set(ids)) == len(ids)


@every_notebook
def test_metadata_holds_the_kernel_and_nothing_of_a_machine(name):
    book = read(name)
    assert book.metadata.kernelspec.name == "python3"
    assert set(book.metadata) <= {"kernelspec", "language_info"}
    assert all(set(cell.metadata) <= {"tags"} for cell in book.cells)


@every_notebook
def test_it_was_executed_from_the_top_and_nothing_failed(name):
    code = cells(name, "code")
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    kinds = {output.output_type for cell in code for output in cell.outputs}
    assert "error" not in kinds
    assert not any(output.get("name") == "stderr" for cell in code for output in cell.outputs)


@every_notebook
def test_code_cells_are_short(name):
    code = [len(lines(cell)) for cell in cells(name, "code")]
    assert max(code) <= 12
    assert p90(code[1:]) <= 6  # the first one is the setup
    assert statistics.median(code) <= 3


def test_over_all_notebooks_a_code_cell_has_two_lines_in_the_median():
    assert statistics.median(len(lines(cell)) for name in NAMES for cell in cells(name, "code")) <= 2


@every_notebook
def test_code_is_introduced_by_prose(name):
    kinds = [cell.cell_type for cell in read(name).cells]
    before = [above for above, kind in pairwise(kinds) if kind == "code"]
    assert kinds[0] == "markdown"
    assert before.count("markdown") / len(before) >= 0.85


@every_story
def test_prose_is_of_the_length_that_people_read(name):
    words = [len(cell.source.split()) for cell in cells(name, "markdown")]
    assert 25 <= statistics.median(words) <= 40
    assert p90(words) <= 100


@every_story
def test_a_notebook_has_neither_too_little_nor_too_much(name):
    assert 30 <= len(read(name).cells) <= 60


@every_notebook
def test_headings_are_numbered_in_order_and_end_with_recap_and_clean_up(name):
    headings = re.findall(r"^## (.*)$", "\n".join(cell.source for cell in cells(name, "markdown")), re.MULTILINE)
    numbered = [heading for heading in headings if re.match(r"\d+\. ", heading)]
    assert [int(heading.split(".")[0]) for heading in numbered] == list(range(1, len(numbered) + 1))
    rest = headings[len(numbered) :]
    assert rest == {"06-clean-up": ["Recap"]}.get(name, ["Recap", "Check yourself", "Clean up"])


@every_notebook
def test_it_begins_with_what_will_be_seen_and_a_duration(name):
    first = cells(name, "markdown")[0].source
    assert first.startswith("# ")
    assert re.search(r"\*\*What you will (see|do)", first)
    assert re.search(r"About \d+\s+minutes", first)


@every_notebook
def test_the_recap_has_three_to_five_lines(name):
    recap = next(cell.source for cell in cells(name, "markdown") if cell.source.startswith("## Recap"))
    assert 3 <= len(re.findall(r"^- ", recap, re.MULTILINE)) <= 5


@pytest.mark.parametrize("name", NAMES[:6])
def test_two_to_four_exercises_are_checked_and_unsolved(name):
    checks = [cell for cell in cells(name, "code") if "exercises." in cell.source]
    assert 2 <= len(checks) <= 4
    for cell in checks:
        assert cell.outputs[0].data["text/plain"].startswith("✗ Not yet. ")


@every_notebook
def test_one_setup_cell_opens_the_lab_and_holds_every_import(name):
    first, *others = cells(name, "code")
    assert "lab = Lab.open()" in first.source
    late = [cell.id for cell in others if re.search(r"^(from|import) ", cell.source, re.MULTILINE)]
    assert late == []


@every_story
def test_a_scenario_is_brought_to_its_start_before_anything_else(name):
    assert re.search(r"prepare\(lab, |clean_up\(lab\)", "\n".join(c.source for c in cells(name, "code")[1:2]))


@every_notebook
def test_account_numbers_regions_and_organizations_come_from_the_lab(name):
    code = "\n".join(cell.source for cell in cells(name, "code"))
    examples = {"111111111111", "8138-3538-2529"}  # values that notebook 00 shows being refused
    assert set(re.findall(r"\d{12}", code)) <= examples
    assert not re.search(r"eu-central-1|o-lambdaecrlab", code)


@every_notebook
def test_outputs_hold_no_secrets_no_paths_and_no_addresses(name):
    for text in texts(name):
        assert not re.search(r"A[KS]IA[A-Z0-9]{12,}", text)
        assert not re.search(r"/(home|root|tmp|Users|work)/", text)
        assert not re.search(r"0x[0-9a-f]{6,}", text)
        assert "aws_secret_access_key" not in text.lower()
        assert "widget-view" not in text


@every_notebook
def test_outputs_fit_on_a_screen(name):
    for cell in cells(name, "code"):
        for output in cell.outputs:
            text = output.get("text") or output.data["text/plain"]
            assert len(text.splitlines()) <= 40


@every_notebook
def test_outputs_are_compared_unless_they_depend_on_what_was_run_before(name):
    ignored = [cell.id for cell in cells(name, "code") if "NBVAL" in cell.source]
    assert len(ignored) == (2 if name == "06-clean-up" else 0)


@pytest.mark.parametrize("name", STORIES[1:])
def test_a_refusal_is_shown_verbatim_and_explained(name):
    stored = "\n".join(texts(name))
    assert "Lambda does not have permission to access the ECR image. Check the ECR permissions." in stored
    assert any("lab.explain" in cell.source for cell in cells(name, "code"))


@pytest.mark.parametrize("name", STORIES[1:])
def test_functions_are_created_by_a_call_of_boto3_that_can_be_pasted(name):
    calls = [line for cell in cells(name, "code") for line in lines(cell) if ".create_function(" in line]
    assert calls
    for call in calls:
        assert all(f"{argument}=" in call for argument in ("FunctionName", "Role", "PackageType", "Code", "Tags"))
