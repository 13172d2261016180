"""The table of floors (``house.toml``): on which a module lives, and what it may import."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from tests.house.source import within


@cache
def house() -> dict[str, Any]:
    """The table."""
    return tomllib.loads(Path(__file__).with_name("house.toml").read_text("utf-8"))


def rows() -> dict[int, list[str]]:
    """The packages of each row by its number, from the ground up."""
    return {row["number"]: row["packages"] for row in house()["row"]}


def package_of(module: str) -> str:
    """The package (or module at the top) that a module belongs to."""
    return module.partition(".")[0]


def row_of(module: str) -> int:
    """The number of a module's row. Raises StopIteration where the table does not know its package."""
    return next(number for number, packages in rows().items() if package_of(module) in packages)


def may_import(importer: str, imported: str) -> bool:
    """Whether a module may import another one: below it, or on its own floor."""
    if package_of(importer) == package_of(imported):
        return within(imported, importer) or _level(imported) <= _level(importer)  # a package is the front of its own
    if row_of(importer) == row_of(imported):
        return True
    allowed = next(row["may_import"] for row in house()["row"] if row["number"] == row_of(importer))
    return any(_names(entry, imported) for entry in allowed)


def _names(entry: str, module: str) -> bool:
    first, _, last = entry.partition("-")
    if not first.isdigit():
        return within(module, entry)
    return int(first) <= row_of(module) <= int(last or first)


def _level(module: str) -> int:
    """How high a module lives within its package."""
    floors = house()["within"].get(package_of(module), [])
    fitting = [(len(floor), level) for level, floor in enumerate(floors, 1) if within(module, floor)]
    return max(fitting, default=(0, 0))[1]
