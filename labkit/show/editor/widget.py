"""The policy editor drawn with ipywidgets: the text, beside it what is found in it and decided on it, and buttons."""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets

from labkit.show.editor.model import PolicyEditor
from labkit.show.messages import Message
from labkit.show.style import framed

_STYLE = """<style>
.labkit-text .widget-label{width:auto;max-width:100%;text-align:left;justify-content:flex-start}
.labkit-text.widget-textarea{flex-direction:column;align-items:stretch;height:auto;width:auto;margin:0 8px 0 0}
.labkit-text textarea{box-sizing:border-box;width:100%;font-family:var(--jp-code-font-family,monospace);font-size:12px;
line-height:1.45;tab-size:2}
</style>"""
_COLUMN = "1 1 26em"


class EditorWidget:
    """Draws a ``PolicyEditor`` in ``box`` and hands over what is typed and pressed. ``update`` shows its state."""

    def __init__(self, editor: PolicyEditor) -> None:
        self._editor = editor
        self._text = widgets.Textarea(
            value=editor.text_now,
            description="Policy (leave it empty for no policy)",
            placeholder="No policy",
            rows=min(max(editor.text_now.count("\n") + 4, 14), 30),  # a line may wrap into two
            layout=widgets.Layout(width="auto"),
        )
        self._text.add_class("labkit-text")
        self._apply = _button("Apply", "Set the repository's policy to this text", "primary")
        self._undo = _button("Undo", "Give the repository back what it had before the last Apply")
        self._reload = _button("Show what is applied", "Read the repository again and put its policy in place")
        self._status, self._message, self._listing, self._decision = (widgets.HTML() for _ in range(4))
        buttons = widgets.HBox([self._apply, self._undo, self._reload], layout=widgets.Layout(flex_flow="row wrap"))
        written = _column(self._text, self._status, buttons, self._message)
        shown = widgets.Box([written, _column(self._listing)], layout=widgets.Layout(flex_flow="row wrap"))
        title = widgets.HTML(framed(_STYLE + editor.title_html()))
        self.box = widgets.VBox([title, shown, self._decision])
        self._text.observe(self._typed, names="value")
        for button, press in ((self._apply, editor.apply), (self._undo, editor.undo), (self._reload, editor.reload)):
            button.on_click(self._pressing(press))
        self.update()

    def update(self) -> None:
        """Shows the editor's state; the text is only touched where it is another."""
        editor = self._editor
        if self._text.value != editor.text_now:
            self._text.value = editor.text_now
        self._status.value = framed(editor.status_html())
        self._listing.value = framed(editor.listing_html())
        self._decision.value = framed(editor.decision_html())
        self._message.value = framed(editor.message.html())
        # Never disabled, which would take the keyboard's focus away; where there is nothing to undo that is said.
        self._undo.description = f"Undo ({editor.levels})" if editor.levels else "Undo"

    def _typed(self, change: Any) -> None:
        if change["new"] != self._editor.text_now:
            self._editor.typed(change["new"])

    def _pressing(self, press: Any) -> Any:
        def pressed(_button: Any) -> None:
            self._message.value = framed(Message(True, "Working …").html())
            press()

        return pressed


def _button(name: str, tooltip: str, style: str = "") -> Any:
    return widgets.Button(
        description=name, tooltip=tooltip, button_style=style, layout=widgets.Layout(width="auto", min_width="6em")
    )


def _column(*children: Any) -> Any:
    return widgets.VBox(list(children), layout=widgets.Layout(flex=_COLUMN, min_width="0"))
