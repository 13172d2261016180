"""A Docker engine that builds, pushes, pulls and tries images; loaded only where one may be asked."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labkit.docker import base_images, building, registry
from labkit.docker.building import DockerImage
from labkit.docker.daemon import Daemon, TimeBudget, find
from labkit.docker.engine_choice import AUTO, DOCKER
from labkit.docker.moved_registry import follow
from labkit.docker.trial import LocalContainer, python_inside
from labkit.image.build.base_image import STAND_IN
from labkit.image.transfer import BytesReport, LineReport, Pulled, Pushed, silent
from labkit.lab.builder import Trial
from labkit.pull.uri import ImageUri


@dataclass(frozen=True)
class DockerBuilder:
    """A Docker engine. ``front`` stands before ECR names (see `registry.Login`), ``home`` labels its containers."""

    daemon: Daemon
    front: str
    home: Path
    name: str = DOCKER

    @property
    def sentence(self) -> str:
        """Who builds, pushes and pulls, in one sentence."""
        return f"{self.daemon.title} builds, pushes and pulls."

    def build(
        self, folder: Path, base: str, names: list[ImageUri], progress: LineReport, pulling: BytesReport
    ) -> DockerImage:
        """See `labkit.docker.building.build`."""
        spoken = [f"{self.front}/{name}" if self.front else str(name) for name in names]
        return building.build(self.daemon, folder, base, spoken, progress, pulling)

    def push(self, ecr: Any, repository: str, tag: str, image: DockerImage, progress: LineReport = silent) -> Pushed:
        """See `labkit.docker.registry.push`. Raises ClientError where the caller gets no token."""
        uri = registry.uri(ecr, repository, tag)
        return registry.push(self.daemon, image.id, registry.login(ecr), uri, progress)

    def pull(self, ecr: Any, account: str, repository: str, tag: str, progress: LineReport = silent) -> Pulled:
        """See `labkit.docker.registry.pull`. Raises ClientError where the caller gets no token."""
        uri = ImageUri(account, ecr.meta.region_name, repository, tag)
        return registry.pull(self.daemon, registry.login(ecr), uri, progress)

    def describe(self, image: DockerImage) -> str:
        """Platform and Python of the image, which is asked in a container."""
        return f"linux/{image.architecture} with {python_inside(image, self.home) or 'no Python'} inside"

    def run_locally(self, image: DockerImage, port: int = 0) -> AbstractContextManager[Trial]:
        """See `labkit.docker.trial.LocalContainer`."""
        return LocalContainer(image, self.home, port)


def open_docker(name: str, base: str | None, reference: Path, ecr: Any, home: Path) -> DockerBuilder:
    """The Docker engine, asked with one budget of time; ``name`` is ``docker``, or ``auto``, which must find it fit.

    The other arguments are those of `labkit.lab.engine.open_builder`. Raises NoEngine where none answers or fits, and
    EngineError where one fails.
    """
    budget = TimeBudget()
    daemon = find(budget)
    known = registry.login(ecr)
    if name == AUTO:
        registry.check_reachable(daemon, known, budget)
        if base != STAND_IN:
            base_images.check_at_hand(daemon, base_images.Dockerfile.read(reference).reference, budget)
    if known.front:
        follow(daemon, known.front, home, budget)
    return DockerBuilder(daemon, known.front, home)
