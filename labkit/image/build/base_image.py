"""What an image is built on: the kinds of base images that can be chosen, and a base image as a value.

AWS's own base images are pulled (by `labkit.aws` or by a Docker engine); where they are not, the lab stands in for them
(`labkit.image.build.stand_in`, and `labkit.image.build.container_stand_in` for an engine).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from labkit.errors import UsageError
from labkit.image.build.layer import Sealed
from labkit.image.format.config import ImageConfig
from labkit.image.format.manifest import DOCKER, Format

PUBLIC, STAND_IN = "public", "stand-in"
BASES = (PUBLIC, STAND_IN)
"""Which base images stand on: AWS's own from Amazon ECR Public, or the lab's stand-in for it."""

ARCHITECTURES = ("amd64", "arm64")
"""What Lambda runs, as Docker names it; Lambda says x86_64 and arm64."""

CREATED = 1746748800
"""The time in everything the lab builds: 2025-05-09, the day of the article, in seconds since 1970."""

CREATED_TEXT = datetime.fromtimestamp(CREATED, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
"""The same as image configs write it."""


@dataclass(frozen=True)
class BaseImage:
    """An image to build on: the reference in FROM, its layers and its configuration.

    ``tree`` has the type (:mod:`tarfile`'s) of every path in the layers together, ``history`` the entries of the
    image config's ``history``, and ``format`` the media types that the image has and that what is built on it gets.
    """

    reference: str
    architecture: str
    stand_in: bool
    layers: tuple[Sealed, ...] = ()
    config: ImageConfig = field(default_factory=ImageConfig)
    tree: Mapping[str, bytes] = field(default_factory=dict)
    history: tuple[Mapping[str, Any], ...] = ()
    format: Format = DOCKER


BaseSource = Callable[[str, str], BaseImage]
"""Finds the base for the reference in FROM and an architecture; raises :class:`~labkit.errors.LabError`."""


def check_base(name: str) -> str:
    """Return the name of a kind of base as it is. Raises UsageError where it is none of :data:`BASES`."""
    if name not in BASES:
        raise UsageError(f"There is no base image {name!r}: choose {' or '.join(BASES)}.")
    return name
