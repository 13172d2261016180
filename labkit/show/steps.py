"""Scenario steps in a terminal: one line a step, and the evidence below it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.status import Status
from rich.table import Table
from rich.text import Text

from labkit.scenarios import Scenario, ScenarioResult, Step, StepResult
from labkit.scenarios.model import DENIED, FAILED, SKIPPED

# A mark and a colour for each outcome; a denial that was expected is as good as a success.
_MARKS = {DENIED: ("⊘", "yellow"), FAILED: ("✗", "red"), SKIPPED: ("–", "dim")}


def line(result: StepResult) -> Text:
    """One step as one line: mark, title, who, outcome."""
    mark, style = _MARKS.get(result.outcome, ("✓", "green"))
    if not result.ok:
        mark, style = "✗", "red"
    who = _short(result.caller)
    expected = "" if result.ok else f", expected {result.step.expect}"
    return Text.assemble(
        (f" {mark} ", style), result.step.title, (f"  {who}  ", "dim"), (f"{result.outcome}{expected}", style)
    )


def _short(arn: str) -> str:
    """``592444418872 user/admin`` for an ARN; anything else as it is."""
    fields = arn.split(":", 5)
    return f"{fields[4]} {fields[5]}" if len(fields) == 6 else arn


def evidence(result: StepResult) -> Iterator[RenderableType]:
    """What a step has to show for itself: AWS's error verbatim, the digest, the function's answer."""
    facts: Mapping[str, Any] = result.facts
    if "error" in facts:
        error = facts["error"]
        code = f"{error['code']} ({error['status']}): " if "code" in error else ""
        yield _below(f"{code}{error['message']}")
    if "payload" in facts:
        yield _below(f"{facts['status']} {facts['payload']}")
    if "digest" in facts:
        yield _below(f"{facts['image']} {facts['digest'][:19]}…")
    if "base" in facts:
        yield _below(facts["base"])
    if "reason" in facts:
        yield _below(facts["reason"])


def _below(text: str) -> RenderableType:
    return Padding(Text(text, style="dim"), (0, 0, 0, 3))


class LiveSteps:
    """A report for ``labkit.scenarios.run`` that shows each step while it runs and its line when it is done."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status: Status | None = None
        self._current = ""

    def __call__(self, scenario: Scenario, step: Step, result: StepResult | None) -> None:
        """Called before a step (result None) and after it."""
        if scenario.name != self._current:
            self._current = scenario.name
            self._console.print(Text.assemble("\n", (scenario.name, "bold"), f"  {scenario.title}"))
        if result is None:
            self._status = self._console.status(step.title)
            self._status.start()
            return
        if self._status is not None:
            self._status.stop()
        self._console.print(line(result))
        for each in evidence(result):
            self._console.print(each)


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
