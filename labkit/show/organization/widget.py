"""The map drawn with ipywidgets: the tree, check boxes at its units, and what moves an account."""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets

from labkit.pull.organization import Unit
from labkit.show.messages import Message
from labkit.show.organization.model import NoMap, OrganizationMap, suggested
from labkit.show.style import framed

_WRAPPING = {"flex_flow": "row wrap"}


class OrganizationWidget:
    """Draws an ``OrganizationMap`` in ``box`` and hands over what is chosen and pressed."""

    def __init__(self, shown: OrganizationMap) -> None:
        self._map = shown
        self._updating = False
        self._tree, self._choice, self._message = (widgets.HTML() for _ in range(3))
        self._boxes: dict[str, Any] = {}
        self._units = widgets.VBox()
        self._below = widgets.Checkbox(description="with everything below", indent=False)
        # Texts with suggestions and no menus: JupyterLab takes the keys for commands while the focus is on a menu.
        self._account = widgets.Combobox(description="Move", layout=widgets.Layout(width="min(22em, 100%)"))
        self._unit = widgets.Combobox(description="into", layout=widgets.Layout(width="min(22em, 100%)"))
        self._move = widgets.Button(description="Move the account", layout=widgets.Layout(width="auto"))
        self._refresh = widgets.Button(description="Read again", layout=widgets.Layout(width="auto"))
        self._below.observe(self._chosen, names="value")
        self._move.on_click(self._moved)
        self._refresh.on_click(lambda _button: shown.refresh())
        heading = widgets.HTML(framed("<b>Units to grant by their path</b>"))
        grant = _column("1 1 22em", heading, self._units, self._below)
        moving = widgets.HBox([self._account, self._unit, *self._leave(), self._move, self._refresh])
        moving.layout.flex_flow = "row wrap"
        top = widgets.Box([_column("2 1 36em", self._tree), grant], layout=widgets.Layout(**_WRAPPING))
        self.box = widgets.VBox([top, self._choice, moving, self._message])
        self.update()

    def _leave(self) -> list[Any]:
        """On a real organization moving needs a tick first: others may live in it."""
        if not self._map.lab.choices.are_real:
            return []
        tick = widgets.Checkbox(description="This is a real organization, and I may move its accounts", indent=False)
        self._move.disabled = True
        tick.observe(lambda change: setattr(self._move, "disabled", not change["new"]), names="value")
        return [tick]

    def update(self) -> None:
        """Shows the map's state."""
        self._updating = True  # what is set here was not chosen by anybody
        try:
            self._update(self._map)
        finally:
            self._updating = False

    def _update(self, shown: OrganizationMap) -> None:
        self._list_units()
        for place, box in self._boxes.items():
            box.value = place in shown.chosen
        self._below.value = shown.below
        self._tree.value = framed(shown.tree_html())
        self._choice.value = framed(shown.choice_html())
        self._message.value = framed(shown.message.html())
        self._account.options = suggested(shown.account_names)
        self._unit.options = suggested(shown.unit_names)

    def _list_units(self) -> None:
        """A check box a unit; made anew only where the units of the organization have changed."""
        if tuple(self._boxes) == self._map.grantable_ids:
            return
        self._boxes = {self._map.organization.id: _check("the organization", self._map.organization.id, 0)}
        for depth, node in self._map.organization.walk():
            if isinstance(node, Unit):
                self._boxes[node.id] = _check(node.name, node.id, depth + 1)
        for box in self._boxes.values():
            box.observe(self._chosen, names="value")
        self._units.children = tuple(self._boxes.values())

    def _chosen(self, _change: Any) -> None:
        if self._updating:
            return
        chosen = tuple(place for place, box in self._boxes.items() if box.value)
        # Nothing is directly in the organization itself, so choosing that always means all of it.
        self._map.choose(*chosen, below=self._below.value or self._map.organization.id in chosen)

    def _moved(self, _button: Any) -> None:
        self._message.value = framed(Message(True, "Working …").html())
        self._map.move(self._account.value, self._unit.value)


class NoMapWidget:
    """Draws ``NoMap``, in which nothing can change."""

    def __init__(self, shown: NoMap) -> None:
        self._map = shown
        self.box = widgets.HTML()
        self.update()

    def update(self) -> None:
        """Shows the reason."""
        self.box.value = self._map.html()


def _check(name: str, place: str, depth: int) -> Any:
    layout = widgets.Layout(margin=f"0 0 0 {1.5 * depth}em", width="auto")
    box = widgets.Checkbox(description=f"{name} ({place})", indent=False, layout=layout)
    box.add_class("labkit-unit")
    return box


def _column(flex: str, *children: Any) -> Any:
    return widgets.VBox(list(children), layout=widgets.Layout(flex=flex, min_width="0"))
