"""The steps that make ``.venv``, in an order that survives being stopped after any of them."""

from __future__ import annotations

import os
import shlex
import stat
from pathlib import Path

from labkit.cli.installation import interpreters, lock
from labkit.cli.installation.interpreters import Interpreter
from labkit.cli.installation.tools import Tools, reason
from labkit.errors import LabError
from labkit.ground import project
from labkit.ground.files import remove_tree
from labkit.ground.progress import Progress

MARKER = "labkit-made-this.txt"
LOG = "labkit-installation.log"

_MARKER_TEXT = "labkit made this folder and may rebuild it; nothing in it is yours.\n"
_POSIX_SCRIPT = '#!/bin/sh\nexec {python} -m labkit "$@"\n'
_WINDOWS_SCRIPT = '@"%~dp0python.exe" -m labkit %*\r\n'


def install(progress: Progress | None = None) -> None:
    """Make ``.venv`` complete, whatever state it is in; waits while another start does so.

    Raises :class:`LabError` with one sentence when that is impossible; the next call then starts from where things are.
    """
    progress = progress or Progress()
    root, venv = Path(project.ROOT), Path(project.VENV)

    def waiting() -> None:
        progress.say(f"another start is setting up {venv}; waiting for it.")

    try:
        with lock.exclusive(root / "pyproject.toml", waiting) as descriptor:
            if not project.complete():
                _Installation(root, venv, Tools(progress, venv / LOG, descriptor)).run()
    except OSError as error:
        raise LabError(reason(error, root)) from None


class _Installation:
    """One run of the steps, with the lock held."""

    def __init__(self, root: Path, venv: Path, tools: Tools) -> None:
        self.root = root
        self.venv = venv
        self.tools = tools
        self.progress = tools.progress
        self.uv = interpreters.find_uv()

    def run(self) -> None:
        """Bring ``.venv`` to its stamp by updating it, or by making it anew."""
        if self._can_be_updated():
            self.progress.say("requirements.txt has changed; updating .venv.")
            Path(project.STAMP).unlink()
        else:
            self._clear()
            self._make(interpreters.choose(self.uv))
        self._install_requirements()
        self._add_entry_points()
        self._stamp()

    def _can_be_updated(self) -> bool:
        """Whether all that is wrong with ``.venv`` is that the requirements have changed since."""
        version = project.stamped_version()
        python = interpreters.probe(project.venv_python())
        return (
            version is not None
            and python is not None
            and python.version == version
            and f"\nfolder {self.root}\n" in Path(project.STAMP).read_text(encoding="utf-8")
        )

    def _clear(self) -> None:
        """Remove a half-made or broken ``.venv`` of labkit's own; refuse to touch any other."""
        if not os.path.lexists(self.venv):
            self.progress.say("first start here: setting up .venv, which takes a minute or two.")
            return
        if not _is_ours(self.venv):
            raise LabError(
                f"{self.venv} was not made by labkit and is left as it is; move it away and start again, or install "
                "requirements.txt into it and start the lab with its Python and LABKIT_NO_VENV=1."
            )
        self.progress.say(".venv is incomplete or was made for another place; rebuilding it.")
        remove_tree(self.venv)

    def _make(self, python: Interpreter) -> None:
        self.venv.mkdir()
        (self.venv / MARKER).write_text(_MARKER_TEXT, encoding="utf-8")
        if self.uv:
            command = [self.uv, "venv", "--allow-existing", "--no-project", "--python", python.path, str(self.venv)]
        else:
            command = [python.path, "-m", "venv", str(self.venv)]
        with self.progress.step(f"Making .venv with {python}"):
            self.tools.run(command)

    def _install_requirements(self) -> None:
        requirements = self.root / "requirements.txt"
        python = project.venv_python()
        if self.uv:
            command = [self.uv, "pip", "install", "--python", python, "--compile-bytecode", "-r", str(requirements)]
        else:
            command = [
                python,
                "-m",
                "pip",
                "install",
                "--disable-pip-version-check",
                "--no-input",
                "-r",
                str(requirements),
            ]
        with self.progress.step(f"Installing the requirements with {'uv' if self.uv else 'pip'}"):
            self.tools.run(command)

    def _add_entry_points(self) -> None:
        """Let the environment find ``labkit`` from every folder, as a module and as a command, compiled already."""
        python = self._python()
        (_site_packages(self.venv, python) / "labkit.pth").write_text(f"{self.root}\n", encoding="utf-8")
        bin_folder = Path(project.venv_python()).parent
        if os.name == "nt":
            (bin_folder / "labkit.cmd").write_text(_WINDOWS_SCRIPT, encoding="utf-8", newline="")
        else:
            script = bin_folder / "labkit"
            script.write_text(_POSIX_SCRIPT.format(python=shlex.quote(project.venv_python())), encoding="utf-8")
            script.chmod(script.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
        self.tools.run([python.path, "-m", "compileall", "-q", str(self.root / "labkit")])

    def _stamp(self) -> None:
        unfinished = Path(f"{project.STAMP}.new")
        unfinished.write_text(project.stamp(self._python().version), encoding="utf-8")
        unfinished.replace(project.STAMP)

    def _python(self) -> Interpreter:
        python = interpreters.probe(project.venv_python())
        if python is None:
            raise LabError(f"the Python in {self.venv} does not run although it was just made; see {self.venv / LOG}")
        return python


def _is_ours(venv: Path) -> bool:
    """Whether labkit may delete ``venv``: a real folder with its marker in it, or an empty one."""
    if venv.is_symlink() or not venv.is_dir():
        return False
    return (venv / MARKER).is_file() or not any(venv.iterdir())


def _site_packages(venv: Path, python: Interpreter) -> Path:
    if os.name == "nt":
        return venv / "Lib" / "site-packages"
    return venv / "lib" / f"python{python.version[0]}.{python.version[1]}" / "site-packages"
