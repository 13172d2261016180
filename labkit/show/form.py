"""The form of notebook 00: which accounts, region and organization the lab uses, or which real profiles.

``FormModel`` is the form without a browser: fields, their values, and what ``apply`` says. ``lab_form`` draws it with
ipywidgets. The one-line equivalent is ``labkit.lab.choose(...)``, which the model calls too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from labkit.errors import LabError
from labkit.lab import Lab, choose, current


@dataclass(frozen=True, slots=True)
class Field:
    """One field: the name that ``choose`` knows it by, its label, and what to write into it."""

    name: str
    label: str
    hint: str


EMBEDDED_FIELDS = (
    Field("registry_account", "Registry account", "12 digits: owns the repositories"),
    Field("workload_account", "Workload account", "12 digits: owns the functions"),
    Field("organization", "Organization", "o-…"),
)
REAL_FIELDS = (
    Field("registry_profile", "Registry profile", "an AWS profile of yours; empty: the embedded AWS"),
    Field("workload_profile", "Workload profile", "an AWS profile of another account"),
    Field("management_profile", "Management profile", "may read the organization; can stay empty"),
)
COMMON_FIELDS = (
    Field("region", "Region", "such as eu-central-1"),
    Field("organization_path", "Path to grant", "o-…/r-…/ou-…/*; empty: the workload account's unit"),
    Field("base", "Base image", "public or stand-in; empty: what the lab can run"),
    Field("engine", "Engine", "auto, docker or embedded; empty: auto, which is Docker where it answers"),
)
GROUPS = (
    ("On the embedded AWS", EMBEDDED_FIELDS),
    ("On your own AWS accounts (leave empty for the embedded AWS)", REAL_FIELDS),
    ("On both", COMMON_FIELDS),
)


@dataclass
class FormModel:
    """The form's values and its last message. ``home`` None is the lab home in use."""

    home: Path | None = None
    values: dict[str, str] = field(default_factory=dict)
    message: str = ""
    ok: bool = True

    @classmethod
    def load(cls, home: Path | None = None) -> FormModel:
        """The form with what is chosen now."""
        return cls(home, {name: value or "" for name, value in current(home).items()})

    def apply(self) -> Lab | None:
        """Checks and keeps the values; on bad input nothing is changed and ``message`` says what is wrong."""
        try:
            lab = choose(self.home, **{name: value.strip() or None for name, value in self.values.items()})
            message = f"The lab is on {lab.where}: {_summary(lab)}. {lab.engine.sentence}"
        except (LabError, ClientError, BotoCoreError) as error:
            self.ok, self.message = False, str(error)
            return None
        self.ok, self.message = True, message
        return lab


def _summary(lab: Lab) -> str:
    return (
        f"registry {lab.registry.account}, workload {lab.workload.account}, region {lab.region}, base image {lab.base}"
    )


def lab_form(home: Path | None = None, on_applied: Callable[[Lab], None] | None = None) -> Any:
    """The form as a widget. ``on_applied`` gets the lab whenever the button was pressed with good values."""
    import ipywidgets as widgets

    model = FormModel.load(home)
    inputs = {each.name: _input(widgets, each, model) for _, fields in GROUPS for each in fields}
    message = widgets.HTML()
    button = widgets.Button(description="Use these", button_style="primary", tooltip="Check and keep these values")

    def applied(_button: Any) -> None:
        model.values = {name: box.value for name, box in inputs.items()}
        lab = model.apply()
        message.value = f"<b>{'✓' if model.ok else '✗'}</b> {escape(model.message)}"
        if lab is not None and on_applied is not None:
            on_applied(lab)

    button.on_click(applied)
    groups = [
        part
        for title, fields in GROUPS
        for part in (widgets.HTML(f"<b>{escape(title)}</b>"), *(inputs[each.name] for each in fields))
    ]
    return _form_class(widgets)([*groups, button, message])


def _input(widgets: Any, each: Field, model: FormModel) -> Any:
    return widgets.Text(
        value=model.values.get(each.name, ""),
        description=each.label,
        placeholder=each.hint,
        style={"description_width": "11em"},
        layout=widgets.Layout(width="min(44em, 100%)"),
        continuous_update=False,
    )


def _form_class(widgets: Any) -> Any:
    class Form(widgets.VBox):  # type: ignore[misc]
        """A box that says in plain text what it is: where no widget can be drawn, and in stored outputs."""

        def __repr__(self) -> str:
            return "The form is drawn when this cell is run; without it the lab keeps what is chosen."

    return Form
