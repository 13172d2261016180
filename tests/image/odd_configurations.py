"""Image configurations as nobody's builder writes them: what a push may bring, and what has to become of each.

``UNREADABLE`` makes an image that Lambda creates a function from and then fails (InvalidImage), ``READABLE`` one whose
function becomes Active; what its invocation comes to is a result, never a fault of the lab.
"""

from __future__ import annotations

import json
from typing import Any

HANDLER = {
    "Env": ["PATH=/usr/bin", "LAMBDA_TASK_ROOT=/var/task"],
    "WorkingDir": "/var/task",
    "Entrypoint": ["/lambda-entrypoint.sh"],
    "Cmd": ["lambda_function.handler"],
    "Labels": {"labkit.base": "stand-in", "labkit.base.for": "public.ecr.aws/lambda/python:3.12"},
}
"""The ``config`` object of an image that runs."""


def written(architecture: Any = "amd64", system: Any = "linux", **changes: Any) -> bytes:
    """The configuration of an image that runs, with these members of its ``config`` object changed."""
    return document({"architecture": architecture, "os": system, "config": {**HANDLER, **changes}})


def document(value: Any) -> bytes:
    """A JSON value as bytes."""
    return json.dumps(value).encode()


UNREADABLE: dict[str, bytes] = {
    "nothing at all": b"",
    "blanks": b" \n",
    "not JSON": b"architecture: amd64",
    "half of it": written()[:-20],
    "two of it": written() * 2,
    "not UTF-8": written().replace(b"/usr/bin", b"/usr/\xff\xfe"),
    "in UTF-16": written().decode().encode("utf-16"),
    "with a byte order mark": b"\xef\xbb\xbf" + written(),
    "no finite number": b'{"architecture": "amd64", "config": {"Labels": NaN}}',
    "a number with more digits than anybody reads": b'{"size": ' + b"9" * 5000 + b"}",
    "deeper than anybody nests": b'{"config": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "null": b"null",
    "a list": b"[]",
    "a text": b'"linux"',
    "a number": b"1",
    "config is a list": document({"config": [HANDLER]}),
    "config is a text": document({"config": "Env"}),
    "config is false": document({"config": False}),
    "architecture is a number": written(architecture=64),
    "architecture is a list": written(architecture=["amd64"]),
    "architecture has a lone surrogate": written(architecture="amd64\ud800"),
    "the system is an object": written(system={"linux": True}),
    "Env is an object": written(Env={"PATH": "/usr/bin"}),
    "Env is a text": written(Env="PATH=/usr/bin"),
    "Env is a number": written(Env=1),
    "Env has a number": written(Env=["PATH=/usr/bin", 1]),
    "Env has null": written(Env=[None]),
    "Env has a list": written(Env=[["PATH", "/usr/bin"]]),
    "Env has a NUL": written(Env=["A=a\0b"]),
    "Env has a lone surrogate": written(Env=["A=\udcff"]),
    "Env has one text of a megabyte": written(Env=["A=" + "a" * (1 << 20)]),
    "Env has three megabytes": written(Env=[f"A{number}={'a' * 100_000}" for number in range(30)]),
    "Entrypoint is a text": written(Entrypoint="/lambda-entrypoint.sh"),
    "Entrypoint is an object": written(Entrypoint={"0": "/lambda-entrypoint.sh"}),
    "Entrypoint has a number": written(Entrypoint=["/lambda-entrypoint.sh", 1]),
    "Entrypoint has a NUL": written(Entrypoint=["python", "-m", "awslambdaric\0"]),
    "Cmd is a number": written(Cmd=1),
    "Cmd is an object": written(Cmd={"handler": "lambda_function.handler"}),
    "Cmd has an object": written(Cmd=[{"handler": "lambda_function.handler"}]),
    "Cmd has a NUL": written(Cmd=["lambda_function.handler\0"]),
    "Cmd has a lone surrogate": written(Cmd=["lambda_function.\ud83d"]),
    "WorkingDir is a list": written(WorkingDir=["/var/task"]),
    "WorkingDir is a number": written(WorkingDir=0),
    "WorkingDir has a NUL": written(WorkingDir="/var/\0task"),
    "Labels is a list": written(Labels=["labkit.base=stand-in"]),
    "Labels is a text": written(Labels="labkit.base"),
    "Labels has a number": written(Labels={**HANDLER["Labels"], "labkit.base.for": 312}),  # type: ignore[dict-item]
    "Labels has a list": written(Labels={"labkit.base": ["stand-in"]}),
    "Labels has a lone surrogate": written(Labels={**HANDLER["Labels"], "labkit.base.for": "python:\udc80"}),  # type: ignore[dict-item]
}
"""By what is odd about it: the bytes of a configuration that nobody can read."""

READABLE: dict[str, bytes] = {
    "an empty object": b"{}",
    "config is null": document({"architecture": "amd64", "config": None}),
    "everything is null": written(Env=None, Entrypoint=None, Cmd=None, WorkingDir=None, Labels=None),
    "architecture is null": written(architecture=None),
    "another architecture": written(architecture="arm64"),
    "an architecture that nobody has": written(architecture="quantum"),
    "a member twice": written().replace(b'"os"', b'"config": {"Env": []}, "os"', 1),
    "a variable twice": written(Env=["A=1", "A=2"]),
    "a variable without a value": written(Env=["A", "B=", "=c"]),
    "a task root nowhere": written(Env=["LAMBDA_TASK_ROOT=/no/where"]),
    "a task root with a long name": written(Env=["LAMBDA_TASK_ROOT=/" + "a" * 5000]),
    "a working directory nowhere": written(WorkingDir="/no/where"),
    "a working directory with a long name": written(WorkingDir="/" + "a" * 5000),
    "a working directory above the root": written(WorkingDir="../../../.."),
    "an entrypoint nowhere": written(Entrypoint=["/no/where"]),
    "no entrypoint and no command": written(Entrypoint=[], Cmd=[]),
    "two commands": written(Cmd=["a.b", "c.d"]),
    "an empty command": written(Cmd=[""]),
    "a label of a base without a name": written(Labels={"labkit.base": "stand-in", "labkit.base.for": ""}),
    "members that nobody knows": written(Surprise=[1, {"deep": [None]}]),
}
"""By what is odd about it: the bytes of a configuration that can be read all the same."""
