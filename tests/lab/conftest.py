"""A lab on an embedded AWS of its own, and the same AWS known by nothing but two profiles, as a real one would be."""

from __future__ import annotations

import configparser
from collections.abc import Iterator
from pathlib import Path

import pytest

import labkit.embedded.process.client as embedded
from labkit.embedded.process.running import Running
from labkit.image.build.assemble import build
from labkit.image.format.image import Image
from labkit.lab.article import IMAGE_FOLDER
from labkit.lab.lab import Lab
from labkit.scenarios import clean_up


@pytest.fixture(scope="session")
def image() -> Image:
    """The article's image."""
    return build(IMAGE_FOLDER)


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A running embedded AWS for the tests of this folder."""
    home = tmp_path_factory.mktemp("scenarios") / "home"
    yield embedded.ensure(home)
    embedded.stop(home)


@pytest.fixture
def lab(running: Running, environment: None) -> Iterator[Lab]:
    """A lab on the embedded AWS, left clean."""
    lab = Lab.embedded(running.home)
    yield lab
    clean_up(lab)


@pytest.fixture
def profiles(running: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An AWS config of somebody's own in which the running AWS is known by profiles named company-…"""
    folder = tmp_path / "own-aws"
    folder.mkdir()
    for name in ("config", "credentials"):
        theirs, ours = configparser.ConfigParser(), configparser.ConfigParser()
        theirs.read(running.home / "aws" / name)
        for section in theirs.sections():
            prefix, _, profile = section.rpartition(" ")
            ours[f"{prefix} company-{profile}".strip()] = theirs[section]
        with (folder / name).open("w") as file:
            ours.write(file)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(folder / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(folder / "credentials"))
    monkeypatch.setenv("LABKIT_HOME", str(tmp_path / "lab"))
    return folder
