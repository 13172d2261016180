"""A pull decision to look into: the caller and Lambda side by side, each opening down to pattern and value.

What it shows is ``PullDecision.outline()``, drawn as ``PullDecision`` itself is drawn in a notebook; nothing is decided
or explained here. The widget adds what a page without a kernel cannot do: to open all, to close all, to go back to
what refused, and to show another decision in the same place. The one-line equivalent is ``lab.explain(...)``.
"""

from __future__ import annotations

from typing import Any

from labkit.iam.words.outline import text
from labkit.pull.decision import PullDecision
from labkit.show.decision_html import Opening, everything, nothing, refused, sides_html
from labkit.show.view import View

OPENINGS: dict[str, Opening] = {"What refused": refused, "Open all": everything, "Close all": nothing}
"""What can be opened at once, by the words on its button."""


class DecisionView(View):
    """A pull decision; ``opened`` is one of ``OPENINGS``. ``show`` puts another decision in its place."""

    def __init__(self, decision: PullDecision) -> None:
        self.decision = decision
        self.opened = "What refused"

    def show(self, decision: PullDecision) -> None:
        """Show another decision here."""
        self.decision = decision
        self._redraw()

    def open(self, which: str) -> None:
        """Open what ``OPENINGS`` calls by that name; raises KeyError."""
        OPENINGS[which]
        self.opened = which
        self._redraw()

    def text(self) -> str:
        """The tree of lines."""
        return text([self.decision.outline()])

    def html(self) -> str:
        """Two columns, opened as chosen."""
        return sides_html(self.decision.outline(), OPENINGS[self.opened])

    def _redraw(self) -> None:
        if "widget" in self.__dict__:
            self.widget.children[1].value = self.html()

    def _draw(self) -> Any:
        import ipywidgets as widgets

        buttons = [widgets.Button(description=name, layout=widgets.Layout(width="auto")) for name in OPENINGS]
        for button in buttons:
            button.on_click(lambda pressed: self.open(pressed.description))
        row = widgets.HBox(buttons, layout=widgets.Layout(flex_flow="row wrap"))
        return widgets.VBox([row, widgets.HTML(self.html())])


def decision_view(decision: PullDecision) -> DecisionView:
    """The decision as two columns that open into checks, statements and conditions."""
    return DecisionView(decision)
