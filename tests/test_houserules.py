"""The rules of the house, checked on the source text: sizes, floors, docstrings, what an import costs."""

from __future__ import annotations

import ast
import statistics
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MODULES = sorted((ROOT / "labkit").rglob("*.py"))

# The floor of a module is that of its longest prefix here. Nothing imports from a higher floor than its own.
FLOORS = {
    "labkit": 5,
    "labkit.errors": 0,
    "labkit.environment": 0,
    "labkit.iam": 1,
    "labkit.organization": 2,
    "labkit.pull": 2,
    "labkit.policies": 2,
    "labkit.regions": 2,
    "labkit.access": 2,
    "labkit.growth": 2,
    "labkit.landscape": 2,
    "labkit.check": 2,
    "labkit.image": 2,
    "labkit.embedded": 3,
    "labkit.aws": 3,
    "labkit.calm": 4,
    "labkit.choices": 3,
    "labkit.choosing": 4,
    "labkit.lab": 4,
    "labkit.scenarios": 4,
    "labkit.show": 5,
}
# The entry runs before anything is installed: it uses nothing of the lab but the errors, and ends in the command line.
ENTRY = ("labkit.__main__", "labkit.bootstrap", "labkit.installation")
ENTRY_MAY_IMPORT = (*ENTRY, "labkit", "labkit.errors", "labkit.cli")
FUNCTION_PROCESS = "labkit.image.lambda_runtime"  # runs inside a function's process, beside AWS's runtime client
PURE = (
    "labkit.errors",
    "labkit.iam",
    "labkit.organization",
    "labkit.pull",
    "labkit.policies",
    "labkit.growth",
    "labkit.landscape",
    "labkit.check",
    "labkit.image",
)
ROOT_MODULE = "labkit"  # holds the version, so anybody may import it


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def floor_of(module: str) -> int:
    return FLOORS[max((prefix for prefix in FLOORS if within(module, prefix)), key=len)]


def within(module: str, *packages: str) -> bool:
    return any(module == package or module.startswith(package + ".") for package in packages)


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def imports_of(path: Path) -> Iterator[str]:
    """Every module that is imported anywhere in the file, other than for type checking only."""
    for node in runtime_nodes(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if exists(full) else str(node.module)


def exists(module: str) -> bool:
    place = ROOT.joinpath(*module.split("."))
    return place.with_suffix(".py").exists() or (place / "__init__.py").exists()


def runtime_nodes(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            continue
        yield child
        yield from runtime_nodes(child)


def functions_of(tree: ast.Module) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def length_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def every_module(test):
    return pytest.mark.parametrize("path", MODULES, ids=name_of)(test)


@every_module
def test_no_module_is_longer_than_400_lines(path):
    assert len(path.read_text("utf-8").splitlines()) <= 400


@every_module
def test_no_function_is_longer_than_60_lines(path):
    assert {node.name: length_of(node) for node in functions_of(tree_of(path)) if length_of(node) > 60} == {}


def test_modules_are_at_most_150_lines_in_the_median():
    lengths = [len(path.read_text("utf-8").splitlines()) for path in MODULES if path.name != "__init__.py"]
    assert statistics.median(lengths) <= 150


def test_functions_are_at_most_10_lines_in_the_median():
    lengths = [length_of(node) for path in MODULES for node in functions_of(tree_of(path))]
    assert statistics.median(lengths) <= 10


@every_module
def test_floors_import_only_downward(path):
    module = name_of(path)
    if within(module, *ENTRY):
        upward = [name for name in imports_of(path) if within(name, "labkit") and not within_entry(name)]
    else:
        upward = [
            name
            for name in imports_of(path)
            if within(name, "labkit") and name != ROOT_MODULE and floor_of(name) > floor_of(module)
        ]
    assert upward == []


def within_entry(name: str) -> bool:
    return name in ENTRY_MAY_IMPORT or within(name, "labkit.installation")


@every_module
def test_the_entry_and_the_pure_floors_need_nothing_but_the_standard_library(path):
    if not within(name_of(path), *ENTRY, *PURE) or within(name_of(path), FUNCTION_PROCESS):
        return
    foreign = {name.partition(".")[0] for name in imports_of(path)} - sys.stdlib_module_names
    assert foreign <= {"labkit"}


def test_moto_is_imported_by_exactly_one_module():
    importers = [name_of(path) for path in MODULES if any(within(name, "moto") for name in imports_of(path))]
    assert importers == ["labkit.embedded.backend"]


@every_module
def test_every_public_name_has_a_docstring(path):
    assert [name for name, node in public_names(tree_of(path)) if not ast.get_docstring(node)] == []


def public_names(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    yield "the module", tree
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            yield node.name, node
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            for member in node.body:
                if isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef) and not member.name.startswith("_"):
                    yield f"{node.name}.{member.name}", member


def imported_with(statement: str) -> set[str]:
    """The top-level packages that are loaded after ``statement`` ran in a fresh Python."""
    program = f"{statement}\nimport sys\nprint(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(answer.stdout.split())


def test_importing_labkit_and_its_command_line_loads_nothing_that_is_installed():
    commands = "import importlib; from labkit.cli import COMMANDS\nfor c in COMMANDS: importlib.import_module(c.module)"
    before = imported_with("pass")  # what .pth files of the environment load anyway
    assert imported_with(f"import labkit\n{commands}") - before - sys.stdlib_module_names == {"labkit"}


@pytest.mark.parametrize("package", ["iam", "organization", "pull", "policies", "check"])
def test_importing_a_pure_floor_loads_neither_moto_nor_boto3(package):
    assert imported_with(f"import labkit.{package}").isdisjoint({"moto", "boto3", "botocore", "cheroot", "rich"})
