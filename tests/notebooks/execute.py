"""Executes the notebooks in place, so that what is committed is what a fresh lab shows.

    python tests/notebooks/execute.py [NOTEBOOK ...]

They are executed as for the gallery: all of one call on one lab that begins empty, with the embedded way of everything.
What differs from run to run and is no output (times of execution, states of widgets) is not stored.
"""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from labkit.gallery.making import fresh_lab, kernels  # noqa: E402

WIDGET = "application/vnd.jupyter.widget-view+json"


def store(notebook: nbformat.NotebookNode, path: Path) -> None:
    """Write an executed notebook, with the metadata that stand in the file."""
    notebook.metadata = nbformat.read(path, as_version=4).metadata  # the kernel writes its exact version there
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(WIDGET, None)
    nbformat.write(notebook, path)


def main() -> None:
    """Execute the notebooks that are named, or all of them."""
    chosen = [Path(name).resolve() for name in sys.argv[1:]] or sorted((ROOT / "notebooks").glob("*.ipynb"))
    with fresh_lab() as running, kernels(running, ROOT) as execute:
        for path in chosen:
            print(path.name, flush=True)
            store(execute(path), path)


if __name__ == "__main__":
    main()
