"""The images of worlds: the article's, and what comes of other ways to build one.

Each is a change of the article's image, so that all have its handler where they run at all.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

from labkit.aws import images
from labkit.image.build.assemble import build
from labkit.image.format.image import Image
from labkit.image.format.manifest import OCI_CONFIG, OCI_MANIFEST
from labkit.lab.article import IMAGE_FOLDER
from labkit.scenarios.provenance import push_index

_ZSTD = "application/vnd.oci.image.layer.v1.tar+zstd"
_LARGE = 11 * 1024**3
"""Bytes of a layer that is larger than all of what Lambda takes (10 GiB)."""


@cache
def _built(architecture: str = "amd64") -> Image:
    return build(IMAGE_FOLDER, architecture=architecture)


def _with_manifest(change: Callable[[dict[str, Any]], object]) -> Image:
    image = _built()
    document = json.loads(image.manifest)
    change(document)
    return replace(image, manifest=json.dumps(document).encode(), media_type=document["mediaType"])


def _zstd(document: dict[str, Any]) -> None:
    """As ``docker buildx build --output type=image,compression=zstd,oci-mediatypes=true`` says it."""
    document["mediaType"] = OCI_MANIFEST
    document["config"]["mediaType"] = OCI_CONFIG
    for layer in document["layers"]:
        layer["mediaType"] = _ZSTD


def _large(document: dict[str, Any]) -> None:
    document["layers"][0]["size"] = _LARGE


IMAGES: dict[str, Callable[[], Image]] = {
    "image": _built,
    "arm64": lambda: _built("arm64"),
    "index": _built,
    "zstd": lambda: _with_manifest(_zstd),
    "large": lambda: _with_manifest(_large),
}
"""What can be pushed, by its kind: an ``index`` lists the image and its provenance."""


def push(ecr: Any, repository: str, tag: str, kind: str) -> str:
    """Push an image of a kind under a tag; answers the digest of what the tag means then. Raises ClientError."""
    image = IMAGES[kind]()
    if kind != "index":
        return images.push(ecr, repository, tag, image).digest
    images.push(ecr, repository, f"{tag}-image", image)
    return push_index(ecr, repository, tag, f"{tag}-image", image.architecture)
