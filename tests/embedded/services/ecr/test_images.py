"""Images through boto3: put, read, described, deleted, with AWS's codes and texts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labkit.aws.images import pull, push
from labkit.embedded.state.blobs import digest_of
from labkit.image.format.image import Image
from labkit.image.format.manifest import DOCKER_MANIFEST, OCI_INDEX
from tests.embedded.lab_of_tests import REGISTRY, refusal


def test_a_pushed_image_has_the_digest_of_its_manifest(ecr: Any, repository: str, image: Image):
    assert push(ecr, repository, "0.0.1", image).digest == image.digest
    (found,) = ecr.describe_images(repositoryName=repository)["imageDetails"]
    assert found["imageDigest"] == image.digest
    assert found["imageTags"] == ["0.0.1"]
    assert found["imageSizeInBytes"] == sum(layer.size for layer in image.parsed.layers)
    assert found["imageManifestMediaType"] == DOCKER_MANIFEST


def test_what_was_pushed_is_pulled_byte_for_byte(ecr: Any, repository: str, image: Image):
    push(ecr, repository, "0.0.1", image)
    (got,) = ecr.batch_get_image(repositoryName=repository, imageIds=[{"imageTag": "0.0.1"}])["images"]
    assert got["imageManifest"].encode() == image.manifest
    assert pull(ecr, REGISTRY, repository, "0.0.1").digest == image.digest


def put(ecr: Any, repository: str, image: Image, **more: Any) -> Any:
    return ecr.put_image(repositoryName=repository, imageManifest=image.manifest.decode(), **more)


def test_an_image_needs_its_layers(ecr: Any, repository: str, image: Image):
    code, status, text = refusal(lambda: put(ecr, repository, image, imageTag="0.0.1"))
    assert (code, status) == ("LayersNotFoundException", 400)
    assert all(digest in text for digest in image.blobs)
    assert ecr.describe_images(repositoryName=repository)["imageDetails"] == []


@pytest.mark.parametrize("tag", ["-first", "a b", "a/b", "t" * 129])
def test_a_tag_that_no_reference_can_name_is_refused(ecr: Any, repository: str, image: Image, tag: str):
    push(ecr, repository, "0.0.1", image)
    code, status, text = refusal(lambda: put(ecr, repository, image, imageTag=tag))
    assert (code, status) == ("InvalidParameterException", 400)
    assert "'imageTag' failed to satisfy constraint" in text


def test_putting_an_image_twice_is_told(ecr: Any, repository: str, image: Image):
    push(ecr, repository, "0.0.1", image)
    code, status, text = refusal(lambda: put(ecr, repository, image, imageTag="0.0.1"))
    assert (code, status) == ("ImageAlreadyExistsException", 400)
    assert f"Image with digest '{image.digest}' and tag '0.0.1' already exists" in text


def test_a_promised_digest_must_be_the_manifests(ecr: Any, repository: str, image: Image):
    push(ecr, repository, "0.0.1", image)
    call = refusal(lambda: put(ecr, repository, image, imageTag="2", imageDigest=digest_of(b"other")))
    assert call[:2] == ("ImageDigestDoesNotMatchException", 400)


def test_an_immutable_tag_does_not_move(ecr: Any, repository: str, image: Image, another: Image):
    ecr.put_image_tag_mutability(repositoryName=repository, imageTagMutability="IMMUTABLE")
    push(ecr, repository, "0.0.1", image)
    push(ecr, repository, "0.0.2", another)
    code, status, text = refusal(lambda: put(ecr, repository, another, imageTag="0.0.1"))
    assert (code, status) == ("ImageTagAlreadyExistsException", 400)
    assert text == (
        f"The image tag '0.0.1' already exists in the '{repository}' repository and cannot be overwritten because "
        "the tag is immutable."
    )


def test_a_moved_tag_leaves_the_old_image_untagged(ecr: Any, repository: str, image: Image, another: Image):
    push(ecr, repository, "0.0.1", image)
    push(ecr, repository, "0.0.1", another)
    listed = ecr.list_images
    assert listed(repositoryName=repository, filter={"tagStatus": "TAGGED"})["imageIds"] == [
        {"imageDigest": another.digest, "imageTag": "0.0.1"}
    ]
    assert listed(repositoryName=repository, filter={"tagStatus": "UNTAGGED"})["imageIds"] == [
        {"imageDigest": image.digest}
    ]
    assert len(listed(repositoryName=repository)["imageIds"]) == 2


def test_images_that_are_not_there_are_failures(ecr: Any, repository: str, image: Image, another: Image):
    push(ecr, repository, "1", image)
    push(ecr, repository, "2", another)
    wrong = [
        ({"imageTag": "9.9"}, "ImageNotFound"),
        ({"imageDigest": digest_of(b"nothing")}, "ImageNotFound"),
        ({"imageDigest": "nonsense"}, "InvalidImageDigest"),
        ({}, "MissingDigestAndTag"),
        ({"imageTag": "1", "imageDigest": another.digest}, "ImageTagDoesNotMatchDigest"),
    ]
    for call in (ecr.batch_get_image, ecr.batch_delete_image):
        failures = call(repositoryName=repository, imageIds=[image_id for image_id, _ in wrong])["failures"]
        assert [(each["imageId"], each["failureCode"]) for each in failures] == wrong
    code, status, text = refusal(ecr.describe_images, repositoryName=repository, imageIds=[{"imageTag": "9.9"}])
    assert (code, status) == ("ImageNotFoundException", 400)
    assert "{imageDigest:'null', imageTag:'9.9'} does not exist within the repository" in text


def test_only_accepted_media_types_are_answered(ecr: Any, repository: str, image: Image):
    push(ecr, repository, "1", image)
    answer = ecr.batch_get_image(
        repositoryName=repository, imageIds=[{"imageTag": "1"}], acceptedMediaTypes=[OCI_INDEX]
    )
    assert answer["images"] == []
    assert answer["failures"][0]["failureCode"] == "ImageNotFound"


def test_a_tag_is_deleted_before_its_image(ecr: Any, repository: str, image: Image):
    for tag in ("0.0.1", "latest"):
        push(ecr, repository, tag, image)
    call = ecr.batch_delete_image
    assert call(repositoryName=repository, imageIds=[{"imageTag": "latest"}])["imageIds"] == [
        {"imageDigest": image.digest, "imageTag": "latest"}
    ]
    assert len(ecr.describe_images(repositoryName=repository)["imageDetails"]) == 1
    call(repositoryName=repository, imageIds=[{"imageDigest": image.digest}])
    assert ecr.describe_images(repositoryName=repository)["imageDetails"] == []


def test_an_index_holds_on_to_its_images(ecr: Any, repository: str, image: Image):
    entry = {"mediaType": DOCKER_MANIFEST, "size": len(image.manifest), "digest": image.digest}
    index = json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [entry]})
    call = refusal(ecr.put_image, repositoryName=repository, imageManifest=index)
    assert call[0] == "ReferencedImagesNotFoundException"
    push(ecr, repository, "one", image)
    ecr.put_image(repositoryName=repository, imageManifest=index, imageTag="multi")
    (failure,) = ecr.batch_delete_image(repositoryName=repository, imageIds=[{"imageDigest": image.digest}])["failures"]
    assert failure["failureCode"] == "ImageReferencedByManifestList"
    assert digest_of(index.encode()) in failure["failureReason"]


@pytest.mark.parametrize("manifest", ["nope", "{}", '{"schemaVersion": 2, "config": 1, "layers": []}'])
def test_what_is_no_manifest_is_refused(ecr: Any, repository: str, manifest: str):
    code, status, text = refusal(ecr.put_image, repositoryName=repository, imageManifest=manifest)
    assert (code, status) == ("InvalidParameterException", 400)
    assert "ImageManifest" in text
