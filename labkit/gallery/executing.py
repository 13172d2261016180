"""Executing a notebook on a lab, in a process of its own that can be ended together with its kernel.

``execute`` is what others call; it starts ``python -m labkit.gallery.executing NOTEBOOK RESULT``. Kernel, IPython and
Jupyter take nothing from the user's own configuration, so that what a notebook shows depends on nothing but this
version of the lab.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from labkit.errors import LabError
from labkit.gallery.notebooks import read
from labkit.ground.processes import end

_SECONDS_FOR_A_CELL = 120
_SECONDS_TO_STOP = 5


def execute(path: Path, environment: Mapping[str, str], folder: Path) -> Any:
    """The notebook with what its cells show now. ``folder`` is a private one with a short path, for sockets.

    Raises LabError for a cell that fails. A KeyboardInterrupt ends the notebook before it goes on its way.
    """
    result, said = folder / "executed.ipynb", folder / "said.txt"
    with said.open("wb") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(path), str(result)],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=stderr,
            stderr=stderr,
            start_new_session=True,
        )
        try:
            code = process.wait()
        except BaseException:
            end(process, _SECONDS_TO_STOP)
            raise
    if code:
        raise LabError(f"The notebook {path.name} stops: {_last_line(said)}")
    return read(result)


def _last_line(said: Path) -> str:
    lines = said.read_text("utf-8", "replace").split("\n")
    return next((line for line in reversed(lines) if line.strip()), "nothing says why")


def _execute(path: Path, runtime: Path) -> Any:
    notebook = read(path)
    kernel = AsyncKernelManager(
        kernel_spec_manager=KernelSpecManager(kernel_dirs=[]),  # this Python's kernel, whatever else is installed
        connection_file=str(runtime / "kernel.json"),
        transport="ipc",
    )
    client = NotebookClient(
        notebook,
        km=kernel,
        timeout=_SECONDS_FOR_A_CELL,
        coalesce_streams=True,
        resources={"metadata": {"path": str(path.parent)}},
    )
    client.execute(cleanup_kc=True)
    return notebook


def main(path: Path, result: Path) -> int:
    """Execute the notebook and write it to ``result``; where a cell fails, its error is the last line on stderr."""
    try:
        notebook = _execute(path, result.parent)
    except CellExecutionError as error:
        print(f"{error.ename}: {error.evalue}", file=sys.stderr)
        return 1
    nbformat.write(notebook, result)  # type: ignore[no-untyped-call]
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
