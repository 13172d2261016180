"""AWS's own managed policies: 1,582 documents in a file beside this module, of which each is read alone.

``aws_policies.bin`` is made by ``.ci/make_aws_policies.py``; its first line says from what and when. All documents are
12 MB as AWS shows them; here one look-up reads some hundred bytes:

    one line of JSON        source, licence, day; how many policies; lengths of the two parts that follow
    index, compressed       a line for each policy: name, path, created, updated, default version, length of document
    words, compressed       the dictionary of all documents: what they have in common
    documents               one after the other, each compressed by itself with that dictionary

The source has only the version that is the default, and no ids: those here are made from the ARN, of AWS's form and
always the same.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from base64 import b32encode
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from pathlib import Path
from sys import intern
from typing import NamedTuple

FILE = Path(__file__).with_name("aws_policies.bin")
PREFIX = "arn:aws:iam::aws:policy"
"""How the ARN of each of AWS's policies begins; its path follows."""
_KEPT = 64  # documents of those that are asked for again and again, such as AdministratorAccess


class AwsPolicy(NamedTuple):
    """One of AWS's policies: dates as ISO texts in UTC, ``version`` the id of the default version, such as ``v3``."""

    name: str
    path: str
    created: str
    updated: str
    version: str
    offset: int
    length: int

    @property
    def arn(self) -> str:
        """Its ARN, the same in every account."""
        return f"{PREFIX}{self.path}{self.name}"

    @property
    def id(self) -> str:
        """An id of AWS's form (``ANPA`` and 17 letters or digits), made from the ARN."""
        return "ANPA" + b32encode(hashlib.sha256(self.arn.encode()).digest()).decode()[:17]


class _Index(NamedTuple):
    """The file's tables: the policies by ARN, in the order of their names, and the documents' dictionary."""

    policies: dict[str, AwsPolicy]
    words: bytes


def find(arn: str) -> AwsPolicy | None:
    """The policy of that ARN; None where AWS has none."""
    return _index().policies.get(arn)


def every() -> Iterable[AwsPolicy]:
    """All of them, by name."""
    return _index().policies.values()


@lru_cache(_KEPT)
def document(arn: str) -> str | None:
    """The text of the default version of the policy of that ARN; None where AWS has none."""
    policy = find(arn)
    if policy is None:
        return None
    with FILE.open("rb") as file:
        file.seek(policy.offset)
        block = file.read(policy.length)
    unpacked = zlib.decompressobj(-15, zdict=_index().words)
    return unpacked.decompress(block).decode()


@cache
def _index() -> _Index:
    with FILE.open("rb") as file:
        header = json.loads(file.readline())
        rows, words = (zlib.decompress(file.read(header[part])) for part in ("index", "words"))
        policies = _rows(rows.decode(), file.tell())
    return _Index({policy.arn: policy for policy in policies}, words)


def _rows(text: str, offset: int) -> Iterator[AwsPolicy]:
    for line in text.split("\n"):
        name, path, created, updated, version, length = line.split("\t")
        yield AwsPolicy(name, intern(path), created, updated, intern(version), offset, int(length))
        offset += int(length)
