"""The source text of labkit as the tests of the house read it: modules, what they import, how long they are."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_NAMED = re.compile(r"labkit(?:\.\w+)+")


def modules() -> dict[str, Path]:
    """Every module of labkit by its name without the ``labkit.``; a package is named like its folder."""
    return {name_of(path): path for path in sorted((ROOT / "labkit").rglob("*.py"))}


def name_of(path: Path) -> str:
    """The name of a module, such as ``iam.words.reasons``; ``__init__`` for labkit itself."""
    parts = path.relative_to(ROOT / "labkit").with_suffix("").parts
    if len(parts) > 1 and parts[-1] == "__init__":
        parts = parts[:-1]
    return ".".join(parts)


@cache
def tree_of(path: Path) -> ast.Module:
    """The parsed text of a file."""
    return ast.parse(path.read_text("utf-8"))


def length_of(path: Path) -> int:
    """The lines of a file."""
    return len(path.read_text("utf-8").splitlines())


def functions_of(path: Path) -> dict[str, int]:
    """The functions of a file, methods and inner ones too, with their lines."""
    nodes = [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return {f"{node.name}:{node.lineno}": (node.end_lineno or node.lineno) - node.lineno + 1 for node in nodes}


def imports_of(path: Path) -> set[str]:
    """Every module that a file imports, at its top or inside functions, but for type checking only."""
    return set(_imports(path))


def imports_inside(path: Path, by_name: bool = True) -> set[str]:
    """The modules of labkit that a file imports, by statement and ``by_name``, without the ``labkit.``."""
    found = {name for name in imports_of(path) if within(name, "labkit")} | (_named_in(path) if by_name else set())
    return {"__init__" if name == "labkit" else name.removeprefix("labkit.") for name in found}


def within(module: str, *packages: str) -> bool:
    """Whether a module is one of the packages or lies in one."""
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def _imports(path: Path) -> Iterator[str]:
    for node in _runtime_nodes(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if _exists(full) else str(node.module)


def _named_in(path: Path) -> set[str]:
    """Modules of labkit that stand in the file as a text of their own, as tables for ``import_module`` have them."""
    texts = {
        node.value.partition(":")[0]
        for node in _runtime_nodes(tree_of(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return {text for text in texts if _NAMED.fullmatch(text) and _exists(text)}


def _exists(module: str) -> bool:
    place = ROOT.joinpath(*module.split("."))
    return place.with_suffix(".py").exists() or (place / "__init__.py").exists()


def _runtime_nodes(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            continue
        yield child
        yield from _runtime_nodes(child)
