"""The form of notebook 00: what is chosen for a lab home, to change.

model   the form without a browser: what is written, what is wrong with it, what the names become
widget  the form drawn with ipywidgets
"""

from __future__ import annotations

from pathlib import Path

from labkit.show.form.model import LabForm
from labkit.show.view import Drawing


def lab_form(home: Path | None = None) -> LabForm:
    """The form with what is chosen now. One-line equivalent: ``labkit.lab.choosing.choose(...)``."""
    return LabForm(home, _drawn)


def _drawn(form: LabForm) -> Drawing:
    from labkit.show.form.widget import FormWidget

    return FormWidget(form)
