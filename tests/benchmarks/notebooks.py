"""The notebooks: their shape beside that of admired ones, and how long nbval takes for each.

    python tests/benchmarks/notebooks.py [--rounds 3] [NOTEBOOK ...]

The shape is counted in the files; hints are folded, so their words are left out. nbval runs one notebook at a time, as
a program of its own on an embedded AWS that is up; seconds are those of the whole program, the median and the worst of
the rounds. Figures are reported, never asserted.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import nbformat

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import labkit.embedded.process.client as embedded  # noqa: E402

_HINTS = re.compile(r"<details>.*</details>", re.DOTALL)

# Medians per notebook, counted in the same way: pytudes (114 notebooks), Python Data Science Handbook (50),
# Think Python 3e (21), the sqlite-utils tutorial (1), the Bedrock workshop of aws-samples (51).
MODELS = ("pytudes", "PDSH", "Think Python", "sqlite-utils", "bedrock")


class Shape(NamedTuple):
    """What is counted in one notebook."""

    cells: int
    words: float
    words_p90: float
    lines: float
    lines_p90: float
    lines_max: float
    one_line: float
    words_a_line: float
    introduced: float
    with_output: float


MEASURES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("cells", "cells", ("43", "48", "148", "60", "27")),
    ("words per markdown cell, median", "words", ("38", "37.5", "26.5", "19", "29")),
    ("words per markdown cell, p90", "words_p90", ("160", "90", "85", "46", "80")),
    ("lines per code cell, median", "lines", ("2", "2.5", "2", "1", "7")),
    ("lines per code cell, p90", "lines_p90", ("12", "5", "6", "2", "22")),
    ("lines per code cell, most", "lines_max", ("32", "9", "12", "16", "45")),
    ("code cells of one line, %", "one_line", ("45", "25", "44", "–", "10")),
    ("words of prose per line of code", "words_a_line", ("12.7", "20.8", "15.4", "8.0", "3.1")),
    ("code cells after prose, %", "introduced", ("74", "89", "85", "–", "64")),
    ("code cells with stored output, %", "with_output", ("67", "83", "0", "91", "0")),
)


def shape(path: Path) -> Shape:
    """Counts one notebook that has code."""
    cells = nbformat.read(path, as_version=nbformat.NO_CONVERT).cells
    code = [cell for cell in cells if cell.cell_type == "code"]
    words = [len(_HINTS.sub("", cell.source).split()) for cell in cells if cell.cell_type == "markdown"]
    lines = [sum(1 for line in cell.source.splitlines() if line.strip()) for cell in code]
    before = [above.cell_type for above, cell in pairwise(cells) if cell.cell_type == "code"]
    return Shape(
        len(cells),
        statistics.median(words),
        p90(words),
        statistics.median(lines),
        p90(lines),
        max(lines),
        percent(lines.count(1), len(lines)),
        sum(words) / sum(lines),
        percent(before.count("markdown"), len(before)),
        percent(sum(bool(cell.outputs) for cell in code), len(code)),
    )


def p90(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=10)[-1]


def percent(part: int, whole: int) -> float:
    return 100 * part / whole


def report_shapes(paths: Sequence[Path]) -> None:
    """One column a notebook, then the medians, then the models."""
    shapes = [shape(path) for path in paths]
    columns = [*(path.stem.partition("-")[0] for path in paths), "median", *MODELS]
    print(row("", columns))
    for title, name, models in MEASURES:
        found = [getattr(each, name) for each in shapes]
        print(row(title, [*map(number, [*found, statistics.median(found)]), *models]))


def number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def row(title: str, values: Sequence[str]) -> str:
    return f"{title:<36}" + "".join(f"{value:>{max(7, len(value) + 2)}}" for value in values)


def nbval(path: Path) -> float:
    """The seconds that nbval takes for one notebook. Ends the program where the notebook is not as it is stored."""
    options = ["--nbval", "--nbval-sanitize-with", str(ROOT / "tests" / "nbval-sanitize.cfg")]
    quiet = ["-o", "filterwarnings=", "-p", "no:cacheprovider"]
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *quiet, str(path)], cwd=ROOT, capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(f"{path.name} is not as it is stored:\n{done.stdout}")
    return time.perf_counter() - began


def report_seconds(paths: Sequence[Path], rounds: int) -> None:
    for path in paths:
        seconds = [nbval(path) for _ in range(rounds)]
        print(f"{path.name:<36} nbval {statistics.median(seconds):5.1f} s, worst {max(seconds):5.1f} s")


def main() -> None:
    """Count, then measure on a lab home of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="how often nbval runs; 0: only count (default: 3)")
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: all that have a number")
    chosen: Any = parser.parse_args()
    paths = [path.resolve() for path in chosen.notebooks] or sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
    report_shapes(paths)
    if not chosen.rounds:
        return
    with tempfile.TemporaryDirectory(prefix="labkit-notebooks-") as folder:
        for name in [name for name in os.environ if name.startswith(("AWS_", "LAB_", "LABKIT_"))]:
            del os.environ[name]
        os.environ.update(LABKIT_HOME=str(Path(folder) / "lab"), LABKIT_ENGINE="embedded", PYTHONPATH=str(ROOT))
        embedded.ensure()
        try:
            report_seconds(paths, chosen.rounds)
        finally:
            embedded.stop()


if __name__ == "__main__":
    main()
