"""The two ways to build, push, pull and try an image, behind one interface, and which of them a choice comes to.

``auto`` means Docker where an engine answers, reaches the registry, and has the base image or can pull it, and the
embedded way everywhere else; ``sentence`` says which it is and why. An engine that stops answering on the way has had
one patience for all of it.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labkit.aws import images
from labkit.aws import public_bases as bases
from labkit.aws.images import Pulled, Pushed
from labkit.docker import base_images as engine_bases
from labkit.docker import building, registry
from labkit.docker.building import DockerImage
from labkit.docker.daemon import Daemon, NoEngine, TimeBudget, find
from labkit.docker.engine_choice import AUTO, DOCKER, EMBEDDED, wanted
from labkit.docker.moved_registry import follow
from labkit.docker.streams import EngineError
from labkit.docker.trial import LocalContainer, python_inside
from labkit.ground.home import open_home
from labkit.image import Image
from labkit.image import build as assemble
from labkit.image.run.local import run_locally
from labkit.lab.builder import Builder, Report, Trial, silent
from labkit.pull.uri import ImageUri


@dataclass(frozen=True)
class EmbeddedBuilder:
    """The lab by itself. ``home`` keeps AWS's base images, ``reason`` is why not Docker, where that was open."""

    home: Path
    reason: str = ""
    name: str = EMBEDDED

    @property
    def sentence(self) -> str:
        """Who builds, pushes and pulls, in one sentence."""
        return "The lab builds, pushes and pulls by itself" + (f": {self.reason}." if self.reason else ".")

    def build(self, folder: Path, base: str, names: list[ImageUri], progress: Report, pulling: bases.Progress) -> Image:
        """See `Builder.build`; the names come with the push. Raises DockerfileError, and LabError for the base."""
        source = None if base == bases.STAND_IN else bases.PublicBases(open_home(self.home).root / "bases", pulling)
        return assemble(folder, on_step=progress, base=source)

    def push(self, ecr: Any, repository: str, tag: str, image: Image, progress: Report = silent) -> Pushed:
        """See `labkit.aws.images.push`."""
        return images.push(ecr, repository, tag, image, progress)

    def pull(self, ecr: Any, account: str, repository: str, tag: str, progress: Report = silent) -> Pulled:
        """See `labkit.aws.images.pull`."""
        return images.pull(ecr, account, repository, tag, progress)

    def describe(self, image: Image) -> str:
        """Platform and Python of the image; what is inside AWS's base image is not looked at."""
        inside = "AWS's own Python" if image.has_interpreter else "no Python"
        return f"linux/{image.architecture} with {inside} inside"

    def run_locally(self, image: Image, port: int = 0) -> AbstractContextManager[Trial]:
        """See `labkit.image.run.local.run_locally`."""
        return run_locally(image, port)


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
        self, folder: Path, base: str, names: list[ImageUri], progress: Report, pulling: bases.Progress
    ) -> DockerImage:
        """See `labkit.docker.building.build`."""
        spoken = [f"{self.front}/{name}" if self.front else str(name) for name in names]
        return building.build(self.daemon, folder, base, spoken, progress, pulling)

    def push(self, ecr: Any, repository: str, tag: str, image: DockerImage, progress: Report = silent) -> Pushed:
        """See `labkit.docker.registry.push`. Raises ClientError where the caller gets no token."""
        uri = registry.uri(ecr, repository, tag)
        return registry.push(self.daemon, image.id, registry.login(ecr), uri, progress)

    def pull(self, ecr: Any, account: str, repository: str, tag: str, progress: Report = silent) -> Pulled:
        """See `labkit.docker.registry.pull`. Raises ClientError where the caller gets no token."""
        uri = ImageUri(account, ecr.meta.region_name, repository, tag)
        return registry.pull(self.daemon, registry.login(ecr), uri, progress)

    def describe(self, image: DockerImage) -> str:
        """Platform and Python of the image, which is asked in a container."""
        return f"linux/{image.architecture} with {python_inside(image, self.home) or 'no Python'} inside"

    def run_locally(self, image: DockerImage, port: int = 0) -> AbstractContextManager[Trial]:
        """See `labkit.docker.trial.LocalContainer`."""
        return LocalContainer(image, self.home, port)


def open_builder(choice: str | None, base: str | None, reference: Path, ecr: Any, home: Path) -> Builder:
    """The way that a choice comes to.

    ``base`` is the base image chosen, None for each way's own, and ``reference`` the Dockerfile that names it;
    ``ecr`` is a client of the registry's account. Raises NoEngine where Docker was chosen and does not answer.
    """
    name, budget = wanted(choice), TimeBudget()
    if name == EMBEDDED:
        return EmbeddedBuilder(home)
    try:
        daemon = find(budget)
        known = registry.login(ecr)
        if name == AUTO:
            registry.check_reachable(daemon, known, budget)
            if base != bases.STAND_IN:
                engine_bases.check_at_hand(daemon, engine_bases.Dockerfile.read(reference).reference, budget)
        if known.front:
            follow(daemon, known.front, home, budget)
    except (NoEngine, EngineError) as error:
        if name == DOCKER:
            raise
        return EmbeddedBuilder(home, error.reason)
    return DockerBuilder(daemon, known.front, home)
