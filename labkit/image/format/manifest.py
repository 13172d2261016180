"""Image manifests: from the bytes that a client pushed to typed descriptors.

Two formats describe one image, Docker's (v2, schema 2) and OCI's; two more list several images, Docker's manifest
list and OCI's index. Lambda takes the first two (Lambda Developer Guide, "Create a Lambda function using a container
image": "Lambda does not support multi-architecture container images"), a registry stores all four. So
:func:`classify` answers for any of them, and :func:`parse` only for the manifest of one image.

A manifest is never re-serialized: its digest is that of the bytes as they came.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from labkit.image.format.errors import IndexManifest, ManifestError

DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
"""Media type of Docker's manifest of one image, which ``docker push`` made in the article."""
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"

_IMAGES = frozenset({DOCKER_MANIFEST, OCI_MANIFEST})
_INDEXES = frozenset({DOCKER_LIST, OCI_INDEX})
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True)
class Format:
    """One family of media types, for manifest, config and gzipped layers; some clients refuse a manifest that mixes."""

    manifest: str
    config: str
    layer: str


DOCKER = Format(DOCKER_MANIFEST, DOCKER_CONFIG, DOCKER_LAYER)
OCI = Format(OCI_MANIFEST, OCI_CONFIG, OCI_LAYER)


@dataclass(frozen=True)
class Descriptor:
    """One blob as a manifest names it: media type, size in bytes, ``sha256:...`` digest."""

    media_type: str
    size: int
    digest: str

    def to_dict(self) -> dict[str, Any]:
        """Return the descriptor as manifests spell it."""
        return {"mediaType": self.media_type, "size": self.size, "digest": self.digest}


@dataclass(frozen=True)
class Manifest:
    """The manifest of one image: its media type, its config's descriptor and its layers', lowest first."""

    media_type: str
    config: Descriptor
    layers: tuple[Descriptor, ...]

    @property
    def size(self) -> int:
        """Return the bytes of config and layers together, as compressed in the registry."""
        return self.config.size + sum(layer.size for layer in self.layers)


def digest(data: bytes) -> str:
    """Return the ``sha256:...`` digest of ``data``."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def classify(raw: bytes, media_type: str | None = None) -> str:
    """Return the media type of a manifest or index.

    ``media_type`` is what the client said (ECR's ``imageManifestMediaType``, HTTP's ``Content-Type``); it must agree
    with the document's own ``mediaType`` where that is present. Raises :class:`ManifestError` for anything else.
    """
    return _classify(_document(raw), media_type)


def parse(raw: bytes, media_type: str | None = None) -> Manifest:
    """Read the manifest of one image.

    Raises :class:`IndexManifest` for an index or manifest list and :class:`ManifestError` for anything else.
    """
    document = _document(raw)
    kind = _classify(document, media_type)
    if kind in _INDEXES:
        listed = tuple(entry.digest for entry in _descriptors(document, "manifests"))
        raise IndexManifest(
            "The manifest is an image index, which Lambda does not support; "
            "build for one platform with --provenance=false and push again.",
            kind,
            listed,
        )
    return Manifest(kind, _descriptor(document.get("config"), "config"), tuple(_descriptors(document, "layers")))


def is_index(raw: bytes) -> bool:
    """Tell whether ``raw`` lists several images. Raises :class:`ManifestError` when it is no manifest at all."""
    return classify(raw) in _INDEXES


def for_platform(raw: bytes, architecture: str) -> Descriptor | None:
    """Return the image for linux and ``architecture`` (amd64, arm64) that an index lists, or None.

    Attestations, which builders list beside the images, are for the platform ``unknown/unknown``. Raises
    :class:`ManifestError` for what is not an index.
    """
    document = _document(raw)
    for entry, descriptor in zip(document.get("manifests") or [], _descriptors(document, "manifests"), strict=True):
        match entry.get("platform"):
            case {"os": "linux", "architecture": found} if found == architecture:
                return descriptor
    return None


def _document(raw: bytes) -> Mapping[str, Any]:
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise ManifestError(f"The image manifest is not JSON: {error}.") from error
    if not isinstance(document, dict) or document.get("schemaVersion") != 2:
        raise ManifestError("The image manifest is not a JSON object with schemaVersion 2.")
    return document


def _classify(document: Mapping[str, Any], said: str | None) -> str:
    written = document.get("mediaType")
    kind = written or said or (OCI_INDEX if "manifests" in document else OCI_MANIFEST)
    if not isinstance(kind, str) or kind not in _IMAGES | _INDEXES:
        raise ManifestError(f"The image manifest has the media type {kind!r}, which is not known.")
    if said and said != kind:
        raise ManifestError(f"The image manifest says that it is {kind}, but was sent as {said}.")
    return kind


def _descriptors(document: Mapping[str, Any], name: str) -> list[Descriptor]:
    entries = document.get(name)
    if not isinstance(entries, list):
        raise ManifestError(f"The image manifest has no list of {name}.")
    return [_descriptor(entry, f"{name}[{at}]") for at, entry in enumerate(entries)]


def _descriptor(entry: object, place: str) -> Descriptor:
    match entry:
        case {"mediaType": str(media_type), "size": int(size), "digest": str(text)} if size >= 0 and _DIGEST.fullmatch(
            text
        ):
            return Descriptor(media_type, size, text)
    raise ManifestError(f"The image manifest's {place} is not a descriptor with mediaType, size and digest.")
