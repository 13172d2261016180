"""What every view does: it draws itself when a widget is needed, once, and brings it up to date from then on."""

from __future__ import annotations

import pytest

from labkit.show.view import View


class Drawn:
    """A drawing that counts how often it was brought up to date."""

    def __init__(self, view):
        self.view, self.updates = view, 0
        self.box = f"the widget of {view.text()}"

    def update(self):
        self.updates += 1


class Sentence(View):
    def __init__(self, drawings):
        super().__init__(lambda view: drawings.append(Drawn(view)) or drawings[-1])

    def text(self):
        return "a sentence"

    def html(self):
        return "<p>a sentence</p>"


@pytest.fixture
def drawings():
    return []


def test_nothing_is_drawn_before_a_widget_is_needed(drawings):
    view = Sentence(drawings)
    view._redraw()
    assert repr(view) == "a sentence"
    assert view._repr_mimebundle_() == {"text/plain": "a sentence", "text/html": "<p>a sentence</p>"}
    assert drawings == []


def test_it_is_drawn_once_and_then_brought_up_to_date(drawings):
    view = Sentence(drawings)
    assert view.widget is view.widget == "the widget of a sentence"
    view._redraw()
    view._redraw()
    assert [drawing.updates for drawing in drawings] == [2]
    assert drawings[0].view is view
