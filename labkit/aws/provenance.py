"""Pushing an image as builders push it that add provenance: under the tag stands an index (`labkit.image.provenance`).

The image must be in the repository already. Whoever has buildx gets the same from ``docker buildx build --push``.
"""

from __future__ import annotations

from typing import Any

from labkit.aws.images import push_blobs
from labkit.errors import LabError
from labkit.image.manifest import DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST, digest
from labkit.image.provenance import with_provenance


def push_index(ecr: Any, repository: str, tag: str, of: str, architecture: str) -> str:
    """Pushes an index of the image with the tag ``of`` as ``tag`` and returns the index's digest.

    ``architecture`` is the image's, amd64 or arm64. Pushing the same again changes nothing. Raises ClientError, and
    LabError where the repository does not have the image.
    """
    answer = ecr.batch_get_image(
        repositoryName=repository,
        imageIds=[{"imageTag": of}],
        acceptedMediaTypes=[DOCKER_MANIFEST, OCI_MANIFEST],
    )
    if not answer["images"]:
        raise LabError(f"The repository {repository} has no image {of}; push it first.")
    image = answer["images"][0]
    manifest = image["imageManifest"].encode()
    made = with_provenance(manifest, image["imageManifestMediaType"], architecture)
    push_blobs(ecr, repository, made.blobs)
    _put(ecr, repository, made.attestation, OCI_MANIFEST)
    _put(ecr, repository, made.index, OCI_INDEX, imageTag=tag)
    return digest(made.index)


def _put(ecr: Any, repository: str, manifest: bytes, media_type: str, **more: str) -> None:
    try:
        ecr.put_image(
            repositoryName=repository,
            imageManifest=manifest.decode(),
            imageManifestMediaType=media_type,
            imageDigest=digest(manifest),
            **more,
        )
    except ecr.exceptions.ImageAlreadyExistsException:
        return
