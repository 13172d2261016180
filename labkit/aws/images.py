"""Pushing and pulling an image through ECR's own layer API, digests verified on both ways.

A push sends what the repository does not have yet: InitiateLayerUpload, UploadLayerPart, CompleteLayerUpload, and
PutImage at the end. A pull does what ``docker pull`` does: BatchGetImage for the manifest, GetDownloadUrlForLayer for
every blob, and checks each digest.

Source: Amazon ECR API Reference, UploadLayerPart (parts of at most 20 MiB, in order) and GetDownloadUrlForLayer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from labkit.aws.web import web
from labkit.errors import LabError
from labkit.image.format.archive import Blob, raw
from labkit.image.format.image import Image
from labkit.image.format.manifest import DOCKER_MANIFEST, OCI_MANIFEST, parse
from labkit.image.transfer import LineReport, Pulled, Pushed, silent

PART_BYTES = 20 * 1024 * 1024


def push(ecr: Any, repository: str, tag: str, image: Image, progress: LineReport = silent) -> Pushed:
    """Pushes the image under the tag; pushing what is there already changes nothing. Raises ClientError."""
    sent = push_blobs(ecr, repository, image.blobs, progress)
    try:
        ecr.put_image(
            repositoryName=repository,
            imageTag=tag,
            imageManifest=image.manifest.decode(),
            imageManifestMediaType=image.media_type,
            imageDigest=image.digest,
        )
    except ecr.exceptions.ImageAlreadyExistsException:
        progress("the image is there already")
    return Pushed(image.digest, sent, len(image.blobs) - sent)


def push_blobs(ecr: Any, repository: str, blobs: Mapping[str, Blob], progress: LineReport = silent) -> int:
    """Pushes the blobs, by their digests, that the repository does not have; returns how many. Raises ClientError."""
    missing = _missing(ecr, repository, list(blobs))
    for digest, blob in blobs.items():
        if digest in missing:
            size = len(blob) if isinstance(blob, bytes) else blob.stat().st_size
            progress(f"pushing {digest[:19]} ({size:,} bytes)")
            _upload(ecr, repository, digest, blob)
    return len(missing)


def _missing(ecr: Any, repository: str, digests: list[str]) -> set[str]:
    answer = ecr.batch_check_layer_availability(repositoryName=repository, layerDigests=digests)
    present = {layer["layerDigest"] for layer in answer["layers"] if layer["layerAvailability"] == "AVAILABLE"}
    return set(digests) - present


def _upload(ecr: Any, repository: str, digest: str, blob: Blob) -> None:
    """Sends one blob part by part: of a file, no more than one part is in memory."""
    upload = ecr.initiate_layer_upload(repositoryName=repository)
    size = min(PART_BYTES, upload.get("partSize", PART_BYTES))
    first = 0
    with raw(blob) as content:
        while part := content.read(size):
            ecr.upload_layer_part(
                repositoryName=repository,
                uploadId=upload["uploadId"],
                partFirstByte=first,
                partLastByte=first + len(part) - 1,
                layerPartBlob=part,
            )
            first += len(part)
    ecr.complete_layer_upload(repositoryName=repository, uploadId=upload["uploadId"], layerDigests=[digest])


def pull(ecr: Any, registry: str, repository: str, tag: str, progress: LineReport = silent) -> Pulled:
    """Pulls an image of the registry's account as ``docker pull`` does, keeping nothing.

    Raises ClientError where the caller may not, LabError where a digest does not match or the image is not there.
    """
    answer = ecr.batch_get_image(
        registryId=registry,
        repositoryName=repository,
        imageIds=[{"imageTag": tag}],
        acceptedMediaTypes=[DOCKER_MANIFEST, OCI_MANIFEST],
    )
    if answer["failures"]:
        failure = answer["failures"][0]
        raise LabError(f"ECR has no image {repository}:{tag}: {failure['failureReason']} ({failure['failureCode']}).")
    found = answer["images"][0]
    digest = found["imageId"]["imageDigest"]
    _verify(found["imageManifest"].encode(), digest)
    manifest = parse(found["imageManifest"].encode(), found.get("imageManifestMediaType"))
    blobs = [manifest.config, *manifest.layers]
    for blob in blobs:
        url = ecr.get_download_url_for_layer(registryId=registry, repositoryName=repository, layerDigest=blob.digest)[
            "downloadUrl"
        ]
        progress(f"pulling {blob.digest[:19]} ({blob.size:,} bytes)")
        _download(url, blob.digest)
    return Pulled(digest, len(blobs), sum(blob.size for blob in blobs))


def _verify(content: bytes, digest: str) -> None:
    if f"sha256:{hashlib.sha256(content).hexdigest()}" != digest:
        raise LabError(f"What came for {digest} has another digest: the download is damaged. Pull again.")


def _download(url: str, digest: str) -> None:
    found = hashlib.sha256()
    with web() as session, session.get(url, stream=True, timeout=60) as answer:
        answer.raise_for_status()
        for piece in answer.iter_content(1 << 20):
            found.update(piece)
    if f"sha256:{found.hexdigest()}" != digest:
        raise LabError(f"What came for {digest} has another digest: the download is damaged. Pull again.")
