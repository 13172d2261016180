"""How well a diagnosis does on the worlds: a table of confusion, and how long it takes.

    python tests/benchmarks/worlds.py [WORLD ...] [--half]

Every world is built on an embedded AWS in this process, read with all profiles and diagnosed. For each cause: in how
many worlds it is, in how many of these it is found or missed, and in how many others it is named. With ``--half`` the
same for what one side alone can read, where nothing has to be found and nothing may be named wrongly. Figures are
reported, never asserted.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from labkit.diagnosis.cause_table import CAUSES  # noqa: E402
from labkit.diagnosis.result import CAN, CANNOT, UNKNOWN, Diagnosis  # noqa: E402
from labkit.embedded.process import client  # noqa: E402
from labkit.embedded.process.here import IN_PROCESS  # noqa: E402
from labkit.lab.choices import Choices  # noqa: E402
from labkit.lab.lab import Lab  # noqa: E402
from labkit.worlds.catalogue import WORLDS, world_named  # noqa: E402
from labkit.worlds.model import World  # noqa: E402
from tests.worlds.examining import Examined  # noqa: E402


class Seen(NamedTuple):
    """One world: what was named of it, the verdict and the right one, and what it took."""

    world: World
    named: frozenset[str]
    verdict: str
    right: str
    calls: int
    collecting: float
    deciding: float


class Row(NamedTuple):
    """One cause: in how many worlds it is, found, missed, and named where it is not."""

    cause: str
    worlds: int
    found: int
    missed: int
    wrong: int


def examined(worlds: Iterable[World]) -> Iterator[Examined]:
    """Each world in a fresh lab, which ends when the next one is asked for."""
    root = Path(tempfile.mkdtemp(prefix="labkit-worlds-"))
    founded = root / "founded"
    client.ensure(founded, run_as=IN_PROCESS)
    client.stop(founded)
    try:
        for world in worlds:
            home = root / world.name
            shutil.copytree(founded, home)
            try:
                yield Examined(Lab.embedded(home, Choices(run_as=IN_PROCESS)), world)
            finally:
                client.stop(home)
                shutil.rmtree(home)
    finally:
        shutil.rmtree(root, ignore_errors=True)


def seen(each: Examined, half: bool) -> Iterator[Seen]:
    """What is seen of a world by all sides, or by each of the two sides alone."""
    begun = time.perf_counter()
    answers = each.answers
    read = time.perf_counter() - begun
    for given in (each.of_side("workload"), each.of_side("registry")) if half else (answers,):
        begun = time.perf_counter()
        found: Diagnosis = each.diagnosis(given)
        spent = time.perf_counter() - begun
        yield Seen(each.world, found.ids, found.verdict, _right(each), len(list(given)), read, spent)


def _right(each: Examined) -> str:
    """What the embedded AWS says; where it cannot be in such a state, that the image is not fetched."""
    if each.world.pasted:
        return CANNOT
    outcome = each.outcome or each.stage.attempt()
    return CAN if outcome.pulled else CANNOT


def table(all_seen: list[Seen]) -> list[Row]:
    """A row for each cause that is in a world or was named."""
    rows = []
    for cause in CAUSES:
        own = [each for each in all_seen if cause in each.world.causes]
        named = [each for each in all_seen if cause in each.named]
        found = sum(cause in each.world.causes for each in named)
        if own or named:
            rows.append(Row(cause, len(own), found, len(own) - found, len(named) - found))
    return rows


def report(all_seen: list[Seen]) -> None:
    """Print the table, the verdicts, and the times."""
    rows = table(all_seen)
    print(f"{'cause':34}{'worlds':>8}{'found':>8}{'missed':>8}{'wrongly':>9}")
    for row in rows:
        print(f"{row.cause:34}{row.worlds:8}{row.found:8}{row.missed:8}{row.wrong:9}")
    sums = [sum(row[place] for row in rows) for place in range(1, 5)]
    print(f"{'all':34}{sums[0]:8}{sums[1]:8}{sums[2]:8}{sums[3]:9}")
    exact = sum(each.named == each.world.causes for each in all_seen)
    print(f"\n{len(all_seen)} diagnoses, {exact} with exactly the right set of causes")
    print("verdicts:", dict(Counter(_judged(each) for each in all_seen)))
    for name in ("calls", "collecting", "deciding"):
        values = sorted(getattr(each, name) for each in all_seen)
        scale, unit = (1, "") if name == "calls" else (1000, " ms")
        print(
            f"{name}: {statistics.median(values) * scale:.0f}{unit} in the median, {values[-1] * scale:.0f}{unit} most"
        )


def _judged(each: Seen) -> str:
    return "right" if each.verdict == each.right else "open" if each.verdict == UNKNOWN else "wrong"


def main() -> None:
    """Read the command line, build and diagnose, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("world", nargs="*", help="by name; all where none is named")
    parser.add_argument("--half", action="store_true", help="what one side alone can read")
    args = parser.parse_args()
    os.environ["LABKIT_ENGINE"] = "embedded"
    chosen = [world_named(name) for name in args.world] or list(WORLDS.values())
    all_seen = []
    for each in examined(chosen):
        all_seen += seen(each, args.half)
        print(f"\r{len(all_seen)}  {each.world.name:50}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    report(all_seen)


if __name__ == "__main__":
    main()
