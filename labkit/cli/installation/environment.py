"""The steps that make ``.venv``, in an order that survives being stopped after any of them."""

from __future__ import annotations

import os
import shlex
import stat
from pathlib import Path

from labkit.cli.installation import interpreters, lock
from labkit.cli.installation.interpreters import Interpreter
from labkit.cli.installation.requirements import forget_unfinished, groups, names
from labkit.cli.installation.tools import Tools, reason
from labkit.errors import LabError
from labkit.ground import project
from labkit.ground.files import remove_tree, write_atomically
from labkit.ground.progress import Progress

MARKER = "labkit-made-this.txt"
LOG = "labkit-installation.log"

_UNFINISHED = "labkit-unfinished.txt"  # is there while packages are being written
_PATH_FILE = "labkit.pth"
_MARKER_TEXT = "labkit made this folder and may rebuild it; nothing in it is yours.\n"
# Files that cannot be compiled, and what Python warns of, are none of the reader's business.
_COMPILE = """
import compileall, sys, warnings
warnings.simplefilter("ignore")
compileall.compile_dir(sys.argv[1], quiet=2, workers=0)
"""
_POSIX_SCRIPT = '#!/bin/sh\nexec {python} -m labkit "$@"\n'
_WINDOWS_SCRIPT = '@"%~dp0python.exe" -m labkit %*\r\n'


def install(need: str, progress: Progress | None = None) -> None:
    """Make ``.venv`` complete for ``need``, whatever state it is in; waits while another start does so.

    ``need`` is one of `labkit.ground.project.FILES`. Raises :class:`LabError` with one sentence when that is
    impossible; the next call then starts from where things are.
    """
    progress = progress or Progress()
    root, venv = Path(project.ROOT), Path(project.VENV)

    def waiting() -> None:
        progress.say(f"another start is setting up {venv}; waiting for it.")

    try:
        with lock.exclusive(root / "pyproject.toml", waiting) as descriptor:
            if not project.complete(need):
                _Installation(root, venv, Tools(progress, venv / LOG, descriptor)).run(need)
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

    def run(self, need: str) -> None:
        """Bring ``.venv`` to the stamps of ``need`` from where it is, or by making it anew."""
        if not self._is_usable():
            self._clear()
            self._make(interpreters.choose(self.uv))
        python = self._python()
        site_packages = _site_packages(self.venv, python)
        self._go_on(site_packages)
        for each in project.missing(need):
            self._install(each, python, site_packages)

    def _is_usable(self) -> bool:
        """Whether ``.venv`` is labkit's, made for this place, and has a Python that does."""
        python = interpreters.probe(project.venv_python()) if _is_ours(self.venv) else None
        if python is None or project.stamped_version() not in (None, python.version):
            return False
        try:
            return (_site_packages(self.venv, python) / _PATH_FILE).read_text("utf-8") == f"{self.root}\n"
        except OSError:
            return False

    def _clear(self) -> None:
        """Remove a broken ``.venv`` of labkit's own; refuse to touch any other."""
        if not os.path.lexists(self.venv):
            self.progress.say("first start here: setting up .venv, once.")
            return
        if not _is_ours(self.venv):
            raise LabError(
                f"{self.venv} was not made by labkit and is left as it is; move it away and start again, or install "
                "requirements.txt into it and start the lab with its Python and LABKIT_NO_VENV=1."
            )
        self.progress.say(".venv is broken or was made for another place; rebuilding it.")
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
            self._add_entry_points()

    def _go_on(self, site_packages: Path) -> None:
        """After an interruption: what was being written then is written anew, the rest stays."""
        if not (self.venv / _UNFINISHED).exists():
            return
        again = forget_unfinished(site_packages)
        more = f"; once more: {', '.join(again)}" if again else ""
        self.progress.say(f"the set-up of .venv was interrupted and goes on from there{more}.")

    def _install(self, lock: str, python: Interpreter, site_packages: Path) -> None:
        if project.read_stamp(lock):
            self.progress.say(f"{project.FILES[lock]} has changed; updating .venv.")
        Path(project.stamp_path(lock)).unlink(missing_ok=True)
        (self.venv / _UNFINISHED).touch()
        tool = self._tool(python, site_packages)
        with self.progress.step(f"Installing {project.FILES[lock]} with {'uv' if self.uv else 'pip'}"):
            for before, total, lines in groups(lock, site_packages):
                named = f"{before + 1} to {before + len(lines)} of {total} packages: {names(lines)}"
                self.tools.run([*tool, *lines], named)
            if lock in (project.LIVE, project.LAB):  # so that the first start is as fast as the next ones
                self.tools.run([python.path, "-c", _COMPILE, str(site_packages)], "compiling")
        self._stamp(lock, python)
        (self.venv / _UNFINISHED).unlink()

    def _tool(self, python: Interpreter, site_packages: Path) -> list[str]:
        """What installs packages as they are named: uv, or the pip of ``.venv``, which one made by uv has not yet."""
        if self.uv:
            return [self.uv, "pip", "install", "--python", python.path, "--no-deps"]
        if not (site_packages / "pip").is_dir():
            self.tools.run([python.path, "-m", "ensurepip"])
        return [python.path, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--no-deps"]

    def _add_entry_points(self) -> None:
        """Let the environment find ``labkit`` from every folder, as a command and as a module, compiled already."""
        python = self._python()
        bin_folder = Path(project.venv_python()).parent
        if os.name == "nt":
            (bin_folder / "labkit.cmd").write_text(_WINDOWS_SCRIPT, encoding="utf-8", newline="")
        else:
            script = bin_folder / "labkit"
            script.write_text(_POSIX_SCRIPT.format(python=shlex.quote(project.venv_python())), encoding="utf-8")
            script.chmod(script.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
        self.tools.run([python.path, "-m", "compileall", "-q", str(self.root / "labkit")])
        (_site_packages(self.venv, python) / _PATH_FILE).write_text(f"{self.root}\n", encoding="utf-8")

    def _stamp(self, lock: str, python: Interpreter) -> None:
        write_atomically(Path(project.stamp_path(lock)), project.stamp(lock, python.version).encode(), 0o644)

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
