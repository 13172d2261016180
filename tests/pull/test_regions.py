"""The table of regions, and what is said of a name that is none."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest

from labkit.errors import UsageError
from labkit.pull.regions import REGIONS, check_region


def test_the_table_is_botocores():
    text = files("botocore").joinpath("data", "partitions.json").read_text("utf-8")
    standard = next(part for part in json.loads(text)["partitions"] if part["id"] == "aws")
    assert set(standard["regions"]) - {"aws-global"} == REGIONS


def test_a_region_is_taken():
    assert check_region("eu-central-1") == "eu-central-1"


@pytest.mark.parametrize("text", ["eu-central-9", "aws-global", "cn-north-1", "EU-CENTRAL-1", ""])
def test_what_is_no_region_is_refused(text):
    with pytest.raises(UsageError, match="is not a region of AWS"):
        check_region(text)
