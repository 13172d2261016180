"""Every public name says what it is; README's table of floors says what the packages say of themselves."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.house.readme import table, table_in_readme
from tests.house.source import modules, tree_of

MODULES = modules()


@pytest.mark.parametrize("module", MODULES)
def test_every_public_name_has_a_docstring(module):
    tree = tree_of(MODULES[module])
    assert [name for name, node in public_names(tree) if not ast.get_docstring(node)] == []


def public_names(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    yield "the module", tree
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            yield node.name, node
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            for member in node.body:
                if isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef) and not member.name.startswith("_"):
                    yield f"{node.name}.{member.name}", member


FOLDERS = [module for module, path in MODULES.items() if path.name == "__init__.py" and module != "__init__"]
_ROW = re.compile(r"^(?: {4})?(?P<names>\w+(?:, \w+)*) {2,}\S", re.MULTILINE)


@pytest.mark.parametrize("package", FOLDERS)
def test_the_table_in_a_packages_docstring_names_what_is_there(package):
    docstring = ast.get_docstring(tree_of(MODULES[package]), clean=True) or ""
    here = {path.stem for path in MODULES[package].parent.iterdir()}
    named = {name for row in _ROW.finditer(docstring) for name in row["names"].split(", ")}
    assert named <= here


def test_the_readme_shows_the_floors_as_they_are():
    assert table_in_readme() == table(), "run: python tests/house/readme.py"
