"""The lock files: that they agree with each other and with what is asked for in ``pyproject.toml``."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import distribution
from pathlib import Path

import pytest

from labkit.cli.installation.requirements import names, wanted
from labkit.ground import project

GROUPS = {project.LAB: "lab", project.CHECKS: "checks", project.SLOW_CHECKS: "slow-checks"}
PYPROJECT = tomllib.loads(Path(project.ROOT, "pyproject.toml").read_text("utf-8"))


def pins(lock: str) -> dict[tuple[str, str], str]:
    """Name and marker to version."""
    split = [re.fullmatch(r"([a-z0-9-]+)==(\S+?)(?: ; (.+))?", line) for line in wanted(lock)]
    return {(found[1], found[3] or ""): found[2] for found in split if found}


@pytest.mark.parametrize("lock", GROUPS)
def test_every_line_of_a_lock_names_a_package_and_its_version(lock):
    assert len(pins(lock)) == len(wanted(lock))


@pytest.mark.parametrize("lock", GROUPS)
def test_a_lock_has_what_is_asked_for(lock):
    asked = dict(each.split("==") for each in PYPROJECT["dependency-groups"][GROUPS[lock]])
    assert asked.items() <= {(name, version) for (name, _), version in pins(lock).items()}


@pytest.mark.parametrize(("one", "other"), [("lab", "checks"), ("lab", "slow-checks"), ("checks", "slow-checks")])
def test_two_locks_that_name_a_package_name_the_same_version_of_it(one, other):
    first, second = ({name: version for (name, _), version in pins(lock).items()} for lock in (one, other))
    several = {"contourpy", "networkx", "numpy", "soupsieve"}  # another version for an older Python
    assert {name: first[name] for name in (first.keys() & second.keys()) - several}.items() <= second.items()


def test_the_lab_brings_nothing_that_only_the_project_s_own_checks_need():
    only_checks = {"playwright", "axe-playwright-python", "mypy", "ruff", "hypothesis", "pytest-xdist", "oras"}
    assert only_checks & {name for name, _ in pins(project.LAB)} == set()
    assert "aws-cdk-lib" not in {name for name, _ in pins(project.CHECKS)}


def test_what_calls_aws_gets_boto3_with_all_that_it_stands_on():
    live = {name for name, _ in pins(project.LIVE)}
    assert "boto3" in live
    for name in live:
        needed = [
            re.match(r"[\w.-]+", each)[0].lower() for each in distribution(name).requires or () if "extra" not in each
        ]
        assert set(needed) <= live


def test_of_many_packages_the_first_are_named():
    assert names(["a==1", "b==1 ; os_name == 'nt'"]) == "a, b"
    assert names([f"{letter}==1" for letter in "abcdefa"]) == "a, b, c, d and 2 more"
