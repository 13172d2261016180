"""Pushing the image with provenance and without: under the one tag stands an index, under the other one image.

Docker's buildx makes both where it is there and the engine can keep an index. Everywhere else the lab makes the index
itself, as builders make it (`labkit.image.format.provenance`); what is returned says which of the two it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labkit.aws.images import push_blobs
from labkit.docker import buildx, registry
from labkit.docker.buildx import Buildx, NoBuildxError
from labkit.errors import LabError
from labkit.image.format.manifest import DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST, digest
from labkit.image.format.provenance import with_provenance
from labkit.image.transfer import LineReport, silent
from labkit.lab.builder import Builder
from labkit.lab.docker_builder import DockerBuilder

BUILDX, LAB = "buildx", "lab"
"""Who made what was pushed."""


@dataclass(frozen=True, slots=True)
class PushSource:
    """What is pushed: the image under the tag ``tag`` of the repository, built by the lab's engine of ``folder``.

    ``image`` is the engine's own, ``base`` the base that it was built on.
    """

    image: Any
    tag: str
    folder: Path
    base: str


@dataclass(frozen=True, slots=True)
class Made:
    """What was pushed: its digest, who made it (``BUILDX`` or ``LAB``), and that in a sentence."""

    digest: str
    by: str
    sentence: str


def push(
    engine: Builder,
    ecr: Any,
    repository: str,
    tag: str,
    source: PushSource,
    *,
    provenance: bool,
    progress: LineReport = silent,
) -> Made:
    """Pushes to the caller's own registry as ``tag``: with provenance an index, without it one image.

    Pushing again gives the same digest, but for an index by buildx, which notes times. Raises ClientError, and LabError
    where the engine or buildx fails or the repository does not have the source's tag.
    """
    switch = f"--provenance={str(provenance).lower()}"
    try:
        builder = _builder(engine)
    except NoBuildxError as why:
        if not provenance:
            image = engine.push(ecr, repository, tag, source.image, progress)
            return Made(image.digest, LAB, "This is the image as it was built, without provenance.")
        index = push_index(ecr, repository, tag, source.tag, source.image.architecture)
        return Made(index, LAB, f"The lab made this index, in the form that builders use, since {why}.")
    known, uri = registry.login(ecr), registry.uri(ecr, repository, tag)
    name = known.name(uri)
    builder.build(source.folder, source.base, name, provenance=provenance, progress=progress)
    made = registry.push(builder.daemon, name, known, uri, progress)
    return Made(made.digest, BUILDX, f"Built by {builder.title} with {switch}.")


def _builder(engine: Builder) -> Buildx:
    if not isinstance(engine, DockerBuilder):
        raise NoBuildxError("it builds without Docker")
    return buildx.find(engine.daemon)


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
