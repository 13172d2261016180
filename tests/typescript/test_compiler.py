"""The compiler that generated code is held against takes what is right and finds what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.typescript.compiler import complaints, installed, reason_against

pytestmark = pytest.mark.slow
PROGRAM = """
import { Stack, aws_ecr as ecr, aws_iam as iam } from "aws-cdk-lib";
export function allow(stack: Stack): void {
  new ecr.Repository(stack, "R").addToResourcePolicy(new iam.PolicyStatement({ actions: ["ecr:BatchGetImage"] }));
}
"""


@pytest.fixture(scope="module")
def folder(require, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the compiler is, with the CDK's types."""
    why = reason_against()
    require("typescript", not why, why)
    return installed(tmp_path_factory.mktemp("typescript"))


def test_a_program_of_the_cdk_is_taken(folder):
    assert complaints(folder, PROGRAM) == []


def test_a_method_that_is_not_there_is_found(folder):
    [complaint] = complaints(folder, PROGRAM.replace("addToResourcePolicy", "addToPolicy"))
    assert "Property 'addToPolicy' does not exist on type 'Repository'" in complaint
