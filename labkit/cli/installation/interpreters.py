"""Which Python makes ``.venv``: a 3.12 where one is found, as in the lab's image, else the one that runs this.

A name on PATH proves nothing (pyenv's shims exist for versions that are switched off), so every candidate is
tried by running it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from labkit.errors import LabError

PREFERRED = (3, 12)

# Where a Python 3.12 may stand off PATH: (variable with the folder, the folder without it, pattern below it).
_ELSEWHERE = (
    ("PYENV_ROOT", "~/.pyenv", "versions/3.12.*/bin/python3.12"),
    ("UV_PYTHON_INSTALL_DIR", "~/.local/share/uv/python", "cpython-3.12.*/bin/python3.12"),
    ("LOCALAPPDATA", "~/AppData/Local", "Programs/Python/Python312/python.exe"),
)

_QUESTION = """
import importlib.util, sys
can = all(importlib.util.find_spec(name) for name in ("venv", "ensurepip"))
print(*sys.version_info[:2], int(can), sys.executable)
"""


@dataclass(frozen=True)
class Interpreter:
    """A Python that runs: its ``path``, its ``version`` (major, minor), and whether it can make environments alone."""

    path: str
    version: tuple[int, int]
    has_venv: bool

    def __str__(self) -> str:
        return f"Python {self.version[0]}.{self.version[1]} ({self.path})"


def choose(uv: str | None) -> Interpreter:
    """The Python to make ``.venv`` with; raises :class:`LabError` when none can make an environment."""
    running = probe(getattr(sys, "_base_executable", None) or sys.executable)
    if running and running.version == PREFERRED and (uv or running.has_venv):
        return running
    for path in preferred_paths():
        found = probe(path)
        if found and found.version == PREFERRED and (uv or found.has_venv):
            return found
    if running and (uv or running.has_venv):
        return running
    raise LabError(_no_venv(running))


def probe(path: str) -> Interpreter | None:
    """Run the Python at ``path`` and ask what it is; None when it does not run."""
    try:
        answer = subprocess.run(
            [path, "-I", "-c", _QUESTION], capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL
        )
        major, minor, has_venv, executable = answer.stdout.strip().split(" ", 3)
        return Interpreter(executable, (int(major), int(minor)), has_venv == "1")
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


def preferred_paths() -> Iterator[str]:
    """Every path where a Python 3.12 may be: first PATH, then the places of version managers and installers."""
    for part in os.environ.get("PATH", "").split(os.pathsep):
        path = shutil.which("python3.12", path=part) if part else None
        if path:
            yield path
    for variable, default, pattern in _ELSEWHERE:
        folder = Path(os.environ.get(variable) or default).expanduser()
        yield from (str(path) for path in sorted(folder.glob(pattern), reverse=True))


def find_uv() -> str | None:
    """The path of a uv that runs, or None."""
    path = shutil.which("uv")
    if path is None:
        return None
    try:
        answer = subprocess.run([path, "--version"], capture_output=True, timeout=30, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.SubprocessError):
        return None
    return path if answer.returncode == 0 else None


def _no_venv(running: Interpreter | None) -> str:
    name = f"python{running.version[0]}.{running.version[1]}" if running else "python3"
    return (
        f"{running or sys.executable} cannot make virtual environments because its modules venv and ensurepip "
        f"are missing; install them (on Debian and Ubuntu: apt install {name}-venv) or install uv, then start again."
    )
