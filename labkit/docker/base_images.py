"""What FROM names, present in the engine: AWS's base image pulled, or the lab's stand-in for it loaded.

The stand-in keeps a name of its own: nothing that the lab makes ever passes for an image of AWS. The Dockerfile that
the engine gets then names it in place of AWS's.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from labkit.docker.daemon import Daemon, TimeBudget, repository_and_tag
from labkit.docker.streams import EngineError, StreamLine, explained, followed
from labkit.errors import DockerfileError, LabError
from labkit.image.build import container_stand_in as containers
from labkit.image.build.base_image import PUBLIC, STAND_IN
from labkit.image.transfer import BytesReport

_LOOK_SECONDS = 10  # for the engine to find an image in its registry: some networks swallow what they do not let out
_FROM = re.compile(r"^(\s*FROM\s+(?:--\S+\s+)*)(\S+)", re.MULTILINE | re.IGNORECASE)
_STANDS_IN = "labkit-stand-in/python"
_PYTHON = re.compile(r"public\.ecr\.aws/lambda/python:3\.\d+")


@dataclass(frozen=True, slots=True)
class Dockerfile:
    """A Dockerfile's text, and the image that its last stage stands on (``reference``)."""

    text: str
    reference: str

    @classmethod
    def read(cls, path: Path) -> Dockerfile:
        """Raises DockerfileError where there is none, or none with a FROM."""
        try:
            text = path.read_text("utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise DockerfileError(f"The Dockerfile at {path} cannot be read: {error}.") from None
        stages = _FROM.findall(text)
        if not stages:
            raise DockerfileError("The Dockerfile has no FROM; begin with FROM public.ecr.aws/lambda/python:3.12.")
        return cls(text, stages[-1][1])

    def on(self, name: str) -> Dockerfile:
        """The same with every mention of ``reference`` in a FROM replaced."""
        text = _FROM.sub(lambda found: found[1] + (name if found[2] == self.reference else found[2]), self.text)
        return Dockerfile(text, name)


def is_present(daemon: Daemon, reference: str, budget: TimeBudget | None = None) -> bool:
    """Whether the engine has the image; asked with this budget. Raises NoEngine and EngineError."""
    from docker.errors import ImageNotFound

    with explained(f"Docker cannot look for {reference}"):
        try:
            (budget or TimeBudget())(partial(daemon.client.images.get, reference))
        except ImageNotFound:
            return False
        return True


def check_at_hand(daemon: Daemon, reference: str, budget: TimeBudget | None = None) -> None:
    """Raises EngineError where the engine neither has the image nor finds it in its registry. Pulls nothing.

    The engine is asked within this budget, else NoEngine is raised; its registry, far away, has a limit of its own.
    """
    if reference == "scratch" or is_present(daemon, reference, budget):
        return
    with explained(f"Docker cannot pull {reference}"), daemon.impatient(_LOOK_SECONDS):
        daemon.client.images.get_registry_data(reference)


def ensure(daemon: Daemon, dockerfile: Dockerfile, base: str, pulling: BytesReport) -> Dockerfile:
    """Bring what ``dockerfile`` stands on into the engine; returns the Dockerfile to build.

    ``base`` is one of ``labkit.image.build.base_image.BASES``. Raises LabError, in a sentence that says what else there
    is, where it cannot be had.
    """
    return _BASES[base](daemon, dockerfile, pulling)


def _pulled(daemon: Daemon, dockerfile: Dockerfile, pulling: BytesReport) -> Dockerfile:
    reference = dockerfile.reference
    if reference == "scratch" or is_present(daemon, reference):
        return dockerfile
    try:
        _pull(daemon, reference, pulling)
    except EngineError as error:
        raise LabError(
            f"The base image {reference} cannot be pulled by Docker: {error.said.rstrip('.')}. Try again, take the "
            f"lab's stand-in for it (--base {STAND_IN}), which has this machine's Python inside, or let the lab build "
            "without Docker (--engine embedded)."
        ) from error
    return dockerfile


def _pull(daemon: Daemon, reference: str, pulling: BytesReport) -> None:
    name, tag = repository_and_tag(reference)
    with explained(f"Docker cannot pull {reference}"):
        lines = daemon.client.api.pull(name, tag, stream=True, decode=True)
    counted = _Counted(pulling)
    for line in followed(lines, f"Docker cannot pull {reference}"):
        counted(line)


class _Counted:
    """Adds up what the engine says of each layer on its way."""

    def __init__(self, pulling: BytesReport) -> None:
        self._pulling = pulling
        self._layers: dict[str, tuple[int, int]] = {}

    def __call__(self, line: StreamLine) -> None:
        """Takes one line."""
        detail = line.get("progressDetail") or {}
        if line.get("status") == "Downloading" and "total" in detail:
            self._layers[line["id"]] = (detail["current"], detail["total"])
            done, total = map(sum, zip(*self._layers.values(), strict=True))
            self._pulling(done, total)


def _stood_in_for(daemon: Daemon, dockerfile: Dockerfile, _pulling: BytesReport) -> Dockerfile:
    if not _PYTHON.fullmatch(dockerfile.reference):
        raise DockerfileError(
            f"The lab can stand in only for public.ecr.aws/lambda/python:3.…, not for {dockerfile.reference}. Take "
            f"--base {PUBLIC}, which lets Docker pull it."
        )
    if (ours := containers.architecture()) != daemon.architecture:
        raise LabError(
            f"The stand-in is made of this machine's Python for {ours}, and the Docker engine runs "
            f"{daemon.architecture}. Take --base {PUBLIC} or --engine embedded."
        )
    name = f"{_STANDS_IN}:{containers.identity(dockerfile.reference)}"
    if not is_present(daemon, name):
        _replace(daemon, name, containers.make(dockerfile.reference, name))
    return dockerfile.on(name)


def _replace(daemon: Daemon, name: str, archive: bytes) -> None:
    """Load a stand-in and take away the names of earlier ones, so that they do not pile up."""
    with explained("Docker cannot load the stand-in"):
        daemon.client.images.load(archive)
        for other in {tag for image in daemon.client.images.list(name=_STANDS_IN) for tag in image.tags} - {name}:
            if other.startswith(f"{_STANDS_IN}:"):
                daemon.client.images.remove(other)


_BASES: dict[str, Callable[[Daemon, Dockerfile, BytesReport], Dockerfile]] = {PUBLIC: _pulled, STAND_IN: _stood_in_for}
