"""Each widget used as its user does, once with the mouse and once with the keyboard alone."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from labkit.pull import policies
from tests.browser import bench as benches
from tests.browser.audit import OURS, findings, in_both_themes, overflowing
from tests.browser.bench import Bench
from tests.browser.jupyter import Lab
from tests.browser.stage import Stage
from tests.browser.views import HANDS, Mouse


@pytest.fixture(scope="module")
def bench(lab: Lab, stage: Stage) -> Iterator[Bench]:
    benches.write(stage.notebooks)
    lab.refresh_files()
    notebook = lab.open_from_files(benches.NAME)
    notebook.run_all()
    yield Bench(notebook)
    notebook.close()


@pytest.fixture(params=HANDS)
def hand(request):
    return HANDS[request.param]()


@pytest.fixture(scope="module")
def accounts(stage: Stage):
    return stage.status()["accounts"]


def test_a_decision_opens_and_closes(bench, hand):
    view = bench.fresh("decision")
    view.decides("denied")
    hand.press(view.button("Close all"))
    expect(view.opened).to_have_count(0)
    hand.press(view.summaries.first)
    expect(view.opened).to_have_count(1)
    hand.press(view.button("What refused"))
    view.says("missing")


def test_a_policy_is_written_broken_repaired_applied_and_taken_back(bench, hand, accounts, pictures):
    editor = bench.fresh("editor")
    editor.decides("denied")
    good = json.dumps(policies.cross_account(accounts["workload"]), indent=2)
    text = editor.field("Policy (leave it empty for no policy)")
    hand.write(text, good.replace('"Allow"', '"Alow"', 1))
    editor.says("✗ error:")
    editor.says("1 error")
    hand.write(text, good.replace("StringLike", "StringEquals"))
    editor.says("1 warning")
    editor.decides("denied")
    text.press("Control+Home")
    pictures.take("editor", editor.place.locator(".widget-box .widget-box").first)
    hand.write(text, good)
    editor.says("no findings")
    editor.decides("allowed")
    hand.press(editor.button("Apply"))
    editor.says("Applied with ecr.set_repository_policy")
    hand.press(editor.button("Undo"))
    editor.says("Undone with ecr.delete_repository_policy")
    editor.decides("denied")


def test_an_editor_that_finds_and_refuses_is_accessible_and_can_be_read_in_both_themes(bench, lab, accounts):
    hand, editor = Mouse(), bench.fresh("editor")
    broken = json.dumps(policies.cross_account(accounts["workload"]), indent=2).replace('"Allow"', '"Alow"', 1)
    hand.write(editor.field("Policy (leave it empty for no policy)"), broken)
    editor.says("1 error")
    assert in_both_themes(lab) == []
    hand.press(editor.button("Apply"))
    editor.refuses()
    assert in_both_themes(lab) == []


def test_an_input_of_the_decision_is_changed_and_changed_back(bench, hand, accounts):
    question = bench.fresh("what-if")
    question.decides("allowed")
    account = question.field("Function's account")
    hand.write(account, "12345")
    question.says("12 digits")
    hand.write(account, accounts["outsider"])
    question.decides("denied")
    hand.press(question.button("Reset"))
    question.decides("allowed")


def test_units_are_chosen_and_an_account_moves(bench, hand, accounts, pictures):
    map_ = bench.fresh("map")
    hand.press(map_.field("development (ou-lab1-development)"))
    map_.says("Granted by path")
    pictures.take("map", map_.place.locator(".widget-box .widget-box").first)
    hand.write(map_.field("Move"), f"workload ({accounts['workload']})")
    hand.write(map_.field("into"), "development (ou-lab1-development)")
    hand.press(map_.button("Move the account"))
    map_.says("Moved with organizations.move_account")
    map_.says("Workload may not pull any more.")


def test_a_cell_of_the_matrix_says_why(bench, hand, pictures):
    matrix = bench.fresh("matrix")
    hand.press(matrix.button("✗ denied").first)
    matrix.decides("denied")
    pictures.take("matrix", matrix.place)
    hand.press(matrix.button("✓ allowed").first)
    matrix.decides("allowed")


def test_steps_are_played_one_by_one_again_and_all(bench, hand):
    steps = bench.fresh("steps")
    hand.press(steps.button("Next step"))
    steps.says("Step 1 of")
    steps.says("1 of")
    hand.press(steps.button("Retry this step"))
    steps.says("Step 1 of")
    hand.press(steps.button("Run all"))
    steps.says("steps came out as expected.")
    hand.press(steps.button("Clean up"))
    steps.says("Everything that the steps had made is removed.")


def test_no_widget_has_a_serious_problem_for_accessibility(bench, page):
    assert findings(page) == []


def test_every_word_of_a_widget_can_be_read_in_the_dark_theme(bench, lab, page):
    with lab.in_the_dark():
        assert findings(page, "color-contrast") == []


def test_no_widget_has_to_be_scrolled_sideways_on_a_projector(bench, page):
    assert overflowing(page.locator(OURS)) == []


def test_no_widget_has_to_be_scrolled_sideways_at_200_percent(bench, lab, page):
    with lab.twice_as_large():
        assert overflowing(page.locator(OURS)) == []
