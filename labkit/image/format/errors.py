"""What can go wrong with an image once its Dockerfile is fine.

    LabError
    └── ImageError
        ├── ConfigError          a configuration that nobody can read
        ├── ManifestError        bytes that are not the manifest of one image
        │   └── IndexManifest    an image index or manifest list, which Lambda does not take
        ├── LayerError           a layer that cannot be unpacked, or that tries to leave the image
        │   ├── ImageTooLarge    more bytes than the limit, unpacked
        │   └── ImageTooComplex  more entries or deeper directories than the lab unpacks
        ├── DiskError            the disk to unpack to is full, read-only or failing
        └── Throttled            every environment of a function is busy

Mistakes in a Dockerfile are :class:`labkit.errors.DockerfileError`, a wrong use, not an ``ImageError``.
"""

from __future__ import annotations

from labkit.errors import LabError


class ImageError(LabError):
    """An image that cannot be read, unpacked or run."""


class ConfigError(ImageError):
    """An image's configuration cannot be read; the message says where and why, in one sentence."""


class ManifestError(ImageError):
    """The bytes are not an image manifest that the lab can read; the message says why."""


class IndexManifest(ManifestError):  # noqa: N818 - it names what was found
    """The bytes are an image index (or manifest list), valid for a registry, not for Lambda.

    ``media_type`` is its media type and ``manifests`` are the digests that it lists.
    """

    def __init__(self, message: str, media_type: str, manifests: tuple[str, ...]) -> None:
        super().__init__(message)
        self.media_type = media_type
        self.manifests = manifests


class LayerError(ImageError):
    """A layer that is damaged, of an unknown compression, or that tries to leave the image's root."""


class ImageTooLarge(LayerError):  # noqa: N818 - it names the condition, as Lambda does (SizeLimitExceeded)
    """The layers unpack to more than ``limit`` bytes (Lambda's quota is 10 GiB uncompressed)."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"The image unpacks to more than {limit} bytes; make it smaller.")
        self.limit = limit


class ImageTooComplex(LayerError):  # noqa: N818 - it names the condition
    """The layers have more entries or deeper directories than the lab unpacks; the message says which limit."""


class DiskError(ImageError):
    """The disk that an image is unpacked to is full, read-only or failing; the image may be fine."""


class Throttled(ImageError):  # noqa: N818 - AWS's own word
    """All ``limit`` environments of a function are busy; try again when one has answered."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"All {limit} environments of the function are busy; try again in a moment.")
        self.limit = limit
