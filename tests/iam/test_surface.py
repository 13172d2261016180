"""What the engine offers, what it needs, and what importing it loads."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import labkit.iam

FOLDER = Path(labkit.iam.__file__).parent
# The order of the package's docstring: whoever stands further down may import from further up, never the other way.
ORDER = (
    *("arn", "patterns", "parts", "operators", "conditions"),
    *("action_table.rows", "action_table.reading", "action_table.known_keys", "request"),
    *("rules.own_rules", "rules.rcp_services", "rules.carried_keys"),
    *("principals", "statement", "document", "match", "policies"),
    *("words.advice", "words.reasons", "words.nearest", "words.denial", "words.explain", "words.outline"),
    *("decision", "evaluation", "alternatives", "cases"),
)


def test_the_offered_names_are_these():
    assert labkit.iam.__all__ == [
        *(
            "Check",
            "CheckEffect",
            "CheckKind",
            "Counterfactual",
            "Decision",
            "Match",
            "NearestMiss",
            "Part",
            "Policies",
        ),
        *("Policy", "PolicyError", "Principal", "Request", "Statement"),
        *("counterfactual", "counterfactuals", "evaluate", "policy_name", "reason"),
    ]
    assert all(hasattr(labkit.iam, name) for name in labkit.iam.__all__)


def modules() -> dict[str, Path]:
    found = {".".join(path.relative_to(FOLDER).with_suffix("").parts): path for path in FOLDER.rglob("*.py")}
    return {name: path for name, path in found.items() if not name.endswith("__init__")}


def imported(node: ast.AST) -> Iterator[str]:
    """What is imported anywhere below, inside functions too, from the engine; imports for type checking aside."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            continue
        if isinstance(child, ast.ImportFrom) and str(child.module).startswith("labkit.iam"):
            for alias in child.names:
                full = f"{child.module}.{alias.name}".removeprefix("labkit.iam.")
                yield full if full in modules() else str(child.module).removeprefix("labkit.iam.")
        yield from imported(child)


@pytest.mark.parametrize("module", modules())
def test_each_module_imports_only_from_those_that_come_before_it(module):
    before = ORDER[: ORDER.index(module)]
    found = set(imported(ast.parse(modules()[module].read_text("utf-8"))))
    assert found <= set(before)


def test_deciding_knows_nothing_of_words():
    words = [name for name in ORDER if name.startswith("words.")]
    deciding = ORDER[: ORDER.index(words[0])]
    assert {"match", "conditions", "policies"} <= set(deciding)
    for module in (*deciding, "evaluation"):
        assert set(imported(ast.parse(modules()[module].read_text("utf-8")))).isdisjoint(words)


def test_importing_the_engine_loads_none_of_the_slow_modules():
    program = "import sys, labkit.iam; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    slow = {"dataclasses", "inspect", "datetime", "ipaddress", "difflib", "html", "asyncio", "logging"}
    assert slow.isdisjoint(loaded)
