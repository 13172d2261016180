"""Scenario steps in a terminal: one line a step, and the evidence below it."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.status import Status
from rich.table import Table
from rich.text import Text

from labkit.ground.text import visible
from labkit.ground.threads import HAVE_THREADS
from labkit.scenarios import Scenario, ScenarioResult, Step, StepResult
from labkit.scenarios.evidence import MARKS, NO, NONE, STOPPED, YES, error_of, facts_of, kind, outcome
from labkit.scenarios.model import DENIED, DONE, SKIPPED

_STYLES = {YES: "green", STOPPED: "yellow", NO: "red", NONE: "dim"}


def line(result: StepResult) -> Text:
    """One step as one line: mark, who, title, and the outcome where it is more than done."""
    style = _STYLES[kind(result)]
    said = "" if result.ok and result.outcome == DONE else f"  {outcome(result)}"
    return Text.assemble(
        (f" {MARKS[kind(result)]} ", style), (f"{result.step.actor:<17} ", "dim"), result.step.title, (said, style)
    )


def evidence(result: StepResult) -> Iterator[RenderableType]:
    """What a step has to show for itself: AWS's error verbatim, why, the digest, the function's answer."""
    shown = [error_of(result), *result.facts.get("why", []), *facts_of(result)]
    yield from (_below(text) for text in shown if text)


def _below(text: str) -> RenderableType:
    return Padding(Text(visible(text), style="dim"), (0, 0, 0, 5))


class LiveSteps:
    """A report for ``labkit.scenarios.run`` that shows each step while it runs and its line when it is done."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status: Status | None = None
        self._current = self._title = ""

    def __call__(self, scenario: Scenario, step: Step, result: StepResult | None) -> None:
        """Called before a step (result None) and after it."""
        if scenario.name != self._current:
            self._current = scenario.name
            self._console.print(Text.assemble("\n", (scenario.name, "bold"), f"  {scenario.title}"))
        if result is None:
            self._title = step.title
            if HAVE_THREADS and self._console.is_terminal:  # rich moves it in a thread
                self._status = self._console.status(step.title)
                self._status.start()
            return
        if self._status is not None:
            self._status.stop()
        self._console.print(line(result))
        for each in evidence(result):
            self._console.print(each)

    def progress(self, said: str) -> None:
        """Called while a step runs, with a line of a build, a push or a pull."""
        if self._status is not None:
            self._status.update(Text.assemble(self._title, (f"  {visible(said)}", "dim")))


def summary(results: list[ScenarioResult]) -> Table:
    """All scenarios in one table: how many steps, how many denials, and whether all went as it should."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("scenario", "steps", "denied", "skipped", "result"):
        table.add_column(heading, justify="right" if heading in ("steps", "denied", "skipped") else "left")
    for result in results:
        outcomes = [step.outcome for step in result.steps]
        verdict = Text("as expected", "green") if result.ok else Text("NOT as expected", "bold red")
        counts = (str(len(outcomes)), str(outcomes.count(DENIED)), str(outcomes.count(SKIPPED)))
        table.add_row(result.scenario.name, *counts, verdict)
    return table
