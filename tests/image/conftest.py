"""Folders with Dockerfiles and functions that run."""

from dataclasses import replace
from pathlib import Path

import pytest

from labkit.image.build.stand_in import resolve
from labkit.image.run.filesystem import unpack
from labkit.image.run.function import RunnableFunction
from labkit.image.run.runtime import Sandbox

AWS_BASE = "public.ecr.aws/lambda/python:3.12"


@pytest.fixture
def context(tmp_path):
    """Write a build context: ``context(Dockerfile="...", **{"a/b.txt": "..."})`` returns its folder."""

    def write(**files):
        folder = tmp_path / "context"
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return folder

    return write


@pytest.fixture
def function(tmp_path):
    """Unpack an image with one module ``code`` and return functions on it: ``function(source, "code.handler")``."""

    def make(source, handler="code.handler", **settings) -> RunnableFunction:
        base = resolve(AWS_BASE, "amd64")
        root = tmp_path / "root"
        unpack([layer.blob for layer in base.layers], root)
        (root / "var/task/code.py").write_text(source)
        return RunnableFunction(root, replace(base.config, command=(handler,)), **settings)

    return make


@pytest.fixture
def sandbox(function):
    """Return started environments, closed after the test."""
    opened: list[Sandbox] = []

    def make(*args, **settings) -> Sandbox:
        opened.append(Sandbox(function(*args, **settings)))
        return opened[-1]

    yield make
    for each in opened:
        each.close()


@pytest.fixture
def article() -> Path:
    """Return the folder with the article's Dockerfile and handler."""
    return Path(__file__).parents[2] / "lambda_image"
