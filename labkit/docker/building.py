"""The image of a folder, built by a Docker engine, and what the engine says of it.

The SDK's builder makes no provenance, so what is pushed is one image and no index, which is what Lambda takes: the
same as ``docker build --provenance=false``.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labkit.docker import base_images
from labkit.docker.base_images import Dockerfile
from labkit.docker.daemon import Daemon, repository_and_tag
from labkit.docker.streams import StreamLine, explained, followed
from labkit.image.format.config import FOR_LABEL, ImageConfig
from labkit.image.transfer import BytesReport, LineReport

_STEP = re.compile(r"Step (\d+/\d+) : (.+)", re.DOTALL)
_NOISE = ("--->", "Removing intermediate container", "Successfully ")


@dataclass(frozen=True)
class DockerImage:
    """An image in a Docker engine. ``id`` is the engine's name for it, ``base`` what FROM in the Dockerfile says."""

    daemon: Daemon = field(repr=False)
    id: str
    base: str
    architecture: str
    labels: Mapping[str, str]

    @property
    def stand_in(self) -> bool:
        """Whether it stands on the lab's stand-in for ``base``."""
        return FOR_LABEL in self.labels

    @property
    def has_interpreter(self) -> bool:
        """Whether a container of it can run its handler: always, as the engine's stand-in has an interpreter too."""
        return True


def build(
    daemon: Daemon, folder: Path, base: str, names: Iterable[str], progress: LineReport, pulling: BytesReport
) -> DockerImage:
    """Builds the Dockerfile of ``folder`` and gives the image each of ``names``.

    ``base`` is one of ``labkit.image.build.base_image.BASES``. ``progress`` gets a line for each instruction and what
    it prints, ``pulling`` the bytes of the base image that are there and how many there are. Raises DockerfileError,
    LabError where the base cannot be had, and EngineError with the engine's words.
    """
    written = Dockerfile.read(folder / "Dockerfile")
    dockerfile = base_images.ensure(daemon, written, base, pulling)
    found = _built(daemon, folder, dockerfile, progress)
    with explained("Docker cannot name the image"):
        for name in names:
            found.tag(*repository_and_tag(name))
    facts = found.attrs
    config = ImageConfig.of({"architecture": facts["Architecture"], "config": facts["Config"]})
    return DockerImage(daemon, found.id, written.reference, config.architecture, config.labels)


@contextmanager
def written(dockerfile: Dockerfile) -> Iterator[Path]:
    """The Dockerfile as a file outside of its folder, which stays as it is."""
    with tempfile.TemporaryDirectory(prefix="labkit-") as place:
        path = Path(place) / "Dockerfile"
        path.write_text(dockerfile.text, "utf-8")
        yield path


def _built(daemon: Daemon, folder: Path, dockerfile: Dockerfile, progress: LineReport) -> Any:
    failed, built = "Docker cannot build the image", ""
    with written(dockerfile) as path:
        with explained(failed):
            lines = daemon.client.api.build(path=str(folder), dockerfile=str(path), rm=True, forcerm=True, decode=True)
        for line in followed(lines, failed):
            built = line.get("aux", {}).get("ID", built)
            _tell(line, progress)
    with explained(failed):
        return daemon.client.images.get(built)


def _tell(line: StreamLine, progress: LineReport) -> None:
    text = line.get("stream", "").strip()
    if not text or text.startswith(_NOISE):
        return
    step = _STEP.fullmatch(text)
    progress(f"[{step[1]}] {step[2]}" if step else text)
