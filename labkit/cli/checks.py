"""The checks that make up ``labkit test``, as a table, and how one is run.

A check is a program started with this Python. It passes when that program exits with 0, fails otherwise, and is
skipped, with the reason, when something it needs is not there. Its output goes to a file and is shown when it matters.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from labkit.cli.jupyter import chromium
from labkit.ground.processes import end

_SECONDS_TO_STOP = 5
_MOST_WORKERS = 4


@dataclass(frozen=True)
class ProjectCheck:
    """One row: ``arguments`` after ``python -m`` are made from the project's root and from what was added to pytest."""

    name: str
    arguments: Callable[[Path, Sequence[str]], Sequence[str]]
    slow: bool = False
    needs: Callable[[Path], str] = lambda root: ""  # the reason why it cannot be run, or nothing

    def reason_to_skip(self, root: Path) -> str:
        """Why this check cannot be run here; empty when it can, and when it has to be: then it fails and says why."""
        if self.name in os.environ.get("LABKIT_REQUIRE", "").split(","):
            return ""
        module = self.arguments(root, ())[0]
        return self.needs(root) if find_spec(module) else f"{module} is not installed"


@dataclass(frozen=True)
class CheckResult:
    """What came of a check: ``outcome`` is passed, failed or skipped; ``detail`` is its output or the reason."""

    name: str
    outcome: str
    seconds: float
    detail: str

    @property
    def left_out(self) -> list[str]:
        """The tests that pytest skipped, a line for each reason; known where the output was kept."""
        return [line for line in self.detail.splitlines() if line.startswith("SKIPPED ")]


def notebooks(root: Path) -> list[str]:
    """The notebooks of the project, in order."""
    return [str(path) for path in sorted((root / "notebooks").glob("*.ipynb"))]


def _unit_tests(root: Path, more: Sequence[str]) -> list[str]:
    return ["pytest", "-rfEs", "-n", str(min(os.cpu_count() or 1, _MOST_WORKERS)), "-m", "not slow", *more]


def _slow_tests(root: Path, more: Sequence[str]) -> list[str]:
    return ["pytest", "-rfEs", "-n", str(min(os.cpu_count() or 1, _MOST_WORKERS)), "-m", "slow"]


def _notebook_tests(root: Path, more: Sequence[str]) -> list[str]:
    sanitize = root / "tests" / "nbval-sanitize.cfg"
    options = ["--nbval", "--nbval-sanitize-with", str(sanitize), "--nbval-cell-timeout", "120"]
    # The warnings of Jupyter's packages are not ours to fix, so here they are no errors.
    return ["pytest", *options, "-o", "filterwarnings=", "-p", "no:cacheprovider", *notebooks(root)]


def _browser_tests(root: Path, more: Sequence[str]) -> list[str]:
    return ["pytest", "-rfEs", "-p", "no:xdist", str(root / "tests" / "browser")]


def _no_browser(root: Path) -> str:
    """What of a browser and the library that drives it is missing."""
    if not find_spec("playwright"):
        return "playwright is not installed"
    return "" if chromium.find() else "neither Chromium nor Chrome is installed"


CHECKS = (
    ProjectCheck("lint", lambda root, more: ["ruff", "check", "."]),
    ProjectCheck("format", lambda root, more: ["ruff", "format", "--check", "."]),
    ProjectCheck("types", lambda root, more: ["mypy"]),
    ProjectCheck("unit tests", _unit_tests),
    ProjectCheck("slow tests", _slow_tests, slow=True),
    ProjectCheck(
        "notebooks",
        _notebook_tests,
        slow=True,
        needs=lambda root: "" if notebooks(root) else "there are no notebooks",
    ),
    ProjectCheck("browser", _browser_tests, slow=True, needs=_no_browser),
)


def run_check(
    check: ProjectCheck, root: Path, environment: Mapping[str, str], more: Sequence[str], output: Path | None
) -> CheckResult:
    """Run one check in ``root``; its output goes to the file ``output``, or to the terminal where that is None.

    A KeyboardInterrupt ends the check with all its processes before it goes on its way.
    """
    reason = check.reason_to_skip(root)
    if reason:
        return CheckResult(check.name, "skipped", 0.0, reason)
    began = time.monotonic()
    code = _run([sys.executable, "-m", *check.arguments(root, more)], root, environment, output)
    detail = output.read_text("utf-8", "replace") if output else ""
    return CheckResult(check.name, "failed" if code else "passed", time.monotonic() - began, detail)


def _run(command: Sequence[str], root: Path, environment: Mapping[str, str], output: Path | None) -> int:
    file = output.open("wb") if output else None
    try:
        process = subprocess.Popen(
            command,
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT if file else None,
            start_new_session=True,
        )
    finally:
        if file:
            file.close()
    try:
        return process.wait()
    except BaseException:
        end(process, _SECONDS_TO_STOP)
        raise
