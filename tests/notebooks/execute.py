"""Executes the notebooks in place, so that what is committed is what a fresh lab shows.

    python tests/notebooks/execute.py [NOTEBOOK ...]

Each runs in a kernel of its own on a lab home of its own, with the embedded way of everything. What differs from run
to run and is no output (times of execution, states of widgets) is not stored.
"""

from __future__ import annotations

import os
import sys
import tempfile
from copy import deepcopy
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import labkit.embedded.client as embedded  # noqa: E402

WIDGET = "application/vnd.jupyter.widget-view+json"


def execute(path: Path) -> None:
    """Execute one notebook and write it back."""
    notebook = nbformat.read(path, as_version=4)
    metadata = deepcopy(notebook.metadata)
    NotebookClient(
        notebook,
        timeout=120,
        kernel_name="python3",
        coalesce_streams=True,
        resources={"metadata": {"path": path.parent}},
    ).execute()
    notebook.metadata = metadata  # the kernel writes its exact version there
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(WIDGET, None)
    nbformat.write(notebook, path)


def main() -> None:
    """Execute the notebooks that are named, or all of them."""
    chosen = [Path(name).resolve() for name in sys.argv[1:]] or sorted((ROOT / "notebooks").glob("*.ipynb"))
    with tempfile.TemporaryDirectory(prefix="labkit-notebooks-") as folder:
        for name in [name for name in os.environ if name.startswith(("AWS_", "LAB_", "LABKIT_"))]:
            del os.environ[name]
        os.environ["LABKIT_HOME"] = str(Path(folder) / "lab")
        os.environ["LABKIT_ENGINE"] = "embedded"
        os.environ["PYTHONPATH"] = str(ROOT)
        try:
            for path in chosen:
                print(path.name, flush=True)
                execute(path)
        finally:
            embedded.stop()


if __name__ == "__main__":
    main()
