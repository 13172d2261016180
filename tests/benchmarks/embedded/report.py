"""One line a figure."""

from __future__ import annotations

import os
import statistics
from collections.abc import Mapping, Sequence


def heading(text: str) -> None:
    """A line that begins a figure, with how busy the machine is."""
    print(f"\n== {text}   (load average {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors)", flush=True)


def line(what: str, text: str) -> None:
    """One figure."""
    print(f"{what:44} {text}", flush=True)


def times(what: str, taken: Mapping[str, Sequence[float]]) -> None:
    """Medians in milliseconds; the first is ours, and the ratios are ours to each of the others."""
    medians = {name: statistics.median(seconds) for name, seconds in taken.items()}
    ours = next(iter(medians.values()))
    parts = [f"{name} {median * 1000:8.2f} ms" for name, median in medians.items()]
    ratios = [f"to {name} {ours / median:.2f}" for name, median in list(medians.items())[1:]]
    line(what, "   ".join([*parts, *(["ratio " + ", ".join(ratios)] if ratios else [])]))
