"""A lab that builds, pushes and pulls with a Docker engine: one that answers, else one of the tests' own.

What stands for the base image is the real one where it can be had, else the lab's stand-in, made of the Python that
runs the tests. Nothing is written to the user's Docker configuration.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from labkit.docker import base_images as engine_bases
from labkit.docker import building
from labkit.docker.daemon import HOME_LABEL, Daemon, NoEngine, find
from labkit.docker.registry import login, push
from labkit.embedded.process import client
from labkit.embedded.services.lambda_.invoke.containers import FUNCTION_LABEL
from labkit.image.build.base_image import PUBLIC, STAND_IN
from labkit.lab.choices import Choices
from labkit.lab.lab import Lab
from labkit.pull.uri import ImageUri
from labkit.scenarios import clean_up
from tests.embedded.lab_of_tests import DOCKERFILE, REGION, REGISTRY, unique
from tests.embedded.lab_of_tests import Lab as EmbeddedLab

from . import daemon
from .daemon import Require
from .handlers import HANDLERS

BASE = "public.ecr.aws/lambda/python:3.12"


@pytest.fixture(scope="session")
def docker_host(require: Require, request: pytest.FixtureRequest) -> str | None:
    """Where an engine answers; None is the SDK's own default."""
    try:
        find()
    except NoEngine:
        why = daemon.reason_against()
        require("engine", not why, why)
        return str(request.getfixturevalue("own_engine"))
    return os.environ.get("DOCKER_HOST")


@pytest.fixture(scope="module", autouse=True)
def environment(docker_host: str | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The engine chosen for this process and what it starts, with a Docker configuration of its own."""
    with pytest.MonkeyPatch.context() as patch:
        if docker_host:
            patch.setenv("DOCKER_HOST", docker_host)
        patch.setenv("DOCKER_CONFIG", str(tmp_path_factory.mktemp("docker")))
        patch.delenv("LABKIT_ENGINE", raising=False)
        before = dict(os.environ)
        yield
        os.environ.clear()
        os.environ.update(before)


@pytest.fixture(scope="module")
def engine() -> Daemon:
    """The engine that answers."""
    return find()


@pytest.fixture(scope="module")
def base(engine: Daemon) -> str:
    """What images stand on: ``public`` where the engine has AWS's base or finds it in its registry."""
    try:
        engine_bases.check_at_hand(engine, BASE)
    except engine_bases.EngineError:
        return STAND_IN
    return PUBLIC


@pytest.fixture(scope="module")
def home(environment: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A lab home for the tests of a module."""
    home = tmp_path_factory.mktemp("engine") / "home"
    yield home
    running = client.status(home)
    client.stop(home)
    if running is not None:
        _forget(find(), running.endpoint.removeprefix("http://"))


def _forget(engine: Daemon, front: str) -> None:
    """Remove the names that the tests have given to images, so that an engine of somebody's stays as it was."""
    names = [name for image in engine.client.images.list() for name in image.tags if name.startswith(f"{front}/")]
    for name in names:
        engine.client.images.remove(name, force=True)


@pytest.fixture(scope="module")
def opened(home: Path, base: str) -> Lab:
    """The lab of the home, on Docker."""
    return Lab.embedded(home, Choices(engine="docker", base=base))


@pytest.fixture
def lab(opened: Lab) -> Iterator[Lab]:
    """The lab, left clean."""
    yield opened
    clean_up(opened)


@pytest.fixture(scope="module")
def image(opened: Lab) -> Any:
    """The article's image, built by the engine."""
    return opened.build_image()


# -- Functions ---------------------------------------------------------------------------------------------------------


def silent(*_said: object) -> None:
    """For those who want no progress."""


@pytest.fixture(scope="module")
def aws(home: Path) -> EmbeddedLab:
    """The embedded AWS of the home."""
    return EmbeddedLab(home)


@pytest.fixture(scope="module")
def pushed(aws: EmbeddedLab, engine: Daemon, base: str, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """``pushed(Dockerfile, handlers)``: the URI of an image that the engine has built and pushed."""

    def make(dockerfile: str = DOCKERFILE, handlers: str = HANDLERS, **files: bytes) -> str:
        folder = tmp_path_factory.mktemp("image")
        (folder / "Dockerfile").write_text(dockerfile)
        (folder / "lambda_function.py").write_text(handlers)
        for name, content in files.items():
            (folder / name).write_bytes(content)
            (folder / name).chmod(0o755)
        image = building.build(engine, folder, base, [], silent, silent)
        ecr, name = aws.client("registry", "ecr"), unique("containers")
        uri = aws.repository(name)
        push(engine, image.id, login(ecr), ImageUri(REGISTRY, REGION, name, "0.0.1"), silent)
        return uri

    return make


@pytest.fixture(scope="module")
def uri(pushed: Any) -> str:
    """The URI of an image with the handlers."""
    return str(pushed())


@pytest.fixture
def name(aws: EmbeddedLab) -> Iterator[str]:
    """The name of a function, which is deleted in the end."""
    yield (made := unique("containers"))
    lambda_ = aws.client("registry", "lambda")
    if made in {each["FunctionName"] for each in lambda_.list_functions()["Functions"]}:
        lambda_.delete_function(FunctionName=made)


@pytest.fixture
def containers(engine: Daemon, aws: EmbeddedLab) -> Any:
    """``containers(function)``: the ids of a function's containers."""

    def of(function: str) -> set[str]:
        arn = f"arn:aws:lambda:{REGION}:{REGISTRY}:function:{function}"
        labels = [f"{HOME_LABEL}={aws.home}", f"{FUNCTION_LABEL}={arn}"]
        return {each["Id"] for each in engine.client.api.containers(all=True, filters={"label": labels})}

    return of
