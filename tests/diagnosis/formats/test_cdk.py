"""The CDK's stacks are synthesized in Python, and compiled in TypeScript: one run each for all changes together."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from shutil import which
from typing import Any

import pytest

from labkit.diagnosis.formats.quoting import TYPESCRIPT, literal
from labkit.diagnosis.formats.snippets import snippet
from tests.diagnosis.formats.made import DOCUMENTS, EVERYTHING, REGION
from tests.diagnosis.formats.test_cloudformation import PLACES
from tests.typescript.compiler import complaints, installed, reason_against

pytestmark = pytest.mark.slow
SYNTHESIZE = """
import sys
from aws_cdk import App, Stack
import generated
app = App(outdir=sys.argv[1])
for name, each in vars(generated).items():
    if isinstance(each, type) and issubclass(each, Stack) and each is not Stack:
        each(app, name)
app.synth()
"""


@pytest.fixture(scope="module")
def everything(require: Any) -> tuple[Any, ...]:
    """All changes, where the CDK is there to take them."""
    why = reason_against()
    require("typescript", not why, why)
    return tuple(EVERYTHING.values())


@pytest.fixture(scope="module")
def templates(everything: tuple[Any, ...], tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The templates that the CDK makes of the Python program with all changes."""
    folder = tmp_path_factory.mktemp("cdk")
    (folder / "generated.py").write_text(snippet(everything, "cdk-python", REGION), "utf-8")
    (folder / "app.py").write_text(SYNTHESIZE)
    done = subprocess.run(
        [sys.executable, "app.py", "out"], cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(path.read_text("utf-8")) for path in Path(folder / "out").glob("*.template.json")]


def test_there_is_a_stack_for_each_account(templates):
    assert len(templates) == len({each.account for each in EVERYTHING.values()})


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_cdk_makes_the_very_policy(templates, name):
    kind, place = PLACES[name]
    found = [each for template in templates for each in template["Resources"].values() if each["Type"] == kind]
    assert json.loads(DOCUMENTS[name].after) in [each["Properties"].get(place) for each in found]


def test_typescript_takes_all_changes_in_one_program(everything, tmp_path_factory):
    folder = installed(tmp_path_factory.mktemp("typescript"))
    assert complaints(folder, snippet(everything, "cdk-typescript", REGION)) == []


def test_typescript_says_the_very_policies(require):
    node = which("node")
    require("typescript", node, "needs node, which is not installed")
    policies = [json.loads(each.after) for each in DOCUMENTS.values()]
    program = f"console.log(JSON.stringify({literal(policies, TYPESCRIPT)}))"
    done = subprocess.run([node, "-"], input=program, capture_output=True, text=True, encoding="utf-8", check=True)
    assert json.loads(done.stdout) == policies
