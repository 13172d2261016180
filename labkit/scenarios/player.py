"""Playing a scenario: as a whole, or step by step with retries, and away again with everything that it made.

A ``Player`` is a scenario that is under way. It can stand still between two steps, for as long as somebody likes, and
do the last step again: what that step had made is undone first, so that it finds what it found before. ``run`` is a
player that does not stop.
"""

from __future__ import annotations

from collections.abc import Callable

from labkit.image.transfer import silent
from labkit.lab.builder import BuiltImage
from labkit.lab.lab import Lab
from labkit.scenarios.model import Scenario, ScenarioResult, Scene, Step, StepResult, play
from labkit.scenarios.runner import reset, unwind

StepReport = Callable[[Scenario, Step, StepResult | None], None]


def quiet(_scenario: Scenario, _step: Step, _result: StepResult | None) -> None:
    """A report for those who want none."""


class Player:
    """A scenario under way. Making one brings the scenario to its start; ``results`` are those of the steps so far.

    Raises UsageError, before anything is changed, when the lab does not know what the scenario needs or when something
    stands in the way that it has not made. ``progress`` gets a line for each part of a push or a pull.
    """

    def __init__(
        self, lab: Lab, scenario: Scenario, image: BuiltImage, progress: Callable[[str], None] = silent
    ) -> None:
        scenario.needs(lab)
        reset(lab, scenario)
        self.scenario = scenario
        self.results: list[StepResult] = []
        self._scene = Scene(lab, scenario.name, image, progress=progress)
        self._made_before = 0
        self._leftovers: list[str] = []

    @property
    def upcoming(self) -> Step | None:
        """The step that ``next`` does, or None after the last one."""
        steps = self.scenario.all_steps
        return steps[len(self.results)] if len(self.results) < len(steps) else None

    def next(self) -> StepResult:
        """Does the next step. Raises IndexError after the last one."""
        step = self.scenario.all_steps[len(self.results)]
        self._made_before = len(self._scene.undo)
        self.results.append(play(step, self._scene))
        return self.results[-1]

    def retry(self) -> StepResult:
        """Does the last step again, as if it had not been done. Raises IndexError before the first one."""
        self.results.pop()
        made = self._scene.undo[self._made_before :]
        del self._scene.undo[self._made_before :]
        self._leftovers += unwind(made)
        return self.next()

    def clean_up(self) -> tuple[str, ...]:
        """Undoes everything, the latest first; returns what could not be undone, a sentence each."""
        self._leftovers += unwind(self._scene.undo)
        self._made_before = 0
        return tuple(self._leftovers)


def run(
    lab: Lab,
    scenario: Scenario,
    image: BuiltImage,
    report: StepReport = quiet,
    progress: Callable[[str], None] = silent,
) -> ScenarioResult:
    """Plays one scenario and cleans up, also after a failure or Ctrl-C.

    ``report`` is called before each step (with None) and after it (with its result). A step that does not come out as
    expected ends the scenario. Raises UsageError, and tells ``progress``, as ``Player`` does.
    """
    player = Player(lab, scenario, image, progress)
    leftovers: tuple[str, ...] = ()
    try:
        while (step := player.upcoming) is not None:
            report(scenario, step, None)
            result = player.next()
            report(scenario, step, result)
            if not result.ok:
                break
    finally:
        leftovers = player.clean_up()
    return ScenarioResult(scenario, tuple(player.results), leftovers)
