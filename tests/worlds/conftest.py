"""Labs in the process of the test, each fresh: a copy of one in which the world has just been made."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from labkit.embedded.process import client
from labkit.embedded.process.here import IN_PROCESS
from labkit.lab.choices import Choices
from labkit.lab.lab import Lab

HERE = Choices(run_as=IN_PROCESS)


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lab home in which the world has just been made."""
    home = tmp_path_factory.mktemp("founded") / "home"
    client.ensure(home, run_as=IN_PROCESS)
    client.stop(home)
    return home


@pytest.fixture(scope="module")
def labs(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Lab]]:
    """Makes labs whose embedded AWS runs in this process; there is one at a time."""
    before, homes = dict(os.environ), list[Path]()

    def end() -> None:
        for home in homes:
            client.stop(home)
            shutil.rmtree(home)
        homes.clear()

    def make() -> Lab:
        end()
        homes.append(tmp_path_factory.mktemp("lab") / "home")
        shutil.copytree(founded, homes[0])
        return Lab.embedded(homes[0], HERE)

    yield make
    end()
    os.environ.clear()
    os.environ.update(before)
