"""What labkit gives to notebooks and programs: the names are pinned, so that none comes or goes unnoticed."""

from __future__ import annotations

import subprocess
import sys

import pytest

import labkit
from tests.house.source import ROOT, modules

PINNED = """
    Denied Document IMAGE_FOLDER Lab LabError OUTSIDER Table __version__ access_matrix accounts can_pull choose
    clean_up current decision_view diagnose exercises explain growth lab_form landscape made named organization_map
    patience plots policies policy_editor prepare put_accounts_back repositories reset roles scenario_steps
    scenarios scps sessions what_if
"""
NAMES = PINNED.split()


def test_the_exported_names_are_these():
    assert sorted(labkit.EXPORTS) == sorted(labkit.__all__) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_an_exported_name_can_be_taken(name):
    assert getattr(labkit, name) is not None
    assert name in dir(labkit)


def test_a_name_that_is_not_exported_is_refused_as_python_does():
    with pytest.raises(AttributeError, match="module 'labkit' has no attribute 'nothing'"):
        labkit.nothing  # noqa: B018


def test_an_exported_name_is_never_that_of_a_different_module_of_labkit():
    """Python would hand out whichever of the two came first."""
    at_the_top = {name for name in modules() if "." not in name}
    other = {name: place for name, place in labkit.EXPORTS.items() if name in at_the_top and place != f"labkit.{name}"}
    assert other == {}


def test_taking_a_name_loads_what_it_needs_and_neither_boto3_nor_ipython():
    program = "from labkit import policies, LabError\nimport sys\nprint(*sorted(sys.modules))"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert {"boto3", "botocore", "IPython", "labkit.show"}.isdisjoint(answer.stdout.split())
