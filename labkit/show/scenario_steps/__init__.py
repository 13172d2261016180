"""A scenario to play: its steps with what came of each, the next one at a press, the last one again.

model   the steps without a browser: how far they are, what came of them
widget  the steps drawn with ipywidgets
"""

from __future__ import annotations

from labkit.lab.lab import Lab
from labkit.scenarios import named
from labkit.show.scenario_steps.model import ScenarioSteps
from labkit.show.view import Drawing


def scenario_steps(lab: Lab, name: str) -> ScenarioSteps:
    """The steps of a scenario, to play. Nothing is done yet. Raises UsageError for an unknown name."""
    return ScenarioSteps(lab, named(name), _drawn)


def _drawn(steps: ScenarioSteps) -> Drawing:
    from labkit.show.scenario_steps.widget import ScenarioStepsWidget

    return ScenarioStepsWidget(steps)
