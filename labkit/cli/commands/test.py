"""Run every check of the project and say at the end what passed: lint, format, types, tests, notebooks, and
the whole lab in a real browser where Chromium or Chrome is installed.

The tests use a lab of their own in a temporary folder, never yours. A check's output is shown when it fails, or all of
it with -v; tests that cannot be run here are named with the reason. Whatever else is given goes to pytest for the unit
tests. Exits with 1 if anything failed.

  labkit test
  labkit test --fast -k pull        neither slow tests, notebooks nor browser, and only the unit tests about pulls
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from labkit.cli.checks import CheckResult, ProjectCheck


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``labkit test``; what it does not know it hands to pytest."""
    parser.add_argument(
        "--fast", action="store_true", help="leave out the slow checks (slow tests, notebooks, browser)"
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="show the output of every check")
    parser.set_defaults(more=[])


def run(args: argparse.Namespace) -> int:
    """Run the checks in a temporary lab; 0 when none failed."""
    from rich.console import Console

    from labkit.cli.checks import CHECKS
    from labkit.ground.processes import stoppable
    from labkit.ground.project import ROOT

    console = Console(highlight=False)
    chosen = [check for check in CHECKS if not (args.fast and check.slow)]
    with stoppable(), _temporary_lab() as folder:
        results = [_run(check, Path(ROOT), folder, args, console) for check in chosen]
    left_out = [check.name for check in CHECKS if check not in chosen]
    _summary(results, left_out, console)
    return int(any(result.outcome == "failed" for result in results))


def _run(check: ProjectCheck, root: Path, folder: Path, args: argparse.Namespace, console: Console) -> CheckResult:
    from labkit.cli.checks import run_check

    output = None if args.verbose else folder / "output.txt"
    environment = _environment(folder)
    with _showing(check.name, console, live=output is not None):
        result = run_check(check, root, environment, args.more, output)
    if result.outcome == "failed" and output is not None:
        console.rule(f"{check.name} failed")
        console.out(result.detail.rstrip())
        console.rule()
    else:
        console.print(f"{check.name}: {result.outcome} {_remark(result)}")
        for line in result.left_out:
            console.out(f"  {line}")
    return result


def _showing(name: str, console: Console, *, live: bool) -> AbstractContextManager[object]:
    """Say which check is running: with its time on a terminal, as a line elsewhere."""
    if live and console.is_terminal:
        from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        progress = Progress(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), transient=True)
        progress.add_task(name, total=None)
        return progress
    console.print(f"{name} ...")
    return nullcontext()


@contextmanager
def _temporary_lab() -> Iterator[Path]:
    """A folder with a lab home for the tests; what they left running in it is stopped at the end."""
    from labkit.embedded.process import client

    with tempfile.TemporaryDirectory(prefix="labkit-test-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        try:
            yield folder
        finally:
            client.stop(folder / "lab")


def _environment(folder: Path) -> Mapping[str, str]:
    """The environment of the checks: no AWS settings of the user's, a lab home, Jupyter and IPython of their own."""
    from labkit.ground.project import ROOT

    temporary = folder / "t"  # short, because sockets are made in it; gone with the folder even after an interruption
    for place in (temporary, folder / "jupyter"):
        place.mkdir(exist_ok=True)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {
        **clean,
        **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(temporary)),
        "LABKIT_HOME": str(folder / "lab"),
        "LABKIT_ENGINE": "embedded",  # what is compared is the same everywhere; the engine's tests choose theirs
        "PYTHONPATH": ROOT,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
        "JUPYTER_CONFIG_DIR": str(folder / "jupyter" / "config"),
        "JUPYTER_DATA_DIR": str(folder / "jupyter" / "data"),
        "JUPYTER_RUNTIME_DIR": str(folder / "jupyter" / "runtime"),
        "IPYTHONDIR": str(folder / "jupyter" / "ipython"),
    }


def _summary(results: Sequence[CheckResult], left_out: Sequence[str], console: Console) -> None:
    from rich.table import Table

    table = Table("check", "result", "seconds", title="labkit test", title_justify="left")
    table.columns[2].justify = "right"
    colour = {"passed": "green", "failed": "bold red", "skipped": "yellow"}
    for result in results:
        text = result.outcome if result.outcome != "skipped" else f"skipped: {result.detail}"
        table.add_row(result.name, f"[{colour[result.outcome]}]{text}[/]", f"{result.seconds:.1f}")
    for name in left_out:
        table.add_row(name, "[yellow]skipped: left out by --fast[/]", "")
    console.print(table)


def _remark(result: CheckResult) -> str:
    return f"({result.detail})" if result.outcome == "skipped" else f"in {result.seconds:.1f} s"
