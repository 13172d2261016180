#!/usr/bin/env python3
"""Makes ``labkit/embedded/records/aws_policies.bin``, AWS's own managed policies, from moto's wheel.

    pip download --no-deps moto==5.2.5
    python .ci/make_aws_policies.py moto-5.2.5-py3-none-any.whl

moto (https://github.com/getmoto/moto, Apache-2.0) collects the policies from AWS. Its module is read as text, never
imported. What a file of another version of moto would be is said in its first line; the layout is described by the
module that reads it, ``labkit/embedded/records/aws_policies.py``.
"""

from __future__ import annotations

import ast
import json
import re
import sys
import zlib
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zipfile import ZipFile

FILE = Path(__file__).parents[1] / "labkit" / "embedded" / "records" / "aws_policies.bin"
MODULE, VARIABLE = "moto/iam/aws_managed_policies.py", "aws_managed_policies_data"
WINDOW = 32_000  # zlib looks back 32 KiB
#: Elements in the order in which people write them; moto's are sorted by name.
ORDER = ("Version", "Id", "Statement", "Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition")


def policies_of(wheel: ZipFile) -> dict[str, dict[str, Any]]:
    """The policies by name, as moto keeps them: CreateDate, UpdateDate, DefaultVersionId, Path, Document."""
    for node in ast.parse(wheel.read(MODULE)).body:
        if isinstance(node, ast.Assign) and [ast.unparse(each) for each in node.targets] == [VARIABLE]:
            found: dict[str, dict[str, Any]] = json.loads(ast.literal_eval(node.value))
            return dict(sorted(found.items()))
    raise SystemExit(f"{MODULE} has no {VARIABLE}; look how moto keeps the policies now.")


def version_of(wheel: ZipFile) -> str:
    """The version in the wheel's metadata."""
    [metadata] = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
    return re.search(r"^Version: (.+)$", wheel.read(metadata).decode(), re.MULTILINE)[1]  # type: ignore[index]


def text_of(document: dict[str, Any]) -> bytes:
    """The document as short JSON, its elements in the usual order."""
    statements = document["Statement"]
    listed = [ordered(each) for each in statements] if isinstance(statements, list) else ordered(statements)
    return json.dumps(ordered({**document, "Statement": listed}), separators=(",", ":")).encode()


def ordered(value: dict[str, Any]) -> dict[str, Any]:
    """The members in the usual order."""
    return {name: value[name] for name in sorted(value, key=lambda name: (ORDER.index(name), name))}


def words_of(documents: list[bytes]) -> bytes:
    """What most documents have in common: the dictionary by which each is compressed, the commonest words last."""
    counted = Counter(word for text in documents for word in set(re.findall(rb'"[^"]+"', text)))
    ranked = sorted(counted, key=lambda word: (counted[word] * len(word), word))
    return b",".join(ranked)[-WINDOW:]


def squeezed(text: bytes, words: bytes) -> bytes:
    """The text as a raw deflate stream that begins with the dictionary."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zdict=words)
    return packer.compress(text) + packer.flush()


def made_from(wheel: ZipFile, day: str) -> bytes:
    """The whole file."""
    policies = policies_of(wheel)
    texts = [text_of(policy["Document"]) for policy in policies.values()]
    words = words_of(texts)
    blocks = [squeezed(text, words) for text in texts]
    rows = [
        "\t".join(
            (name, each["Path"], each["CreateDate"], each["UpdateDate"], each["DefaultVersionId"], str(len(block)))
        )
        for (name, each), block in zip(policies.items(), blocks, strict=True)
    ]
    index, packed_words = zlib.compress("\n".join(rows).encode(), 9), zlib.compress(words, 9)
    header = {
        "what": "AWS's managed policies",
        "source": f"moto {version_of(wheel)}, {MODULE} (https://github.com/getmoto/moto)",
        "licence": "Apache-2.0",
        "made": day,
        "policies": len(rows),
        "index": len(index),
        "words": len(packed_words),
    }
    return b"".join((json.dumps(header).encode(), b"\n", index, packed_words, *blocks))


if __name__ == "__main__":
    with ZipFile(sys.argv[1]) as opened:
        FILE.write_bytes(made_from(opened, datetime.now(UTC).date().isoformat()))
    print(f"{FILE}: {FILE.stat().st_size:,} bytes")
