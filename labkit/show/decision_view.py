"""A pull decision to look into: the caller and Lambda side by side, each opening down to pattern and value.

What it shows is ``PullDecision.outline()``, drawn as ``PullDecision`` itself is drawn in a notebook; nothing is decided
or explained here. The widget adds what a page without a kernel cannot do: to open all, to close all, to go back to
what refused, and to show another decision in the same place. The one-line equivalent is ``lab.explain(...)``.
"""

from __future__ import annotations

from labkit.iam.words.outline import text
from labkit.pull.decision import PullDecision
from labkit.show.decision_html import Opening, opens_all, opens_none, opens_what_refused, sides_html
from labkit.show.view import View

OPENINGS: dict[str, Opening] = {"What refused": opens_what_refused, "Open all": opens_all, "Close all": opens_none}
"""What can be opened at once, by the words on its button."""


class DecisionView(View):
    """A pull decision; ``opened`` is one of ``OPENINGS``. ``show`` puts another decision in its place."""

    def __init__(self, decision: PullDecision) -> None:
        super().__init__(DecisionWidget)
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


class DecisionWidget:
    """Draws a ``DecisionView`` in ``box``: buttons that open and close, and the two columns."""

    def __init__(self, view: DecisionView) -> None:
        import ipywidgets as widgets

        self._view = view
        buttons = [widgets.Button(description=name, layout=widgets.Layout(width="auto")) for name in OPENINGS]
        for button in buttons:
            button.on_click(lambda pressed: view.open(pressed.description))
        self._columns = widgets.HTML()
        row = widgets.HBox(buttons, layout=widgets.Layout(flex_flow="row wrap"))
        self.box = widgets.VBox([row, self._columns])
        self.update()

    def update(self) -> None:
        """Shows the decision, opened as chosen."""
        self._columns.value = self._view.html()


def decision_view(decision: PullDecision) -> DecisionView:
    """The decision as two columns that open into checks, statements and conditions."""
    return DecisionView(decision)
