"""The map drawn with ipywidgets: the tree, check boxes at its units, and what moves an account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from labkit.organization import Unit
from labkit.show.said import Said
from labkit.show.style import framed

if TYPE_CHECKING:
    from labkit.show.organization import OrganizationMap

_WRAPPING = {"flex_flow": "row wrap"}
_MODES = (("and everything below", True), ("directly in it", False))


class OrganizationWidget:
    """Draws an ``OrganizationMap`` in ``box`` and hands over what is chosen and pressed."""

    def __init__(self, shown: OrganizationMap) -> None:
        self._map = shown
        self._updating = False
        self._tree, self._choice, self._said = (widgets.HTML() for _ in range(3))
        self._boxes: dict[str, Any] = {}
        self._units = widgets.VBox()
        self._mode = widgets.ToggleButtons(options=_MODES, description="Meant is", style={"button_width": "auto"})
        self._account = widgets.Dropdown(description="Move", layout=widgets.Layout(width="min(22em, 100%)"))
        self._unit = widgets.Dropdown(description="into", layout=widgets.Layout(width="min(22em, 100%)"))
        self._move = widgets.Button(description="Move the account", layout=widgets.Layout(width="auto"))
        self._refresh = widgets.Button(description="Read again", layout=widgets.Layout(width="auto"))
        self._mode.observe(self._chosen, names="value")
        self._move.on_click(self._moved)
        self._refresh.on_click(lambda _button: shown.refresh())
        grant = _column(widgets.HTML("<b>Grant by place</b>"), self._units, self._mode)
        moving = widgets.HBox([self._account, self._unit, *self._leave(), self._move, self._refresh])
        moving.layout.flex_flow = "row wrap"
        top = widgets.Box([_column(self._tree), grant], layout=widgets.Layout(**_WRAPPING))
        self.box = widgets.VBox([top, self._choice, moving, self._said])
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
        self._mode.value = shown.below
        self._tree.value = framed(shown.tree_html())
        self._choice.value = framed(shown.choice_html())
        self._said.value = framed(shown.said.html())
        _offer(self._account, [(self._name(each.id, each.name), each.id) for each in shown.organization.accounts])
        _offer(self._unit, [(f"{unit.name} ({unit.id})", unit.id) for unit in shown.organization.units])

    def _name(self, account: str, name: str) -> str:
        return f"{self._map.names.get(account, name)} ({account})"

    def _list_units(self) -> None:
        """A check box a unit; made anew only where the units of the organization have changed."""
        if tuple(self._boxes) == self._map.places:
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
        self._map.choose(*chosen, below=bool(self._mode.value) or self._map.organization.id in chosen)

    def _moved(self, _button: Any) -> None:
        self._said.value = framed(Said(True, "Working …").html())
        self._map.move(self._account.value, self._unit.value)


def _check(name: str, place: str, depth: int) -> Any:
    layout = widgets.Layout(margin=f"0 0 0 {1.5 * depth}em", width="auto")
    return widgets.Checkbox(description=f"{name} ({place})", indent=False, layout=layout)


def _offer(menu: Any, options: list[tuple[str, str]]) -> None:
    """Sets a menu's options where they have changed, and keeps what was selected."""
    if list(menu.options) != options:
        before = menu.value
        menu.options = options
        menu.value = before if before in {value for _, value in options} else menu.value


def _column(*children: Any) -> Any:
    return widgets.VBox(list(children), layout=widgets.Layout(flex="1 1 24em", min_width="0"))
