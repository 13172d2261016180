"""A registry like public.ecr.aws, what pulls from it, and an embedded AWS to push to."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import labkit.embedded.process.client as embedded
from labkit.aws.public_bases import PublicBases
from labkit.embedded.process.running import Running
from labkit.image.transfer import silent
from labkit.lab.lab import Lab
from labkit.scenarios import clean_up
from tests.aws.registry_of_tests import Registry, serving


@pytest.fixture
def registry() -> Iterator[Registry]:
    """A registry with AWS's base image for amd64 under its usual tag."""
    with serving() as registry:
        registry.publish()
        yield registry


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where pulled bases are kept."""
    return tmp_path / "home" / "bases"


@pytest.fixture
def pauses() -> list[float]:
    """The seconds for which a pull has waited (it does not really)."""
    return []


@pytest.fixture
def bases(registry: Registry, folder: Path, pauses: list[float]) -> Callable[..., PublicBases]:
    """What pulls from the registry: ``bases()``, with another URL, or with a progress."""

    def make(url: str = registry.url, progress=silent) -> PublicBases:
        return PublicBases(folder, progress, url, pauses.append)

    return make


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A running embedded AWS for the tests of this folder."""
    home = tmp_path_factory.mktemp("aws") / "home"
    yield embedded.ensure(home)
    embedded.stop(home)


@pytest.fixture
def lab(running: Running) -> Iterator[Lab]:
    """A lab on the embedded AWS, left clean."""
    before = dict(os.environ)
    lab = Lab.embedded(running.home)
    yield lab
    clean_up(lab)
    os.environ.clear()
    os.environ.update(before)
