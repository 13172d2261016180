"""Every public name says what it is; README's table of floors says what the packages say of themselves."""

from __future__ import annotations

import ast
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


def test_the_readme_shows_the_floors_as_they_are():
    assert table_in_readme() == table(), "run: python tests/house/readme.py"
