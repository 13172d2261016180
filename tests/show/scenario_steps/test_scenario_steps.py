"""Scenario steps: what each press does, what is shown of it, and what a time is not part of."""

from __future__ import annotations

import itertools

import pytest
from botocore.exceptions import EndpointConnectionError

from labkit.aws import repositories
from labkit.errors import UsageError
from labkit.lab.article import OTHER_ACCOUNT
from labkit.pull import policies
from labkit.scenarios import SCENARIOS, clean_up, named
from labkit.show.scenario_steps import scenario_steps
from labkit.show.scenario_steps.model import ScenarioSteps
from labkit.show.scenario_steps.widget import ScenarioStepsWidget

NAME = "cross-account"
COUNT = len(SCENARIOS[NAME].all_steps)
REFUSED = len(SCENARIOS[NAME].setup)


@pytest.fixture
def steps(lab):
    yield scenario_steps(lab, NAME)
    clean_up(lab)


def advanced(steps: ScenarioSteps, count: int) -> ScenarioSteps:
    for _ in range(count):
        assert steps.next()
    return steps


def test_nothing_is_done_before_anything_is_pressed(lab, steps):
    assert {steps.state(number) for number in range(COUNT)} == {"waiting"}
    assert steps.progress == f"0 of {COUNT} steps done"
    assert repositories.find(lab.registry.client("ecr"), OTHER_ACCOUNT.repository) is None
    assert not steps.retry()


def test_all_at_once_comes_out_as_expected(steps):
    assert steps.run().text == f"All {COUNT} steps came out as expected."
    assert steps.done
    assert steps.state(REFUSED) == "denied as expected"
    assert "All steps are done" in steps.next().text


def test_a_denial_shows_awss_sentence_and_why(steps):
    advanced(steps, REFUSED + 1)
    for shown in (steps.text(), steps.html()):
        assert "AccessDeniedException (403): Lambda does not have permission to access the ECR image." in shown
    assert "is not allowed to call" in steps.text()
    assert "may not pull" in steps.html()


def test_the_rest_can_be_run_after_single_steps(steps):
    advanced(steps, 2)
    assert steps.run()
    assert len(steps.results) == COUNT


def test_a_step_that_comes_out_otherwise_stops_and_can_be_done_again(lab, steps):
    advanced(steps, REFUSED)
    ecr = lab.registry.client("ecr")
    repositories.set_policy(ecr, OTHER_ACCOUNT.repository, policies.cross_account(lab.workload.account))
    said = steps.run()
    assert not said
    assert steps.state(REFUSED) == "done, expected denied"
    assert "Do it again, or clean up" in steps.next().text
    repositories.set_policy(ecr, OTHER_ACCOUNT.repository, None)
    assert steps.retry()
    assert steps.run()


def test_cleaning_up_leaves_nothing_and_goes_back_to_the_start(lab, steps):
    advanced(steps, REFUSED)
    assert steps.clean_up()
    assert clean_up(lab) == ()
    assert steps.progress == f"0 of {COUNT} steps done"
    assert steps.next()


def test_where_aws_does_not_answer_that_is_said_and_the_step_can_be_done_again(steps, monkeypatch):
    advanced(steps, 1)

    def no_answer(*_args, **_named):
        raise EndpointConnectionError(endpoint_url="http://127.0.0.1:1")

    with monkeypatch.context() as patch:
        patch.setattr("labkit.scenarios.player.play", no_answer)
        assert "embedded AWS up" in steps.next().text
    assert steps.state(1) == "waiting"
    assert "embedded AWS up" in steps.html()
    assert steps.next()
    assert len(steps.seconds) == len(steps.results) == 2


def test_times_are_in_the_widget_only_so_that_stored_outputs_are_the_same_each_time(lab):
    ticks = itertools.count(0, 7)
    steps = ScenarioSteps(lab, named(NAME), ScenarioStepsWidget, clock=lambda: next(ticks))
    drawn = steps.widget
    steps.next()
    assert "7.0 s" in drawn.children[3].value
    assert "7.0 s" not in steps.html() + steps.text()
    steps.clean_up()


def test_buttons_play_and_each_step_has_one_widget(steps):
    drawn = steps.widget
    head, buttons, said, *lines = drawn.children
    run, next_, retry, clean = buttons.children
    assert len(lines) == COUNT
    next_.click()
    retry.click()
    assert "1 of" in head.value
    assert "done" in lines[0].value
    run.click()
    assert "came out as expected" in said.value
    clean.click()
    assert "waiting" in lines[0].value
    assert steps.widget is drawn


def test_while_a_step_runs_that_is_shown(steps, monkeypatch):
    seen = []
    _head, _buttons, said, first, *_rest = steps.widget.children

    def watch(*_args):
        seen.append((said.value, first.value))
        raise UsageError("enough")

    monkeypatch.setattr("labkit.scenarios.player.play", watch)
    steps.next()
    [(said_then, first_then)] = seen
    assert "Step 1 of" in said_then
    assert "running" in first_then
    assert "waiting" in first.value


def test_an_unknown_scenario_is_one_sentence(lab):
    with pytest.raises(UsageError, match="The scenarios are same-account"):
        scenario_steps(lab, "nothing")
