"""Imports go down: from a package to the rows below it, and never in a circle."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.house.floors import house, may_import, package_of, row_of, rows
from tests.house.source import ROOT, imports_inside, imports_of, modules, within

MODULES = modules()
# Whoever opens the roof or types a command asks for a module by name, and only then is it imported; these names do not
# count, the imports of the two do.
TABLES_OF_NAMES = {"exports", "cli.main"}
# These run beside AWS's runtime client in a function's process, where its packages are.
IN_A_FUNCTIONS_PROCESS = "image.run.lambda_runtime"


def imports_of_module(module):
    return imports_inside(MODULES[module], by_name=module not in TABLES_OF_NAMES)


def every_module(test):
    return pytest.mark.parametrize("module", MODULES)(test)


def test_every_package_stands_in_the_table_of_floors():
    packages = {package for row in rows().values() for package in row}
    assert {package_of(module) for module in MODULES} == packages


@every_module
def test_floors_import_only_downward(module):
    upward = {name for name in imports_of_module(module) if not may_import(module, name)}
    assert upward == set()


@every_module
def test_nothing_imports_the_roof_or_the_door(module):
    if row_of(module) == max(rows()):
        return
    assert not imports_inside(MODULES[module]) & {"__init__", "__main__", "bootstrap", "exports"}


def test_no_module_imports_itself_by_way_of_others():
    arrows = {module: imports_of_module(module) & MODULES.keys() - {module} for module in MODULES}
    assert circles(arrows) == []


def circles(arrows: dict[str, set[str]]) -> list[list[str]]:
    """What is left when everything that imports nothing of the rest is taken away, again and again, from both ends."""
    left = {module: set(names) for module, names in arrows.items()}
    while True:
        imported = set().union(*left.values()) if left else set()
        free = {module for module, names in left.items() if not names & left.keys() or module not in imported}
        if not free:
            return sorted([module, *sorted(names & left.keys())] for module, names in left.items())
        left = {module: names - free for module, names in left.items() if module not in free}


def test_a_circle_is_found():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}}) == [["b", "c"], ["c", "b"]]
    assert circles({"a": {"b"}, "b": {"c"}, "c": set()}) == []


def test_the_server_does_not_import_its_client():
    served = [module for module in MODULES if within(module, "embedded") and not within(module, "embedded.process")]
    importers = [
        module for module in served if any(within(name, "embedded.process") for name in imports_inside(MODULES[module]))
    ]
    assert importers == []


@every_module
def test_what_is_pure_needs_nothing_but_the_standard_library(module):
    pure = [package for row in house()["row"] for package in row.get("standard_library_alone", [])]
    entry = ("bootstrap", "__main__", "cli.installation")
    if not within(module, *pure, *entry) or within(module, IN_A_FUNCTIONS_PROCESS):
        return
    foreign = {name.partition(".")[0] for name in imports_of(MODULES[module])} - sys.stdlib_module_names
    assert foreign <= {"labkit"}


def loaded_after(statement: str) -> set[str]:
    """The modules that are loaded after ``statement`` ran in a fresh Python."""
    program = f"{statement}\nimport sys\nprint(*sorted(sys.modules))"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(answer.stdout.split())


def foreign(loaded: set[str]) -> set[str]:
    """The packages among these modules that are neither labkit nor of the standard library."""
    return {name.partition(".")[0] for name in loaded} - sys.stdlib_module_names - {"labkit"}


def test_importing_labkit_and_its_command_line_loads_nothing_that_is_installed():
    commands = (
        "import importlib; from labkit.cli.main import COMMANDS\nfor c in COMMANDS: importlib.import_module(c.module)"
    )
    before = foreign(loaded_after("pass"))  # what .pth files of the environment load anyway
    assert foreign(loaded_after(f"import labkit\n{commands}")) == before


def test_importing_labkit_loads_the_table_of_its_names_and_nothing_else_of_it():
    loaded = {name for name in loaded_after("import labkit") if within(name, "labkit")}
    assert loaded == {"labkit", "labkit.exports"}


@pytest.mark.parametrize("package", ["iam", "pull.question", "pull.organization", "pull.policies", "check", "growth"])
def test_importing_a_pure_floor_loads_nothing_that_is_installed(package):
    before = foreign(loaded_after("pass"))
    assert foreign(loaded_after(f"import labkit.{package}")) == before
