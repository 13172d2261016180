"""The regions of AWS's standard partition, as botocore's data file lists them; botocore itself is not imported."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

from labkit.errors import UsageError


@cache
def regions() -> frozenset[str]:
    """The names of all regions of the partition ``aws``."""
    text = files("botocore").joinpath("data", "partitions.json").read_text("utf-8")
    standard = next(part for part in json.loads(text)["partitions"] if part["id"] == "aws")
    return frozenset(standard["regions"]) - {"aws-global"}


def check_region(text: str) -> str:
    """Returns the name of a region; raises UsageError for anything else."""
    if text not in regions():
        raise UsageError(f"{text!r} is not a region of AWS. Write one such as eu-central-1.")
    return text
