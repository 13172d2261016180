"""A fresh lab home with the article's image in its three repositories, and terminals that know it by `labkit env`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from labkit.aws import images, repositories
from labkit.embedded.process import client
from labkit.image.build.assemble import build
from labkit.lab.article import IMAGE_FOLDER
from labkit.lab.lab import Lab
from tests.terminal.terminal import TOOLS, Terminal

REPOSITORIES = ("lambda-same-account", "lambda-another-account", "lambda-aws-organizations")
TAG = "0.0.1"

Open = Callable[[], Terminal]


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A lab home whose registry holds what `docker push` has put there in the article."""
    home = tmp_path_factory.mktemp("terminals") / "home"
    before = dict(os.environ)
    ecr = Lab.embedded(home).registry.client("ecr")
    os.environ.clear()
    os.environ.update(before)
    image = build(IMAGE_FOLDER)
    for name in REPOSITORIES:
        repositories.ensure(ecr, name, "terminal")
        images.push(ecr, name, TAG, image)
    yield home
    client.stop(home)


@pytest.fixture(scope="session")
def exports(home: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What `labkit env` prints for this home."""
    terminal = Terminal(tmp_path_factory.mktemp("shell"), _outside(home))
    printed = terminal.succeed("labkit env")
    terminal.close()
    return printed


def _outside(home: Path) -> dict[str, str]:
    """The environment of somebody who has just opened a terminal."""
    return {
        "HOME": str(home.parent),
        "LABKIT_HOME": str(home),
        "PATH": os.pathsep.join([str(TOOLS), os.defpath]),
        "PYTHONPATH": os.environ["PYTHONPATH"],
    }


@pytest.fixture
def open_terminal(home: Path, exports: str, tmp_path: Path) -> Iterator[Open]:
    """Opens terminals that have evaluated `labkit env`, and nothing else."""
    with ExitStack() as opened:

        def open_one() -> Terminal:
            terminal = Terminal(tmp_path / "demo", _outside(home))
            opened.callback(terminal.close)
            terminal.succeed(exports)
            return terminal

        yield open_one


@pytest.fixture
def terminal(open_terminal: Open) -> Terminal:
    """A terminal of the registry's administrator."""
    return open_terminal()
