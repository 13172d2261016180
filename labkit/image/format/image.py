"""An assembled image as a value: the bytes to push and what they say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from labkit.image.format.archive import Blob, read
from labkit.image.format.config import ImageConfig
from labkit.image.format.manifest import Manifest, digest, parse


@dataclass(frozen=True)
class Image:
    """One image of one platform, complete: everything that a push sends.

    ``manifest`` are the bytes whose digest is the image's digest, ``blobs`` the config and the layers by their
    ``sha256:...`` digest, each as its bytes or as the file that holds them. ``base`` is the reference in FROM, and
    ``stand_in`` tells whether that base was stood in for instead of pulled.
    """

    manifest: bytes
    media_type: str
    blobs: Mapping[str, Blob]
    base: str
    stand_in: bool

    @cached_property
    def parsed(self) -> Manifest:
        """Return the manifest's descriptors."""
        return parse(self.manifest, self.media_type)

    @property
    def digest(self) -> str:
        """Return the digest by which ECR and Lambda name the image."""
        return digest(self.manifest)

    @property
    def config_digest(self) -> str:
        """Return the digest of the config, Docker's classic image ID."""
        return self.parsed.config.digest

    @cached_property
    def config(self) -> ImageConfig:
        """Return the configuration. Raises :class:`~labkit.image.format.errors.ConfigError`."""
        return ImageConfig.parse(read(self.blobs[self.config_digest]))

    @property
    def labels(self) -> Mapping[str, str]:
        """Return the labels, the stand-in's own among them."""
        return self.config.labels

    @property
    def architecture(self) -> str:
        """Return ``amd64`` or ``arm64``."""
        return self.config.architecture

    @property
    def has_interpreter(self) -> bool:
        """Return whether its own files can run its handler: not on the stand-in."""
        return not self.stand_in

    @property
    def layers(self) -> list[Blob]:
        """Return the layers, lowest first, as :func:`labkit.image.run.filesystem.unpack` takes them."""
        return [self.blobs[layer.digest] for layer in self.parsed.layers]
