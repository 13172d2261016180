"""Scenarios step by step: standing still between two steps, and doing one again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from labkit.aws import functions, repositories
from labkit.errors import LabError
from labkit.lab.article import OTHER_ACCOUNT
from labkit.pull import policies
from labkit.scenarios import SCENARIOS, Player, clean_up, run
from labkit.scenarios.model import DENIED, FAILED, StepResult

SCENARIO = SCENARIOS["cross-account"]
REFUSED_STEP = len(SCENARIO.setup)


def played(lab, image, count: int) -> Player:
    player = Player(lab, SCENARIO, image)
    for _ in range(count):
        player.next()
    return player


def test_step_by_step_comes_to_the_same_as_at_once(lab, image):
    player = played(lab, image, len(SCENARIO.all_steps))
    assert player.upcoming is None
    assert player.clean_up() == ()
    assert [each.to_dict() for each in player.results] == [each.to_dict() for each in run(lab, SCENARIO, image).steps]
    assert clean_up(lab) == ()


def test_what_was_done_stays_between_two_steps(lab, image):
    player = played(lab, image, REFUSED_STEP)
    assert repositories.find(lab.registry.client("ecr"), OTHER_ACCOUNT.repository)
    assert player.upcoming is SCENARIO.steps[0]


def test_a_refused_step_that_is_done_again_after_a_grant_is_not_refused(lab, image):
    player = played(lab, image, REFUSED_STEP + 1)
    assert player.results[-1].outcome == DENIED
    grant = policies.cross_account(lab.workload.account)
    repositories.set_policy(lab.registry.client("ecr"), OTHER_ACCOUNT.repository, grant)
    again = player.retry()
    assert not again.ok
    assert functions.find(lab.workload.client("lambda"), OTHER_ACCOUNT.function)
    assert len(player.results) == REFUSED_STEP + 1


def test_a_step_that_made_something_can_be_done_again(lab, image):
    player = played(lab, image, REFUSED_STEP + 3)
    assert player.results[-1].step.title == "create the function again"
    assert player.retry().ok
    assert player.retry().ok
    assert player.next().ok
    assert player.clean_up() == ()
    assert clean_up(lab) == ()


def test_what_could_not_be_undone_is_told(lab, image, monkeypatch):
    def refuse(*_args):
        raise LabError("it stays")

    monkeypatch.setattr(repositories, "delete", refuse)
    assert played(lab, image, 1).clean_up() == ("it stays",)


def test_a_step_that_failed_ends_a_run_and_can_be_done_again_by_a_player(lab, image):
    attempts = []

    def at_second_try(_scene, _actor):
        attempts.append(1)
        if len(attempts) in (1, 2):
            raise LabError("not yet")
        return {}

    step = replace(SCENARIO.steps[1], action=at_second_try)
    scenario = replace(SCENARIO, setup=(), steps=(step, step))
    assert [each.outcome for each in run(lab, scenario, image).steps] == [FAILED]
    player = Player(lab, scenario, image)
    assert not player.next().ok
    assert player.retry().ok
    assert isinstance(player.next(), StepResult)
    with pytest.raises(IndexError):
        player.next()
