"""The lab as the builder of its own images, and which builder a choice comes to: the lab, or a Docker engine.

``auto`` means Docker where an engine answers, reaches the registry, and has the base image or can pull it, and the
embedded way everywhere else; ``sentence`` says which it is and why. An engine that stops answering on the way has had
one budget of time for all of it. What is needed of Docker is loaded only where an engine may be asked.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labkit.aws import images
from labkit.aws.public_bases import PublicBases
from labkit.docker.engine_choice import BY_ITSELF, DOCKER, EMBEDDED, INTERPRETER, wanted
from labkit.ground.home import open_home
from labkit.image.build.assemble import build as assemble
from labkit.image.build.base_image import STAND_IN
from labkit.image.format.image import Image
from labkit.image.transfer import BytesReport, LineReport, Pulled, Pushed, silent
from labkit.lab.builder import Builder, Trial
from labkit.pull.uri import ImageUri


@dataclass(frozen=True)
class EmbeddedBuilder:
    """The lab by itself. ``home`` keeps AWS's base images, ``reason`` is why not Docker, where that was open.

    ``in_process``: an image is tried in this interpreter.
    """

    home: Path
    reason: str = ""
    name: str = EMBEDDED
    in_process: bool = False

    @property
    def sentence(self) -> str:
        """Who builds, pushes and pulls, in one sentence."""
        return "The lab builds, pushes and pulls by itself" + (f": {self.reason}." if self.reason else ".")

    def build(
        self, folder: Path, base: str, names: list[ImageUri], progress: LineReport, pulling: BytesReport
    ) -> Image:
        """See `Builder.build`; the names come with the push. Raises DockerfileError, and LabError for the base."""
        source = None if base == STAND_IN else PublicBases(open_home(self.home).root / "bases", pulling)
        return assemble(folder, on_step=progress, base=source)

    def push(self, ecr: Any, repository: str, tag: str, image: Image, progress: LineReport = silent) -> Pushed:
        """See `labkit.aws.images.push`."""
        return images.push(ecr, repository, tag, image, progress)

    def pull(self, ecr: Any, account: str, repository: str, tag: str, progress: LineReport = silent) -> Pulled:
        """See `labkit.aws.images.pull`."""
        return images.pull(ecr, account, repository, tag, progress)

    def describe(self, image: Image) -> str:
        """Platform and Python of the image; what is inside AWS's base image is not looked at."""
        inside = "AWS's own Python" if image.has_interpreter else "no Python"
        return f"linux/{image.architecture} with {inside} inside"

    def run_locally(self, image: Image, port: int = 0) -> AbstractContextManager[Trial]:
        """See `labkit.image.run.local.run_locally`."""
        from labkit.image.run.local import run_locally

        return run_locally(image, port, in_process=self.in_process)


def open_builder(choice: str | None, base: str | None, reference: Path, ecr: Any, home: Path) -> Builder:
    """The way that a choice comes to.

    ``base`` is the base image chosen, None for each way's own, and ``reference`` the Dockerfile that names it;
    ``ecr`` is a client of the registry's account. Raises NoEngine where Docker was chosen and does not answer.
    """
    name = wanted(choice)
    if name in BY_ITSELF:
        return EmbeddedBuilder(home, in_process=name == INTERPRETER)
    from labkit.docker.daemon import NoEngine
    from labkit.docker.streams import EngineError
    from labkit.lab.docker_builder import open_docker

    try:
        return open_docker(name, base, reference, ecr, home)
    except (NoEngine, EngineError) as error:
        if name == DOCKER:
            raise
        return EmbeddedBuilder(home, error.reason)
