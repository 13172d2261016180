"""Tests never see the machine they run on: no AWS settings, no home folder, no lab home of anybody's."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.engine.daemon import own_engine, require  # noqa: F401 - fixtures

if TYPE_CHECKING:
    from labkit.lab.lab import Lab

ROOT = Path(__file__).resolve().parent.parent
_FOLDER = pytest.StashKey[Path]()

# How long an example takes says nothing: the machine may be busy with other tests.
settings.register_profile("busy machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy machine")


def pytest_configure(config: pytest.Config) -> None:
    """Before anything is imported or started: a folder of its own for the process (each xdist worker is one)."""
    folder = Path(tempfile.mkdtemp(prefix="labkit-pytest-"))
    config.stash[_FOLDER] = folder
    for name in [name for name in os.environ if name.startswith(("AWS_", "LAB_", "LABKIT_"))]:
        if name not in ("LABKIT_REQUIRE", "LABKIT_FETCH"):  # which tests may not be skipped, what may be downloaded
            del os.environ[name]
    os.environ["HOME"] = os.environ["USERPROFILE"] = str(folder)
    os.environ["LABKIT_HOME"] = str(folder / "lab")
    os.environ["LABKIT_ENGINE"] = "embedded"  # the same everywhere; the engine's own tests choose theirs
    os.environ["PYTHONPATH"] = str(ROOT)
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = str(folder / "no-such-file")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave nothing behind."""
    shutil.rmtree(config.stash[_FOLDER], ignore_errors=True)


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the project."""
    return ROOT


@pytest.fixture
def environment() -> Iterator[None]:
    """Whatever a test does to the environment variables of this process is undone after it."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A lab on an embedded AWS of its own; the environment variables of this process are as before afterwards."""
    from labkit.embedded.process import client
    from labkit.lab.lab import Lab

    before, home = dict(os.environ), tmp_path_factory.mktemp("lab") / "home"
    yield Lab.embedded(home)
    client.stop(home)
    os.environ.clear()
    os.environ.update(before)
