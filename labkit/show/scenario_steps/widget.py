"""A scenario's steps drawn with ipywidgets: buttons that play them, and a line for each, opening into its evidence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from labkit.show.scenario_steps.model import ScenarioSteps
from labkit.show.style import framed


class ScenarioStepsWidget:
    """Draws ``ScenarioSteps`` in ``box``. Each step has a widget of its own, so that what was opened stays open."""

    def __init__(self, steps: ScenarioSteps) -> None:
        self._steps = steps
        self._head, self._message = widgets.HTML(), widgets.HTML()
        self._lines = [widgets.HTML() for _ in steps.steps]
        # Never disabled: a button that is takes the keyboard's focus away. What cannot be done is said instead.
        buttons = (
            _button("Run all", steps.run, "primary"),
            _button("Next step", steps.next),
            _button("Retry this step", steps.retry),
            _button("Clean up", steps.clean_up),
        )
        row = widgets.HBox(buttons, layout=widgets.Layout(flex_flow="row wrap"))
        self.box = widgets.VBox([self._head, row, self._message, *self._lines])
        self.update()

    def update(self) -> None:
        """Shows how far the scenario is; only what has changed is sent."""
        steps = self._steps
        self._head.value = framed(steps.head_html())
        self._message.value = framed(steps.message.html())
        for number, line in enumerate(self._lines):
            step = f"<li>{steps.step_html(number, timed=True)}</li>"
            shown = framed(f'<ol start="{number + 1}" style="margin:0;padding-left:2.4em">{step}</ol>')
            if line.value != shown:
                line.value = shown


def _button(name: str, press: Callable[[], object], style: str = "") -> Any:
    button = widgets.Button(description=name, button_style=style, layout=widgets.Layout(width="auto"))
    button.on_click(lambda _button: press())
    return button
