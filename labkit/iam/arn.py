"""Amazon Resource Names: taking them apart, and matching them field by field.

Source: IAM User Guide, "IAM identifiers" and "IAM JSON policy elements: Condition operators", ARN operators: each of
the six colon-delimited components is checked separately and each can hold ``*`` and ``?``.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

FIELDS = ("prefix", "partition", "service", "region", "account", "resource")
"""The names of the six fields, in their order."""


class Arn(NamedTuple):
    """The six fields of an ARN; ``resource`` may itself hold colons and slashes."""

    prefix: str
    partition: str
    service: str
    region: str
    account: str
    resource: str


@lru_cache(maxsize=4096)
def split(text: str) -> Arn | None:
    """The ARN's fields, or None when the text has fewer than six or does not start with ``arn:``."""
    fields = text.split(":", 5)
    return Arn(*fields) if len(fields) == 6 and fields[0] == "arn" else None


def account_of(text: str) -> str | None:
    """The account field of an ARN, or None when there is none."""
    arn = split(text)
    return (arn.account or None) if arn else None
