"""Who builds, pushes, pulls and tries an image, as an interface: a Docker engine, or the lab by itself.

The two are in `labkit.lab.docker_builder` and `labkit.lab.engine`; what they have built is alike only as far as
`BuiltImage` and `Trial` say.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from labkit.image.transfer import BytesReport, LineReport, Pulled, Pushed, silent
from labkit.pull.uri import ImageUri


class BuiltImage(Protocol):
    """What either way has built, as far as they are alike: ``base`` is what FROM names."""

    @property
    def base(self) -> str:
        """What FROM names."""

    @property
    def stand_in(self) -> bool:
        """Whether it stands on a stand-in for ``base``."""

    @property
    def has_interpreter(self) -> bool:
        """Whether its own files can run its handler."""

    @property
    def architecture(self) -> str:
        """``amd64`` or ``arm64``."""

    @property
    def labels(self) -> Any:
        """The labels of its config, by name."""


class Trial(Protocol):
    """An image behind the emulator's URL."""

    @property
    def url(self) -> str:
        """Where to post an event."""

    @property
    def interpreter(self) -> str:
        """Which Python runs the handler, in words."""


class Builder(Protocol):
    """One of the two ways."""

    @property
    def name(self) -> str:
        """``docker`` or ``embedded``."""

    @property
    def sentence(self) -> str:
        """Who builds, pushes and pulls, in one sentence."""

    def build(self, folder: Path, base: str, names: list[ImageUri], progress: LineReport, pulling: BytesReport) -> Any:
        """Build the image of ``folder`` on ``base`` (public or stand-in), to be known by ``names``."""

    def push(self, ecr: Any, repository: str, tag: str, image: Any, progress: LineReport = silent) -> Pushed:
        """Push what this way has built, as the caller of the client ``ecr``, to the caller's own registry."""

    def pull(self, ecr: Any, account: str, repository: str, tag: str, progress: LineReport = silent) -> Pulled:
        """Pull an image of the registry of ``account`` as the caller of the client ``ecr``."""

    def describe(self, image: Any) -> str:
        """What this way has built, to go on in a sentence: its platform, and which Python is inside."""

    def run_locally(self, image: Any, port: int = 0) -> AbstractContextManager[Trial]:
        """Serve what this way has built on 127.0.0.1 until the context is left; port 0 takes a free one."""
