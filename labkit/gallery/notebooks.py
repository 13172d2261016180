"""The notebooks: executed on a lab, and drawn by nbconvert as pages.

A kernel gets a lab home, IPython's configuration and a Jupyter runtime folder that are the gallery's own, so that what
it shows depends on nothing but this version of the lab. Widgets are not drawn by a program in the page: every view of
the lab stores its complete drawing as HTML beside its widget (``labkit.show.view``), and that is what a page has.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbconvert import HTMLExporter

from labkit.errors import LabError
from labkit.gallery.page import Link, Page
from labkit.show.view import WIDGET

_SECONDS_FOR_A_CELL = 120
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


def execute(path: Path, environment: Mapping[str, str], runtime: Path) -> Any:
    """The notebook with what its cells show now. ``runtime`` is a private folder with a short path, for sockets.

    Raises LabError for a cell that fails.
    """
    notebook = read(path)
    kernel = AsyncKernelManager(
        kernel_spec_manager=KernelSpecManager(kernel_dirs=[]),  # this Python's kernel, whatever the user has installed
        connection_file=str(runtime / f"{path.stem}.json"),
        transport="ipc",
    )
    client = NotebookClient(
        notebook,
        km=kernel,
        timeout=_SECONDS_FOR_A_CELL,
        coalesce_streams=True,
        resources={"metadata": {"path": str(path.parent)}},
    )
    try:
        client.execute(env=dict(environment), cleanup_kc=True)  # the kernel ends also where a cell fails
    except CellExecutionError as error:
        raise LabError(f"The notebook {path.name} stops with {error.ename}: {error.evalue}") from None
    return notebook


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
