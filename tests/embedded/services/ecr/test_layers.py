"""Layers through the ECR API: parts, digests, what is there, downloads, and a process that is killed."""

from __future__ import annotations

import re
from typing import Any

import pytest

from labkit.aws.images import pull
from labkit.embedded.process import client
from labkit.embedded.state.blobs import digest_of
from labkit.image.format.image import Image
from tests.embedded.conftest import Cloud
from tests.embedded.lab_of_tests import REGISTRY, Lab, refusal


def uploaded(ecr: Any, repository: str, *parts: bytes) -> str:
    upload = ecr.initiate_layer_upload(repositoryName=repository)["uploadId"]
    first = 0
    for part in parts:
        answer = part_of(ecr, repository, upload, first, part)
        first += len(part)
        assert answer["lastByteReceived"] == first - 1
    return upload


def part_of(ecr: Any, repository: str, upload: str, first: int, data: bytes, last: int | None = None) -> Any:
    last = first + len(data) - 1 if last is None else last
    return ecr.upload_layer_part(
        repositoryName=repository, uploadId=upload, partFirstByte=first, partLastByte=last, layerPartBlob=data
    )


def complete(ecr: Any, repository: str, upload: str, *digests: str) -> Any:
    return ecr.complete_layer_upload(repositoryName=repository, uploadId=upload, layerDigests=list(digests))


def test_a_layer_comes_in_parts_and_is_available_afterwards(ecr: Any, repository: str):
    big, small = b"x" * (5 * 1024 * 1024), b"the end"
    digest = digest_of(big + small)
    check = ecr.batch_check_layer_availability
    before = check(repositoryName=repository, layerDigests=[digest])["layers"]
    assert before == [{"layerDigest": digest, "layerAvailability": "UNAVAILABLE"}]
    answer = complete(ecr, repository, uploaded(ecr, repository, big, small), digest)
    assert answer["layerDigest"] == digest
    after = check(repositoryName=repository, layerDigests=[digest, "nonsense"])
    assert after["layers"] == [
        {"layerDigest": digest, "layerAvailability": "AVAILABLE", "layerSize": len(big) + len(small)}
    ]
    assert after["failures"][0]["failureCode"] == "InvalidLayerDigest"


def test_parts_come_in_order_and_say_truly_how_long_they_are(ecr: Any, repository: str):
    upload = uploaded(ecr, repository, b"12345")
    for first, last in ((0, None), (6, None), (5, 99)):
        code, status, _ = refusal(
            lambda first=first, last=last: part_of(ecr, repository, upload, first, b"678", last=last)
        )
        assert (code, status) == ("InvalidLayerPartException", 400)
    with pytest.raises(ecr.exceptions.InvalidLayerPartException) as refused:
        part_of(ecr, repository, upload, 9, b"678")
    assert refused.value.response["lastValidByteReceived"] == 4
    assert part_of(ecr, repository, upload, 5, b"678")["lastByteReceived"] == 7


def test_a_layer_with_another_digest_is_refused(ecr: Any, repository: str):
    upload = uploaded(ecr, repository, b"other bytes")
    code, status, _ = refusal(lambda: complete(ecr, repository, upload, digest_of(b"bytes")))
    assert (code, status) == ("InvalidLayerException", 400)
    complete(ecr, repository, upload, digest_of(b"bytes"), digest_of(b"other bytes"))


def test_an_upload_without_parts_and_one_with_too_small_parts_are_refused(ecr: Any, repository: str):
    empty = ecr.initiate_layer_upload(repositoryName=repository)["uploadId"]
    assert refusal(lambda: complete(ecr, repository, empty, digest_of(b"")))[0] == "EmptyUploadException"
    tiny = uploaded(ecr, repository, b"a", b"b")
    assert refusal(lambda: complete(ecr, repository, tiny, digest_of(b"ab")))[0] == "LayerPartTooSmallException"


def test_a_layer_that_is_there_is_told(ecr: Any, repository: str):
    complete(ecr, repository, uploaded(ecr, repository, b"layer"), digest_of(b"layer"))
    again = uploaded(ecr, repository, b"layer")
    assert refusal(lambda: complete(ecr, repository, again, digest_of(b"layer")))[0] == "LayerAlreadyExistsException"


def test_an_upload_belongs_to_its_repository(ecr: Any, repository: str, name: str):
    other = f"{name}-other"
    ecr.create_repository(repositoryName=other)
    upload = uploaded(ecr, repository, b"layer")
    code, status, text = refusal(lambda: complete(ecr, other, upload, digest_of(b"layer")))
    assert (code, status) == ("UploadNotFoundException", 400)
    assert text == (
        f"Upload with id '{upload}' could not be found for the repository with name '{other}' "
        f"in the registry with id '{REGISTRY}'"
    )


def test_a_layer_of_one_repository_cannot_be_fetched_from_another(ecr: Any, repository: str, name: str):
    other = f"{name}-other"
    ecr.create_repository(repositoryName=other)
    complete(ecr, repository, uploaded(ecr, repository, b"layer"), digest_of(b"layer"))
    call = ecr.get_download_url_for_layer
    assert call(repositoryName=repository, layerDigest=digest_of(b"layer"))["downloadUrl"]
    assert refusal(call, repositoryName=other, layerDigest=digest_of(b"layer"))[0] == "LayersNotFoundException"


def test_a_download_url_serves_its_layer_and_no_other(cloud: Cloud, ecr: Any, repository: str):
    one, two = b"layer one", b"layer two"
    for layer in (one, two):
        complete(ecr, repository, uploaded(ecr, repository, layer), digest_of(layer))
    url = ecr.get_download_url_for_layer(repositoryName=repository, layerDigest=digest_of(one))["downloadUrl"]
    assert url.startswith(cloud.embedded.endpoint)
    target = url.removeprefix(cloud.embedded.endpoint)
    answer = cloud.send("GET", target, {})
    assert (answer.status, answer.body) == (200, one)
    assert cloud.send("HEAD", target, {}).headers["Content-Length"] == str(len(one))
    assert cloud.send("POST", target, {}).status == 405
    stolen = target.replace(digest_of(one), digest_of(two))
    later = re.sub("expires=[0-9]+", "expires=99999999999", target)
    bare = target.partition("?")[0]
    for wrong in (stolen, later, bare, target.replace(digest_of(one), "..%2f..%2fstate%2flabkit.json")):
        assert cloud.send("GET", wrong, {}).status == 403


def test_nothing_of_a_layer_is_lost_when_the_process_is_killed(tmp_path_factory: pytest.TempPathFactory, image: Image):
    lab = Lab(tmp_path_factory.mktemp("killed") / "lab")
    try:
        ecr = lab.client("registry", "ecr")
        lab.repository("kept", image)
        upload = uploaded(ecr, "kept", b"x" * (5 * 1024 * 1024))
        lab.kill()
        ecr = lab.client("registry", "ecr")
        assert pull(ecr, REGISTRY, "kept", "0.0.1").digest == image.digest
        part_of(ecr, "kept", upload, 5 * 1024 * 1024, b"end")
        complete(ecr, "kept", upload, digest_of(b"x" * (5 * 1024 * 1024) + b"end"))
    finally:
        client.stop(lab.home)
