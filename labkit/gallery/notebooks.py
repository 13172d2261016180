"""The notebooks as pages, drawn by nbconvert with ``template/``.

Widgets are not drawn by a program in the page: every view of the lab stores its complete drawing as HTML beside its
widget (``labkit.show.view``), and that is what a page has.
"""

from __future__ import annotations

import re
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any

import nbformat
from nbconvert import HTMLExporter

from labkit.errors import LabError
from labkit.gallery.page import Link, Page
from labkit.show.view import WIDGET

_HEADING = re.compile(r'<h(?P<level>[12]) id="(?P<id>[^"]*)">(?P<text>.*?)<a class="anchor-link"', re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
# What tells nbval how to compare a cell is nothing to readers.
_FOR_NBVAL = re.compile(r"^# NBVAL_\w+\n?", re.MULTILINE)


def read(path: Path) -> Any:
    """A notebook. Raises LabError where the file is none."""
    try:
        return nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise LabError(f"{path} cannot be read as a notebook ({error}). Take a complete copy of the lab.") from None


def drawn(path: Path, notebook: Any) -> Page:
    """The page of a notebook that was executed."""
    for cell in notebook.cells:
        cell.source = _FOR_NBVAL.sub("", cell.source)
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(WIDGET, None)
    body, _ = _exporter().from_notebook_node(notebook)
    headings = [(found["level"], found["id"], _text(found["text"])) for found in _HEADING.finditer(body)]
    title = next((text for level, _id, text in headings if level == "1"), path.stem)
    places = [Link(f"#{unescape(id_)}", text) for level, id_, text in headings if level == "2"]
    return Page(f"{path.stem}.html", title, body.strip(), places)


@cache
def _exporter() -> Any:
    here = Path(__file__).parent
    return HTMLExporter(  # type: ignore[no-untyped-call]
        template_name="template",
        extra_template_basedirs=[str(here)],
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        anchor_link_text="#",
    )


def _text(html: str) -> str:
    return unescape(_TAG.sub("", html)).strip()
