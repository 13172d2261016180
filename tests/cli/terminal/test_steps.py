"""Scenario steps in a terminal, while they run."""

from __future__ import annotations

import io

from rich.console import Console

from labkit.cli.terminal.steps import LiveSteps
from labkit.scenarios import SCENARIOS


def test_what_a_build_says_stands_beside_the_step_that_runs():
    terminal = Console(file=io.StringIO(), force_terminal=True, width=200)
    live, scenario = LiveSteps(terminal), SCENARIOS["provenance"]
    step = scenario.steps[0]
    live(scenario, step, None)
    live.progress("[2/2] COPY lambda_function.py /var/task")
    status = live._status
    assert status is not None
    status.stop()
    assert str(status.status) == f"{step.title}  [2/2] COPY lambda_function.py /var/task"
