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
    Field("region", "Region", "such as eu-central-1"),
    Field("organization", "Organization", "o-…"),
    Field("organization_path", "Path to grant", "o-…/r-…/ou-…/*; empty: the workload account's unit"),
)
REAL_FIELDS = (
    Field("registry_profile", "Registry profile", "an AWS profile of yours; empty: the embedded AWS"),
    Field("workload_profile", "Workload profile", "an AWS profile of another account"),
    Field("management_profile", "Management profile", "may read the organization; can stay empty"),
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
            self.message = (
                f"The lab is on {lab.where}: registry {lab.registry.account}, workload {lab.workload.account}."
            )
        except (LabError, ClientError, BotoCoreError) as error:
            self.ok, self.message = False, str(error)
            return None
        self.ok = True
        return lab


def lab_form(home: Path | None = None, on_applied: Callable[[Lab], None] | None = None) -> Any:
    """The form as a widget. ``on_applied`` gets the lab whenever the button was pressed with good values."""
    import ipywidgets as widgets

    model = FormModel.load(home)
    style = {"description_width": "11em"}
    inputs = {
        each.name: widgets.Text(
            value=model.values.get(each.name, ""),
            description=each.label,
            placeholder=each.hint,
            style=style,
            layout=widgets.Layout(width="44em"),
            continuous_update=False,
        )
        for each in (*EMBEDDED_FIELDS, *REAL_FIELDS)
    }
    message = widgets.HTML()
    button = widgets.Button(description="Use these", button_style="primary", tooltip="Check and keep these values")

    def applied(_button: Any) -> None:
        model.values = {name: box.value for name, box in inputs.items()}
        lab = model.apply()
        mark = "✓" if model.ok else "✗"
        message.value = f"<b>{mark}</b> {escape(model.message)}"
        if lab is not None and on_applied is not None:
            on_applied(lab)

    button.on_click(applied)
    embedded = widgets.VBox([inputs[each.name] for each in EMBEDDED_FIELDS])
    real = widgets.VBox([inputs[each.name] for each in REAL_FIELDS])
    return widgets.VBox(
        [
            widgets.HTML("<b>On the embedded AWS</b>"),
            embedded,
            widgets.HTML("<b>On your own AWS accounts</b>"),
            real,
            button,
            message,
        ]
    )
