"""The shared libraries that programs need to run elsewhere, as the system's own loader finds them (``ldd``)."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

from labkit.errors import LabError

_FOUND = re.compile(r"^\s+(\S+) => (/\S+) \(0x[0-9a-f]+\)$", re.MULTILINE)
_LOADER = re.compile(r"^\s+(/\S+) \(0x[0-9a-f]+\)$", re.MULTILINE)


def needed(programs: Iterable[Path], folder: str) -> dict[str, Path]:
    """Return where the libraries of ``programs`` lie on this machine, by the name under which they are asked for.

    The loader's name is its absolute path, the others are plain names; ``folder`` is searched first. Raises LabError
    where the machine has no ``ldd``, which is everywhere but on Linux.
    """
    environment = {**os.environ, "LD_LIBRARY_PATH": folder}
    command = ["ldd", *map(str, programs)]
    try:
        said = subprocess.run(command, env=environment, capture_output=True, text=True, check=False).stdout
    except FileNotFoundError:
        raise LabError("There is no ldd on this machine, which finds the libraries of the interpreter.") from None
    found = {name: Path(path) for name, path in _FOUND.findall(said)}
    return found | {path: Path(path) for path in _LOADER.findall(said)}
