"""What every view is: the same content as text, as HTML and, where a kernel runs, as something to work with.

A view keeps its state and its decisions in itself (its *view-model*: plain Python, tested without a browser). Its
widget only draws that state and hands over what somebody types or presses. So there are three ways to look at a view:

    repr(view)       text, for terminals and logs
    view.html()      one element without script, for pages in which no kernel runs
    view.widget      ipywidgets, made when first needed and kept

In a notebook the richest that the reader's program can draw is shown. Stored outputs keep text and HTML, so that a
notebook shows the same wherever it is read.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Protocol

WIDGET = "application/vnd.jupyter.widget-view+json"


class Drawing(Protocol):
    """A view drawn with ipywidgets, its *widget*: what to show, and how to bring that up to date."""

    box: Any

    def update(self) -> None:
        """Show the view's state as it is now."""


Draw = Callable[[Any], Drawing]
"""Draws a view. What makes a view hands it over, and loads the widget's module no sooner than it is drawn."""


class View(ABC):
    """Something to show. Subclasses say it as text and as HTML; ``draw`` makes a widget of them when one is needed.

    So a widget knows its view, and a view knows no widget.
    """

    def __init__(self, draw: Draw) -> None:
        self._draw = draw
        self._drawing: Drawing | None = None

    @abstractmethod
    def text(self) -> str:
        """As plain text; marks and words say everything, and there is no colour."""

    @abstractmethod
    def html(self) -> str:
        """As one HTML element without script, every text escaped, its colours those of ``labkit.show.style``."""

    @property
    def widget(self) -> Any:
        """The view as an ipywidget, made once however often it is shown."""
        if self._drawing is None:
            self._drawing = self._draw(self)
        return self._drawing.box

    def _redraw(self) -> None:
        """Bring the widget up to date, where the view was drawn already."""
        if self._drawing is not None:
            self._drawing.update()

    def __repr__(self) -> str:
        return self.text()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        bundle = {"text/plain": self.text(), "text/html": self.html()}
        return {**bundle, WIDGET: self._reference()} if _in_a_kernel() else bundle

    def _reference(self) -> dict[str, Any]:
        """What tells the browser which widget to draw."""
        return {"version_major": 2, "version_minor": 0, "model_id": self.widget.model_id}


def _in_a_kernel() -> bool:
    """Whether this process is the kernel of a notebook, so that somebody can answer a widget."""
    from IPython import get_ipython

    return getattr(get_ipython(), "kernel", None) is not None
