"""The shape of the notebooks: short cells, predictions, stored outputs, headings, hints, links that lead somewhere.

What they say is compared by nbval; here only their form is looked at, without a kernel.
"""

from __future__ import annotations

import json
import re
import statistics
from functools import cache
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "notebooks"
NAMES = [
    "00-start-here",
    "01-build-and-push",
    "02-same-account",
    "03-cross-account",
    "04-organization",
    "05-organization-paths",
    "06-clean-up",
    "07-growth",
    "08-break-it-yourself",
    "09-your-own-case",
]
STORIES = NAMES[1:6]
WITHOUT_LAB = ["09-your-own-case"]  # on files alone
WITH_EXERCISES = [*NAMES[:8], NAMES[9]]  # 08 is nothing but exercises, of a form of its own
GLOSSARY = "glossary"
PAGES = [*NAMES, GLOSSARY]
COLUMNS = 100  # of code, on a projector with 1280 pixels
IMPORT = "from labkit import "  # one line in every notebook; where it is longer, JupyterLab wraps it

_LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")
_CREATES = re.compile(r"\.create_function\(([^()]*)\)")
_HINTS = re.compile(r"<details>.*</details>", re.DOTALL)


@cache
def read(name):
    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=nbformat.NO_CONVERT)


def cells(name, kind):
    return [cell for cell in read(name).cells if cell.cell_type == kind]


def lines(cell):
    return [line for line in cell.source.splitlines() if line.strip()]


def prose(name):
    """The markdown as one text."""
    return "\n\n".join(cell.source for cell in cells(name, "markdown"))


def words(cell):
    """How many words are read; hints are folded."""
    return len(_HINTS.sub("", cell.source).split())


def texts(name):
    """Every text that is stored as an output."""
    for cell in cells(name, "code"):
        for output in cell.outputs:
            yield json.dumps(output)


def p90(values):
    return statistics.quantiles(values, n=10)[-1]


def anchors(name):
    """What a link may end with after #: headings, with hyphens for blanks, as JupyterLab and nbconvert name them."""
    return {title.strip().replace(" ", "-") for title in re.findall(r"^#+ (.*)$", prose(name), re.MULTILINE)}


def every_notebook(test):
    return pytest.mark.parametrize("name", NAMES)(test)


def every_story(test):
    return pytest.mark.parametrize("name", STORIES)(test)


def every_page(test):
    return pytest.mark.parametrize("name", PAGES)(test)


def test_these_are_all_the_notebooks():
    assert sorted(path.stem for path in FOLDER.glob("*.ipynb")) == PAGES


@every_page
def test_the_file_is_valid_and_its_cells_have_ids(name):
    book = read(name)
    nbformat.validate(book)
    assert (book.nbformat, book.nbformat_minor) == (4, 5)
    ids = [cell.id for cell in book.cells]
    assert len(set(ids)) == len(ids)


@every_page
def test_metadata_holds_the_kernel_and_nothing_of_a_machine(name):
    book = read(name)
    assert book.metadata.kernelspec.name == "python3"
    assert set(book.metadata) <= {"kernelspec", "language_info"}
    assert all(set(cell.metadata) <= {"tags"} for cell in book.cells)


@every_notebook
def test_it_was_executed_from_the_top_and_nothing_failed(name):
    ran = cells(name, "code")
    assert [cell.execution_count for cell in ran] == list(range(1, len(ran) + 1))
    kinds = {output.output_type for cell in ran for output in cell.outputs}
    assert "error" not in kinds
    assert not any(output.get("name") == "stderr" for cell in ran for output in cell.outputs)


@every_notebook
def test_code_cells_are_short(name):
    counts = [len(lines(cell)) for cell in cells(name, "code")]
    assert max(counts) <= 12
    assert p90(counts[1:]) <= 6  # the first one is the setup
    assert statistics.median(counts) <= 3


@every_notebook
def test_a_line_of_code_fits_on_a_projector(name):
    code = [line for cell in cells(name, "code") for line in lines(cell) if not line.startswith(IMPORT)]
    assert [line for line in code if len(line) > COLUMNS] == []


