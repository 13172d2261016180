"""Pushing, deleting and collecting at the same time: what was acknowledged is there, what nobody needs is not."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from labkit.embedded.state.blobs import digest_of
from labkit.image.format.manifest import DOCKER_CONFIG, DOCKER_LAYER, DOCKER_MANIFEST
from tests.embedded.conftest import Cloud

ROUNDS, CLIENTS = 6, 4
SHARED = b"the layer that all of them have"


def push(ecr: Any, repository: str, *blobs: bytes) -> str:
    """Push an image whose first blob is its configuration, layers that are there already excepted; its manifest."""
    digests = [digest_of(blob) for blob in blobs]
    answer = ecr.batch_check_layer_availability(repositoryName=repository, layerDigests=digests)["layers"]
    there = {each["layerDigest"] for each in answer if each["layerAvailability"] == "AVAILABLE"}
    for blob, digest in zip(blobs, digests, strict=True):
        if digest not in there:
            upload = ecr.initiate_layer_upload(repositoryName=repository)["uploadId"]
            named = {"repositoryName": repository, "uploadId": upload}
            ecr.upload_layer_part(**named, partFirstByte=0, partLastByte=len(blob) - 1, layerPartBlob=blob)
            with suppress(ecr.exceptions.LayerAlreadyExistsException):  # another client was faster
                ecr.complete_layer_upload(**named, layerDigests=[digest])
    parts = [{"size": len(blob), "digest": digest} for blob, digest in zip(blobs, digests, strict=True)]
    manifest = {
        "schemaVersion": 2,
        "mediaType": DOCKER_MANIFEST,
        "config": {**parts[0], "mediaType": DOCKER_CONFIG},
        "layers": [{**part, "mediaType": DOCKER_LAYER} for part in parts[1:]],
    }
    return json.dumps(manifest)


def one_client(cloud: Cloud, repository: str, number: int) -> None:
    """Push an image, find it whole, delete it, over and over; the shared layer comes and goes with everybody's."""
    ecr = cloud.client("registry", "ecr")
    for turn in range(ROUNDS):
        config = b'{"architecture": "amd64", "turn": "%d of %d"}' % (turn, number)
        text = push(ecr, repository, config, SHARED)
        ecr.put_image(repositoryName=repository, imageManifest=text, imageTag=f"tag-{number}")
        for blob in (config, SHARED):
            assert cloud.embedded.images.blobs.read(digest_of(blob)) == blob
        ecr.batch_delete_image(repositoryName=repository, imageIds=[{"imageDigest": digest_of(text.encode())}])


def test_nobody_loses_a_layer_that_was_promised_while_others_delete_it(cloud: Cloud, ecr: Any):
    for repository in ("one", "two"):
        ecr.create_repository(repositoryName=repository)
    with ThreadPoolExecutor(CLIENTS) as clients:
        runs = [clients.submit(one_client, cloud, ("one", "two")[n % 2], n) for n in range(CLIENTS)]
    for run in runs:
        run.result()
    cloud.clock.move(days=2)
    cloud.embedded.tidy()
    assert list(cloud.embedded.images.blobs) == []
    left = "SELECT (SELECT count(*) FROM layer) + (SELECT count(*) FROM image) + (SELECT count(*) FROM image_part)"
    (row,) = cloud.embedded.database.all(left)
    assert row[0] == 0
