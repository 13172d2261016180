"""A small project with three notebooks, as data, and the gallery of a project."""

from __future__ import annotations

import os
from contextlib import nullcontext
from pathlib import Path

import nbformat

from labkit.gallery.making import gallery

START = [
    "# Start here\n\nSee what a [nearest miss](glossary.ipynb#nearest-miss) is, the [README](../README.md), "
    "[AWS](https://aws.amazon.com/lambda/), and [below](#the-picture).",
    "| notebook | what happens | minutes |\n| --- | --- | --- |\n"
    "| [01 Refused](01-refused.ipynb) | a refusal & its reasons | 15 |",
    "## The picture\n\n![A refusal in words](images/refusal.png)",
]
REFUSED = ["# Refused\n\nAbout the account 813835382529, written 8138-3538-2529.", "## Why\n\nAsk the lab:"]
CODE = {
    "00-start-here": ["from labkit.lab.lab import Lab\nlab = Lab.open()\nprint(lab.where, lab.home)"],
    "01-refused": [
        "# NBVAL_IGNORE_OUTPUT\nfrom labkit.lab.lab import Lab\nfrom labkit.scenarios import prepare\nlab = Lab.open()",
        "for result in prepare(lab, 'cross-account'):\n    print(result.facts)",
        "lab.explain(lab.workload.session, 'test-another-account', 'lambda-another-account')",
        "from labkit import organization_map\norganization_map(lab)",
        "print('<b>not bold</b> & not an entity')",
    ],
    "glossary": [],
}
TEXT = {
    "00-start-here": START,
    "01-refused": REFUSED,
    "glossary": ["# Glossary", "## Nearest miss\n\nWhat came closest."],
}
PICTURE = b"\x89PNG\r\n\x1a\n and so on"


def write_notebook(path: Path, text: list[str], code: list[str]) -> None:
    cells = [*map(nbformat.v4.new_markdown_cell, text), *map(nbformat.v4.new_code_cell, code)]
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)


def make(project: Path) -> dict[str, bytes]:
    """The gallery of the project; the environment variables of this process are as before afterwards."""
    before = dict(os.environ)
    try:
        return gallery(project, lambda _text: nullcontext())
    finally:
        os.environ.clear()
        os.environ.update(before)
