"""The embedded AWS beside moto's own server and MiniStack with AUTH=true, in turns in one run.

    python -m tests.benchmarks.embedded [FIGURE ...] [--rounds N] [--calls N] [--objects N] [--tools DIR]

Figures: load (50 clients, mixed reads and writes), durability (the same with fsync and without), objects (the same
after 50,000 objects), single (one client, one call after another), start, scenarios, restart. All of them where none is
named. Ratios are ours divided by theirs: of times, below 1.0 the embedded AWS is faster; of calls a second, above.
Nothing is asserted; the machine's load is printed, since who measures on a busy machine measures the machine.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

from tests.benchmarks.embedded import figures, loads
from tests.benchmarks.embedded.report import heading
from tests.benchmarks.embedded.servers import install


def main() -> None:
    """Measure and print one line a figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("figures", nargs="*", help="which to measure (default: all)")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured in turn (default: 3)")
    parser.add_argument("--calls", type=int, default=9000, help="how many calls a load makes (default: 9000)")
    parser.add_argument("--objects", type=int, default=50_000, help="how many objects fill a world (default: 50000)")
    parser.add_argument("--tools", type=Path, help="where the neighbours' packages are kept for another run")
    arguments = parser.parse_args()
    known = {**loads.FIGURES, **figures.FIGURES}
    if unknown := set(arguments.figures) - set(known):
        parser.error(f"There is no figure {', '.join(sorted(unknown))}; there are {', '.join(known)}.")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory(prefix="labkit-benchmark-") as name:
        folder = Path(name)
        tools = arguments.tools or folder / "tools"
        arguments.moto = install(tools / "moto", "requirements-moto.txt")
        arguments.ministack = install(tools / "ministack", "requirements-ministack.txt")
        os.environ["HOME"] = name
        for figure in arguments.figures or known:
            heading(figure)
            known[figure](folder, arguments)


if __name__ == "__main__":
    main()