@every_notebook
def test_what_comes_from_labkit_is_imported_in_one_line(name):
    ours = [line for cell in cells(name, "code") for line in lines(cell) if re.match(r"(from|import) labkit", line)]
    assert len(ours) == 1
    assert ours[0].startswith(IMPORT)


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
    counts = [words(cell) for cell in cells(name, "markdown")]
    assert 25 <= statistics.median(counts) <= 40
    assert p90(counts) <= 100


@every_story
def test_a_notebook_has_neither_too_little_nor_too_much(name):
    assert 40 <= len(read(name).cells) <= 70


@every_notebook
def test_headings_are_numbered_in_order_and_end_with_recap_and_clean_up(name):
    headings = re.findall(r"^## (.*)$", prose(name), re.MULTILINE)
    numbered = [heading for heading in headings if re.match(r"\d+\. ", heading)]
    assert [int(heading.split(".")[0]) for heading in numbered] == list(range(1, len(numbered) + 1))
    rest = headings[len(numbered) :]
    assert rest == ["Recap", "Check yourself", "Clean up"]


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


def exercises(name):
    """The exercises: what is asked, and the cell with its check."""
    check = re.compile(r"^exercises\.", re.MULTILINE)
    return [(above, cell) for above, cell in pairwise(read(name).cells) if check.search(code(cell))]


def code(cell):
    return cell.source if cell.cell_type == "code" else ""


@pytest.mark.parametrize("name", WITH_EXERCISES)
def test_two_to_four_exercises_are_checked_and_unsolved(name):
    assert 2 <= len(exercises(name)) <= 4
    for _, check in exercises(name):
        assert re.match(r"✗ Not yet: 0 of [2-9] cases\. ", check.outputs[0].data["text/plain"])


@pytest.mark.parametrize("name", WITH_EXERCISES)
def test_hints_of_an_exercise_open_one_after_the_other(name):
    for asked, _ in exercises(name):
        titles = re.findall(r"<details><summary>(.*?)</summary>\n\n", asked.source)  # the blank line lets markdown in
        assert titles == [f"Hint {number}" for number in range(1, len(titles) + 1)]
        assert 2 <= len(titles) <= 3
        tags = re.findall(r"</?details>", asked.source)
        assert tags == ["<details>"] * len(titles) + ["</details>"] * len(titles)


def predictions(name):
    """The cells in which the learner is asked what will happen, and what stands below each."""
    return [(cell, below) for cell, below in pairwise(read(name).cells) if "**Predict.**" in cell.source]


@every_story
def test_the_learner_predicts_before_what_may_surprise(name):
    assert len(predictions(name)) >= 4


@every_notebook
def test_a_prediction_is_a_question_and_the_next_cell_answers_it(name):
    for asked, below in predictions(name):
        assert "?" in asked.source.partition("**Predict.**")[2]
        assert below.cell_type == "code"


@every_notebook
def test_one_setup_cell_opens_the_lab_and_holds_every_import(name):
    first, *others = cells(name, "code")
    assert ("lab = Lab.open()" in first.source) is (name not in WITHOUT_LAB)
    late = [cell.id for cell in others if re.search(r"^(from|import) ", cell.source, re.MULTILINE)]
    assert late == []


@every_story
def test_a_scenario_is_brought_to_its_start_before_anything_else(name):
    assert re.search(r"prepare\(lab, |clean_up\(lab\)", "\n".join(c.source for c in cells(name, "code")[1:2]))


@every_notebook
def test_account_numbers_regions_and_organizations_come_from_the_lab(name):
    source = "\n".join(cell.source for cell in cells(name, "code"))
    examples = {"111111111111", "8138-3538-2529"}  # values that notebook 00 shows being refused
    assert set(re.findall(r"\d{12}", source)) <= examples
    assert not re.search(r"eu-central-1|o-lambdaecrlab", source)


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
            folded = "text/html" in output.get("data", {})  # which is what is shown
            assert len(text.splitlines()) <= (80 if folded else 40)


@every_notebook
def test_outputs_are_compared_unless_they_depend_on_what_was_run_before(name):
    ignored = [cell.id for cell in cells(name, "code") if "NBVAL" in cell.source]
    assert len(ignored) == (2 if name == "06-clean-up" else 0)


# Links


