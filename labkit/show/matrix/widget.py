"""The access matrix drawn with ipywidgets: a button for each cell, and below them the decision that was asked for.

The buttons are made once. What changes is what is said on them, so that reading again costs no more than that.
"""

from __future__ import annotations

from html import escape
from typing import Any

import ipywidgets as widgets

from labkit.show.decision_view import DecisionView
from labkit.show.matrix.model import CLASSES, AccessMatrix, MatrixCell
from labkit.show.style import framed

_STYLE = """<style>
.labkit-grid{overflow-x:auto}
.labkit-grid .labkit-cell{width:auto;height:auto;min-height:28px;margin:0;font-weight:600;text-align:left;
background:var(--jp-layout-color1,transparent);border:1px solid var(--labkit-line);border-left:5px solid currentColor;
border-radius:3px;white-space:normal;color:var(--labkit-quiet)}
.labkit-grid .labkit-cell.labkit-yes{color:var(--labkit-yes)}
.labkit-grid .labkit-cell.labkit-no{color:var(--labkit-no)}
.labkit-grid .labkit-cell.labkit-chosen{outline:2px solid var(--labkit-focus);outline-offset:-2px}
.labkit-grid .widget-html{height:auto;margin:0;align-self:center}
.labkit-grid .widget-html-content{line-height:1.3;overflow-wrap:anywhere}
</style>"""


class MatrixWidget:
    """Draws an ``AccessMatrix`` in ``box``. ``update`` shows its state."""

    def __init__(self, matrix: AccessMatrix) -> None:
        self._matrix = matrix
        self._buttons = [self._button(cell) for cell in matrix.cells]
        self._message, self._asked = widgets.HTML(), widgets.HTML()
        self._why: DecisionView | None = None
        again = widgets.Button(
            description="Read again", tooltip="Read the policies and the accounts again", layout={"width": "auto"}
        )
        again.on_click(lambda _pressed: matrix.refresh())
        title = widgets.HTML(framed(f"{_STYLE}<b>{escape(matrix.title)}</b> Choose a cell to see why."))
        self.box = widgets.VBox([title, self._grid(), widgets.HBox([again, self._message]), self._asked])
        self.update()

    def update(self) -> None:
        """Shows the matrix's state on the buttons that are there."""
        for button, cell in zip(self._buttons, self._matrix.cells, strict=True):
            with button.hold_sync():
                button.description, button.tooltip = cell.shown, cell.sentence
                button._dom_classes = self._classes(cell)
        self._message.value = framed(self._matrix.message.html())
        self._explain()

    def _explain(self) -> None:
        """The chosen cell in words, and its decision where there is one."""
        if self._matrix.chosen is None:
            return
        cell = self._matrix.cell(*self._matrix.chosen)
        self._asked.value = framed(f"<p><b>{escape(cell.sentence)}</b></p><p>{escape(cell.note)}</p>")
        if cell.decision is not None and self._why is None:
            self._why = DecisionView(cell.decision)
            self.box.children = (*self.box.children, self._why.widget)
        elif cell.decision is not None and self._why is not None:
            self._why.show(cell.decision)
        if self._why is not None:
            self._why.widget.layout.display = None if cell.decision else "none"

    def _classes(self, cell: MatrixCell) -> tuple[str, ...]:
        chosen = ("labkit-chosen",) if self._matrix.chosen == (cell.name, cell.repository) else ()
        return ("labkit-cell", CLASSES[cell.state], *chosen)

    def _button(self, cell: MatrixCell) -> Any:
        button = widgets.Button()
        button.on_click(lambda _pressed: self._matrix.choose(cell.name, cell.repository))
        return button

    def _grid(self) -> Any:
        """Buttons between headings: the repositories above, the accounts on the left."""
        width = len(self._matrix.repositories)
        children = [_head(""), *(_head(f"<b>{escape(name)}</b>") for name in self._matrix.repositories)]
        for number, row in enumerate(self._matrix.rows):
            children.append(_head(f'<b>{escape(row[0].name)}</b> <span class="labkit-quiet">{row[0].account}</span>'))
            children += self._buttons[number * width : (number + 1) * width]
        columns = f"minmax(7em, max-content) repeat({width}, minmax(6.5em, 14em))"
        layout = widgets.Layout(grid_template_columns=columns, grid_gap="4px", max_width="100%")
        grid = widgets.GridBox(children, layout=layout)
        grid.add_class("labkit-view")
        grid.add_class("labkit-grid")
        return grid


def _head(markup: str) -> Any:
    return widgets.HTML(markup)
