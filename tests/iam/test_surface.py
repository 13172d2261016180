"""What the engine offers, what it needs, and what importing it loads."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import labkit.iam

FOLDER = Path(labkit.iam.__file__).parent
EXPLAINING = {"reasons", "nearest", "explain", "counterfactual", "outline", "html"}


def test_the_offered_names_are_these():
    assert labkit.iam.__all__ == [
        *(
            "Check",
            "CheckEffect",
            "CheckKind",
            "Decision",
            "Match",
            "Miss",
            "Part",
            "Policies",
            "Policy",
            "PolicyError",
        ),
        *("Principal", "Request", "Statement", "evaluate", "policy_name", "reason"),
    ]
    assert all(hasattr(labkit.iam, name) for name in labkit.iam.__all__)


def test_deciding_imports_nothing_of_explaining():
    for path in FOLDER.glob("*.py"):
        if path.stem in EXPLAINING | {"__init__"}:
            continue
        at_the_top = [node for node in ast.parse(path.read_text("utf-8")).body if isinstance(node, ast.ImportFrom)]
        imported = {str(node.module).removeprefix("labkit.iam.") for node in at_the_top}
        assert imported.isdisjoint(EXPLAINING), path.name


def test_importing_the_engine_loads_none_of_the_slow_modules():
    program = "import sys, labkit.iam; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    slow = {"dataclasses", "inspect", "datetime", "ipaddress", "difflib", "html", "asyncio", "logging"}
    assert slow.isdisjoint(loaded)
