"""A scenario to play: its steps with what came of each, the next one at a press, the last one again.

``ScenarioSteps`` is the view-model and the view. Without a widget it is plain Python:

    steps = scenario_steps(lab, "cross-account")
    steps.next()          one step; steps.run() all that are left, until one does not come out as expected
    steps.retry()         the last step again
    steps.clean_up()      away with everything that was made, and back to the start

The one-line equivalent is ``labkit.scenarios.run(...)``; both are played by ``labkit.scenarios.Player``. How long a
step took differs each time, so only the widget shows it.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from time import perf_counter

from labkit.image.transfer import in_words
from labkit.lab.lab import Lab
from labkit.scenarios import Player, Scenario, Step, StepResult
from labkit.scenarios.evidence import MARKS, NO, NONE, STOPPED, YES, error_of, facts_of, kind, outcome
from labkit.show.decision_html import sides_html
from labkit.show.messages import ERRORS, NO_MESSAGE, Message, failure
from labkit.show.style import framed
from labkit.show.view import Draw, View

WAITING, RUNNING = "waiting", "running"
_MARKS = {**MARKS, WAITING: "·", RUNNING: "▸"}
_CLASSES = {YES: "labkit-yes", STOPPED: "labkit-yes", NO: "labkit-no", NONE: "labkit-quiet", WAITING: "labkit-quiet"}


class ScenarioSteps(View):
    """A scenario's steps and how far they are. Made by ``scenario_steps``.

    ``results`` are those of the steps so far, ``seconds`` how long each took, ``message`` what came of the last press.
    """

    def __init__(self, lab: Lab, scenario: Scenario, draw: Draw, clock: Callable[[], float] = perf_counter) -> None:
        super().__init__(draw)
        self.scenario = scenario
        self.seconds: list[float] = []
        self.message = NO_MESSAGE
        self._lab, self._clock = lab, clock
        self._player: Player | None = None
        self._running: int | None = None

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps, those of the setup first."""
        return self.scenario.all_steps

    @property
    def results(self) -> tuple[StepResult, ...]:
        """What came of the steps so far."""
        return tuple(self._player.results) if self._player else ()

    def state(self, number: int) -> str:
        """The state of a step, counted from 0: waiting, running, or its outcome in words."""
        if number == self._running:
            return RUNNING
        return outcome(self.results[number]) if number < len(self.results) else WAITING

    @property
    def done(self) -> bool:
        """Whether every step has come out as expected."""
        return len(self.results) == len(self.steps) and all(result.ok for result in self.results)

    @property
    def stuck(self) -> bool:
        """Whether the last step did not come out as expected."""
        return bool(self.results) and not self.results[-1].ok

    # Playing

    def next(self) -> Message:
        """Does the next step; the first one brings the scenario to its start and builds the image before."""
        return self._settle(self._next)

    def run(self) -> Message:
        """Does all steps that are left, and stops at one that does not come out as expected."""
        return self._settle(self._run)

    def retry(self) -> Message:
        """Does the last step again, after undoing what it has made."""
        return self._settle(self._retry)

    def clean_up(self) -> Message:
        """Removes everything that the steps have made, and goes back to the start."""
        return self._settle(self._clean_up)

    def _settle(self, play: Callable[[], Message]) -> Message:
        try:
            self.message = play()
        except ERRORS as error:
            self.message = failure(error)
        finally:
            self._running = None
        self._redraw()
        return self.message

    def _next(self) -> Message:
        if self.done or self.stuck:
            return self._nothing_left()
        player = self._begun()
        return self._timed(len(player.results), player.next)

    def _run(self) -> Message:
        if self.done or self.stuck:
            return self._nothing_left()
        message = NO_MESSAGE
        while not (self.done or self.stuck):
            message = self._next()
        return Message(True, f"All {len(self.steps)} steps came out as expected.") if self.done else message

    def _retry(self) -> Message:
        if self._player is None or not self.results:
            return Message(False, "There is nothing to do again: no step was done yet.")
        self.seconds.pop()
        return self._timed(len(self.results) - 1, self._player.retry)

    def _clean_up(self) -> Message:
        if self._player is None:
            return Message(True, "There is nothing to clean up: no step was done yet.")
        leftovers = self._player.clean_up()
        self._player, self.seconds = None, []
        if leftovers:
            return Message(False, f"Not cleaned up: {' '.join(leftovers)}")
        return Message(True, "Everything that the steps had made is removed.")

    def _nothing_left(self) -> Message:
        if self.stuck:
            return Message(False, f"Step {len(self.results)} did not come out as expected. Do it again, or clean up.")
        return Message(True, "All steps are done. Clean up to play them again.")

    def _begun(self) -> Player:
        """The player; made with the image where this is the first step."""
        if self._player is None:
            self._tell("Building the image …")
            image = self._lab.build_image(pulling=in_words(self._tell))
            self._player = Player(self._lab, self.scenario, image, self._tell)
        return self._player

    def _timed(self, number: int, play: Callable[[], StepResult]) -> Message:
        self._running = number
        self._tell(f"Step {number + 1} of {len(self.steps)}: {self.steps[number].title} …")
        begun = self._clock()
        result = play()
        self.seconds.append(self._clock() - begun)
        self._running = None
        return Message(result.ok, f"Step {number + 1} of {len(self.steps)}: {outcome(result)}.")

    def _tell(self, line: str) -> None:
        self.message = Message(True, line)
        self._redraw()

    # Showing it

    @property
    def title(self) -> str:
        """The scenario's name and what it is about."""
        return f"{self.scenario.name}: {self.scenario.title}"

    @property
    def progress(self) -> str:
        """How far it is, such as ``3 of 9 steps done``."""
        return f"{len(self.results)} of {len(self.steps)} steps done"

    def text(self) -> str:
        """Title, progress, and a line for each step with the evidence of those that were done."""
        lines = [self.title, self.progress]
        for number, step in enumerate(self.steps):
            mark = _MARKS[self._kind(number)]
            lines.append(f"{number + 1:>3} {mark} {step.actor:<17} {step.title}  {self.state(number)}")
            lines += [f"      {line}" for line in self._evidence(number)]
        return "\n".join(lines if self.message.ok else [*lines, repr(self.message)])

    def html(self) -> str:
        """The same as an ordered list; the evidence is folded, but for that of a step that came out otherwise."""
        items = "".join(f"<li>{self.step_html(number)}</li>" for number in range(len(self.steps)))
        trouble = "" if self.message.ok else self.message.html()
        return framed(f'{self.head_html()}<ol style="margin:2px 0">{items}</ol>{trouble}')

    def head_html(self) -> str:
        """Title and progress."""
        return f"<p><b>{escape(self.title)}</b><br>{escape(self.progress)}</p>"

    def step_html(self, number: int, *, timed: bool = False) -> str:
        """One step: mark, title, who, outcome, where ``timed`` the seconds; and its evidence, folded."""
        step, kind_ = self.steps[number], self._kind(number)
        took = f", {self.seconds[number]:.1f} s" if timed and number < len(self.seconds) else ""
        style = _CLASSES.get(kind_, "")
        head = (
            f'<b class="{style}" aria-hidden="true">{_MARKS[kind_]}</b> {escape(step.title)} '
            f'<span class="labkit-quiet">as {escape(step.actor)}</span> '
            f'<b class="{style}">{escape(self.state(number))}</b>{took}'
        )
        evidence = self._evidence_html(number)
        is_open = " open" if kind_ == NO else ""
        return f"<details{is_open}><summary>{head}</summary>{evidence}</details>" if evidence else f"<p>{head}</p>"

    def _kind(self, number: int) -> str:
        state = self.state(number)
        return state if state in (WAITING, RUNNING) else kind(self.results[number])

    def _evidence(self, number: int) -> list[str]:
        if self._kind(number) in (WAITING, RUNNING):
            return []
        result = self.results[number]
        return [line for line in (error_of(result), *result.facts.get("why", []), *facts_of(result)) if line]

    def _evidence_html(self, number: int) -> str:
        if self._kind(number) in (WAITING, RUNNING):
            return ""
        result = self.results[number]
        parts = [
            f'<pre style="margin:4px 0">{escape(line)}</pre>' for line in (error_of(result), *facts_of(result)) if line
        ]
        if result.decision is not None:
            return "".join([*parts, sides_html(result.decision.outline())])
        return "".join([*parts, *(f"<p>{escape(line)}</p>" for line in result.facts.get("why", []))])