@every_page
def test_every_link_leads_to_a_heading_a_notebook_or_a_file(name):
    for text, target in _LINK.findall(prose(name)):
        page, _, anchor = target.partition("#")
        assert not re.match(r"https?:", target), f"{text}: the lab is read offline"
        assert not page or (FOLDER / page).is_file(), target
        assert not anchor or anchor in anchors(Path(page).stem if page else name), target


@every_notebook
def test_the_notebook_that_is_named_next_is_linked(name):
    for line in re.findall(r"\*\*Next:\*\*\s+(\S+)", prose(name)):
        assert line.startswith("["), line


@pytest.mark.parametrize("name", [*NAMES[:6], *NAMES[7:]])
def test_words_of_the_glossary_are_linked_where_they_are_first_used(name):
    read_by_people = re.sub(r"(?m)^#.*$|`[^`]*`", "", prose(name))
    linked = [text for text, target in _LINK.findall(read_by_people) if target.startswith(f"{GLOSSARY}.ipynb#")]
    read_by_people = _LINK.sub(r"[\1]", read_by_people)
    assert len(linked) >= 5
    for text in linked:
        first = re.search(
            r"\s+".join([r"\b" + text.split()[0], *text.split()[1:]]) + r"\b", read_by_people, re.IGNORECASE
        )
        assert read_by_people[first.start() - 1] == "[", f"{text!r} is used before it is linked"


# The glossary and the index


def entries():
    """The words of the glossary, and what is said about each."""
    for cell in read(GLOSSARY).cells:
        if found := re.fullmatch(r"## (.*?)\n\n(.*)\n\n\*Source:\* (.*)\.", cell.source, re.DOTALL):
            yield found.groups()


def test_the_glossary_is_text_and_sorted_and_its_first_cells_lead_to_every_word():
    titles = [title for title, _, _ in entries()]
    assert len(titles) == len(read(GLOSSARY).cells) - 2
    assert titles == sorted(titles, key=str.lower)
    assert [text for text, _ in _LINK.findall(read(GLOSSARY).cells[1].source)] == titles


def test_a_word_is_explained_in_a_few_words_and_has_a_source():
    for title, said, source in entries():
        assert len(said.split()) <= 50, title
        assert re.search(r"(Guide|Reference), \*.+\*$|^the lab's README$|^`labkit/", source), title


def test_the_glossary_has_the_words_that_explanations_are_made_of():
    titles = {title for title, _, _ in entries()}
    assert {"request", "check", "match", "nearest miss", "decision", "caller", "execution role"} <= titles
    assert {"registry account", "workload account", "condition key", "service principal", "confused deputy"} <= titles


_ROW = re.compile(r"^\| \[([^\]]+)\]\((?:notebooks/)?([\w-]+)\.ipynb\) \| (.+) \| (.+) \|$", re.MULTILINE)


def test_the_index_of_the_first_notebook_and_that_of_the_readme_are_the_same_and_complete():
    index = _ROW.findall(prose(NAMES[0]))
    assert [stem for _, stem, _, _ in index] == PAGES
    assert _ROW.findall((ROOT / "README.md").read_text("utf-8")) == index


def test_the_index_says_how_long_each_takes_as_the_notebook_itself_does():
    minutes = {stem: said for _, stem, _, said in _ROW.findall(prose(NAMES[0]))}
    for name in NAMES:
        assert re.search(r"About\s+(\d+)\s+minutes", cells(name, "markdown")[0].source)[1] == minutes[name]


@pytest.mark.parametrize("name", STORIES[1:])
def test_a_refusal_is_shown_verbatim_and_explained(name):
    stored = "\n".join(texts(name))
    assert "Lambda does not have permission to access the ECR image. Check the ECR permissions." in stored
    assert any("decision_view(" in cell.source for cell in cells(name, "code"))


@pytest.mark.parametrize("name", STORIES[1:])
def test_what_was_repaired_is_proved_in_view(name):
    assert any(re.search(r"^assert .*\.allowed$", cell.source, re.MULTILINE) for cell in cells(name, "code"))


@pytest.mark.parametrize("name", STORIES[1:])
def test_functions_are_created_by_a_call_of_boto3_that_can_be_pasted(name):
    calls = [call for cell in cells(name, "code") for call in _CREATES.findall(cell.source)]
    assert calls
    for call in calls:
        assert all(f"{argument}=" in call for argument in ("FunctionName", "Role", "PackageType", "Code", "Tags"))
