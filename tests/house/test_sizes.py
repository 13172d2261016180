"""Rooms that one can look over: how many files a folder has, how long modules and functions are."""

from __future__ import annotations

import statistics
from pathlib import Path

import pytest

from tests.house.floors import house
from tests.house.source import ROOT, functions_of, length_of, modules

MODULES = modules()
SIZES = house()["sizes"]
FOLDERS = sorted({path.parent for top in ("labkit", "tests") for path in (ROOT / top).rglob("*.py")})


def files_of(folder: Path) -> list[str]:
    return sorted(path.stem for path in folder.glob("*.py") if path.name != "__init__.py")


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.relative_to(ROOT)))
def test_a_folder_has_at_most_16_files(folder):
    assert len(files_of(folder)) <= SIZES["files_in_a_folder"]


def test_at_most_five_modules_stand_at_the_top():
    assert len(list((ROOT / "labkit").glob("*.py"))) <= SIZES["modules_at_the_top"]


def test_packages_of_one_or_two_files_are_named_in_the_table():
    small = [
        module
        for module, path in MODULES.items()
        if path.name == "__init__.py"
        and module != "__init__"
        and len(files_of(path.parent)) <= 2
        and not any(each.is_dir() and (each / "__init__.py").exists() for each in path.parent.iterdir())
    ]
    assert sorted(small) == sorted(SIZES["small_packages"])


@pytest.mark.parametrize("module", MODULES)
def test_no_module_is_longer_than_400_lines(module):
    assert length_of(MODULES[module]) <= SIZES["lines_of_a_module"]


def test_modules_under_30_lines_are_tables_on_their_own():
    short = [
        module
        for module, path in MODULES.items()
        if path.name != "__init__.py" and length_of(path) < SIZES["shortest_module"]
    ]
    assert sorted(short) == sorted(SIZES["tables"])


@pytest.mark.parametrize("module", MODULES)
def test_no_function_is_longer_than_60_lines(module):
    functions = functions_of(MODULES[module])
    assert {name: lines for name, lines in functions.items() if lines > SIZES["lines_of_a_function"]} == {}


def test_modules_are_at_most_150_lines_in_the_median():
    assert statistics.median(length_of(path) for path in MODULES.values() if path.name != "__init__.py") <= 150


def test_functions_are_at_most_10_lines_in_the_median():
    assert statistics.median(lines for path in MODULES.values() for lines in functions_of(path).values()) <= 10
