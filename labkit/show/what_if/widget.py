"""What-if drawn with ipywidgets: labelled fields with their messages, what flips the decision, and the decision."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import ipywidgets as widgets

from labkit.show.decision_view import DecisionView
from labkit.show.style import framed
from labkit.show.what_if.inputs import INPUTS, Input
from labkit.show.what_if.model import WhatIf

_STYLE = """<style>
.labkit-field.widget-text{width:calc(100% - 4px);height:auto}
.labkit-field .widget-label{white-space:normal;text-align:left;line-height:1.3}
</style>"""
_COLUMN = widgets.Layout(flex="1 1 26em", min_width="0")


class WhatIfWidget:
    """Draws a ``WhatIf`` in ``box`` and hands over what is typed and pressed. ``update`` shows its state."""

    def __init__(self, model: WhatIf) -> None:
        self._model = model
        self._typing = ""
        self._fields = {field.name: _field(field) for field in INPUTS}
        self._messages = {field.name: widgets.HTML() for field in INPUTS}
        self._tries = {field.name: _Try(field, model.take) for field in INPUTS}
        self._note, self._head = widgets.HTML(), widgets.HTML()
        self._decision = DecisionView(model.decision)
        reset = widgets.Button(description="Reset", layout={"width": "auto", "align_self": "flex-start"})
        reset.tooltip = "Read the lab again and put its own values in"
        reset.on_click(lambda _pressed: model.reset())
        pairs = [part for name, field in self._fields.items() for part in (field, self._messages[name])]
        written = widgets.VBox([*pairs, reset, self._note], layout=_COLUMN)
        reversals = widgets.VBox([self._head, *(each.row for each in self._tries.values())], layout=_COLUMN)
        both = widgets.Box([written, reversals], layout=widgets.Layout(flex_flow="row wrap", grid_gap="0 16px"))
        title = widgets.HTML(framed(f"{_STYLE}<b>{escape(model.title)}</b>"))
        self.box = widgets.VBox([title, both, self._decision.widget])
        for name, field in self._fields.items():
            field.observe(self._typed(name), names="value")
        self.update()

    def update(self) -> None:
        """Shows the model's state; the field that is typed in stays as it is."""
        model = self._model
        for name, field in self._fields.items():
            field.placeholder = model.shown(name)
            if name != self._typing:
                field.value = model.shown(name)
            self._complain(self._messages[name], model.problems.get(name, ""))
        self._head.value = framed(model.reversals_html())
        for name, each in self._tries.items():
            each.show(next((reversal.sentence for reversal in model.reversals if reversal.name == name), ""))
        self._note.value = framed(f"<p>{escape(model.note)}</p>{model.message.html()}")
        if self._decision.decision is not model.decision:
            self._decision.show(model.decision)

    def _complain(self, message: Any, problem: str) -> None:
        shown = f'<p class="labkit-no" role="status">✗ {escape(problem)}</p>'
        message.value = framed(shown) if problem else ""
        message.layout.display = None if problem else "none"

    def _typed(self, name: str) -> Callable[[Any], None]:
        def typed(change: Any) -> None:
            if self._typing or change["new"] == self._model.shown(name):
                return
            self._typing = name
            try:
                self._model.change(**{name: change["new"]})
            finally:
                self._typing = ""

        return typed


class _Try:
    """What one input would have to be, beside a button that puts it in; hidden where nothing is known."""

    def __init__(self, field: Input, take: Callable[[str], Any]) -> None:
        self._button = widgets.Button(description=f"Try {field.label.lower()}", layout={"width": "auto"})
        self._button.on_click(lambda _pressed: take(field.name))
        self._sentence = widgets.HTML(layout={"flex": "1 1 16em", "min_width": "0"})
        self.row = widgets.HBox([self._button, self._sentence], layout=widgets.Layout(flex_flow="row wrap"))

    def show(self, sentence: str) -> None:
        self._sentence.value = framed(escape(sentence)) if sentence else ""
        self.row.layout.display = None if sentence else "none"


def _field(field: Input) -> Any:
    box = widgets.Text(description=field.label, style={"description_width": "10em"})
    box.add_class("labkit-field")
    return box
