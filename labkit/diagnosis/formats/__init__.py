"""A fix, or a policy, in the language in which somebody keeps their infrastructure.

    shell       commands of the aws CLI          terraform   HCL for the AWS provider
    resources   a change as a resource           stacks      CloudFormation, and the CDK in two languages
    literals    data as literals of a language

``FORMATS`` is the table of the names that ``--as`` takes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from labkit.diagnosis.formats.shell import command
from labkit.diagnosis.formats.stacks import cdk_python, cdk_typescript, cloudformation
from labkit.diagnosis.formats.terraform import terraform

if TYPE_CHECKING:  # a diagnosis puts itself into words with this, and stands above it
    from labkit.diagnosis.result import Change

__all__ = ["FORMATS", "written"]


def _json(changes: Sequence[Change], region: str) -> str:
    return json.dumps([change.to_dict() for change in changes], indent=2, ensure_ascii=False) + "\n"


def _commands(changes: Sequence[Change], region: str) -> str:
    return "\n\n".join(command(change, region) for change in changes) + "\n"


FORMATS: dict[str, Callable[[Sequence[Change], str], str]] = {
    "json": _json,
    "cli": _commands,
    "terraform": terraform,
    "cloudformation": cloudformation,
    "cdk-python": cdk_python,
    "cdk-typescript": cdk_typescript,
}
"""From the name of a format to what writes changes in it, for a region (empty where it is not known)."""


def written(changes: Sequence[Change], name: str, region: str = "") -> str:
    """The changes in one of the formats."""
    return FORMATS[name](changes, region)
