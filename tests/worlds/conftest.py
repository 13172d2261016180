"""Labs in the process of the test, each fresh: a copy of one in which the world has just been made."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
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


@pytest.fixture
def lab(founded: Path, tmp_path: Path, environment: None) -> Iterator[Lab]:
    """A lab whose embedded AWS runs in this process."""
    home = tmp_path / "home"
    shutil.copytree(founded, home)
    made = Lab.embedded(home, HERE)
    yield made
    client.stop(home)
