"""Generated code is read by real parsers: python-hcl2, cfn-lint, the CDK's synthesizer, TypeScript's compiler."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from labkit.diagnosis.formats import FORMATS, written
from labkit.diagnosis.formats.literals import HCL, PYTHON
from labkit.diagnosis.formats.resources import resource
from labkit.diagnosis.result import Change
from tests.diagnosis.formats.changed import AWKWARD, DOCUMENTS, EVERYTHING
from tests.typescript.compiler import complaints, installed, reason_against


def test_every_format_writes_every_change():
    for name in FORMATS:
        for change in EVERYTHING.values():
            assert written([change], name, "eu-central-1").strip()


def test_the_names_of_the_formats_are_those_of_the_command_line():
    from labkit.cli.commands.diagnosis.output import FORMATS as NAMES

    assert tuple(FORMATS) == NAMES


def test_python_literals_are_read_as_the_same_data():
    assert eval(PYTHON.written({"a": AWKWARD, "b": [True, None, 1, []]})) == {"a": AWKWARD, "b": [True, None, 1, []]}


@pytest.mark.parametrize("change", EVERYTHING.values(), ids=EVERYTHING)
def test_terraform_is_hcl(change: Change):
    hcl2 = pytest.importorskip("hcl2", reason="needs python-hcl2 of tests/requirements.txt")
    found = hcl2.loads(written([change], "terraform", "eu-central-1"))
    assert ("resource" in found) is (resource(change) is not None)


def test_hcl_doubles_what_would_be_a_template_and_nothing_else():
    assert HCL.written("${aws:username} %{if} $${ 100% $5") == '"$${aws:username} %%{if} $$${ 100% $5"'


def test_hcl_literals_are_read_as_the_same_data():
    hcl2 = pytest.importorskip("hcl2", reason="needs python-hcl2 of tests/requirements.txt")
    data = {key: value for key, value in AWKWARD.items() if key == "Version"} | {"list": ["a", {"b:c": "d"}]}
    read = json.loads(json.dumps(hcl2.loads(f"x = {HCL.written(data)}\n")["x"]).replace('\\"', ""))
    assert read == data


@pytest.mark.parametrize("change", EVERYTHING.values(), ids=EVERYTHING)
def test_cloudformation_is_taken_by_cfn_lint(change: Change):
    api = pytest.importorskip("cfnlint.api", reason="needs cfn-lint of tests/requirements.txt")
    template = written([change], "cloudformation", "eu-central-1")
    if resource(change) is None:
        assert all(line.startswith("#") for line in template.splitlines() if line)
        return
    found = api.lint_all(template)
    assert [str(each) for each in found if each.rule.severity == "error"] == []


@pytest.mark.parametrize("change", DOCUMENTS.values(), ids=DOCUMENTS)
def test_cloudformation_says_the_very_document(change: Change):
    yaml = pytest.importorskip("yaml", reason="needs PyYAML, which cfn-lint brings")
    (found,) = yaml.safe_load(written([change], "cloudformation"))["Resources"].values()
    assert json.loads(change.after) in found["Properties"].values()


def test_changes_of_two_accounts_are_two_templates_and_two_stacks():
    both = [DOCUMENTS["repository policy"], DOCUMENTS["inline policy of a role"]]
    assert written(both, "cloudformation").count("AWSTemplateFormatVersion") == 2
    assert len(re.findall("^class ", written(both, "cdk-python"), re.MULTILINE)) == 2
    assert len(re.findall("^export class ", written(both, "cdk-typescript"), re.MULTILINE)) == 2


@pytest.mark.slow
@pytest.mark.parametrize("change", DOCUMENTS.values(), ids=DOCUMENTS)
def test_the_cdk_synthesizes_the_very_document_from_python(require: Any, tmp_path: Path, change: Change):
    why = reason_against()
    require("cdk", not why, why)
    from aws_cdk import App

    names: dict[str, Any] = {}
    exec(compile(written([change], "cdk-python"), "generated", "exec"), names)
    (stack,) = (each for name, each in names.items() if name.startswith("LambdaPull"))
    app = App(outdir=str(tmp_path))
    stack(app, "S")
    (found,) = (
        each for each in app.synth().get_stack_by_name("S").template["Resources"].values() if "CDK" not in each["Type"]
    )
    expected = resource(change)
    assert expected is not None
    assert found["Type"] == expected.type
    assert found["Properties"] == expected.properties


@pytest.fixture(scope="module")
def typescript(require: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the compiler is, with the CDK's types."""
    why = reason_against()
    require("typescript", not why, why)
    return installed(tmp_path_factory.mktemp("typescript"))


@pytest.mark.slow
def test_typescript_takes_all_changes_in_one_program(typescript: Path):
    assert complaints(typescript, written(list(EVERYTHING.values()), "cdk-typescript", "eu-central-1")) == []
