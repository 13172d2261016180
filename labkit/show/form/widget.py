"""The form drawn with ipywidgets: each field with its message beside it, the names that come of them, two buttons."""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets

from labkit.lab.choices import Field
from labkit.show.form.model import GROUPS, LabForm
from labkit.show.messages import Message
from labkit.show.style import framed

_INPUT = {"description_width": "11em"}


class FormWidget:
    """Draws a ``LabForm`` in ``box`` and hands over what is typed and pressed."""

    def __init__(self, form: LabForm) -> None:
        self._form = form
        self._updating = False
        self._inputs: dict[str, Any] = {}
        self._field_messages: dict[str, Any] = {}
        self._names, self._message = widgets.HTML(), widgets.HTML()
        groups = [part for title, fields in GROUPS for part in self._group(title, fields)]
        use = widgets.Button(description="Use these", button_style="primary", tooltip="Check and keep these values")
        back = widgets.Button(description="Back to the defaults", layout=widgets.Layout(width="auto"))
        use.on_click(self._apply)
        back.on_click(lambda _button: form.back_to_defaults())
        buttons = widgets.HBox([use, back], layout=widgets.Layout(flex_flow="row wrap"))
        self.box = widgets.VBox([*groups, buttons, self._message, self._names])
        self.update()

    def _group(self, title: str, fields: tuple[Field, ...]) -> list[Any]:
        return [widgets.HTML(framed(f"<b>{title}</b>")), *(self._row(each) for each in fields)]

    def _row(self, field: Field) -> Any:
        self._inputs[field.name] = box = _input(field, self._form.values[field.name])
        self._field_messages[field.name] = message = widgets.HTML(layout=widgets.Layout(flex="1 1 20em", min_width="0"))
        box.observe(lambda change: self._typed(field.name, change["new"]), names="value")
        return widgets.Box([box, message], layout=widgets.Layout(flex_flow="row wrap", align_items="center"))

    def update(self) -> None:
        """Shows the form's state; a field is only touched where its text is another."""
        self._updating = True  # what is set here was not typed by anybody
        try:
            for name, box in self._inputs.items():
                if box.value.strip() != self._form.values[name]:
                    box.value = self._form.values[name]
                self._field_messages[name].value = framed(self._form.field_message_html(name))
        finally:
            self._updating = False
        self._names.value = framed(self._form.names_html())
        self._message.value = framed(self._form.message.html())

    def _typed(self, name: str, text: str) -> None:
        if not self._updating:
            self._form.edit(**{name: text})

    def _apply(self, _button: Any) -> None:
        self._message.value = framed(Message(True, "Checking, and making what is not there yet …").html())
        self._form.apply()


def _input(field: Field, value: str) -> Any:
    """A text, with suggestions where the values are known.

    No drop-down menu: JupyterLab takes arrows and letters for commands of its own while the focus is on one, and moves
    to other cells or makes new ones. In a text all keys are the reader's.
    """
    options = field.options()
    offered = {"options": options} if options else {}
    kind = widgets.Combobox if options else widgets.Text
    layout = widgets.Layout(width="min(30em, 100%)")
    return kind(value=value, description=field.label, style=_INPUT, layout=layout, **offered)
