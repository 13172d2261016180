"""A disk that is full while an image is pushed: one sentence at either door, and nothing half done is in force."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator

import pytest

from labkit.embedded.state import uploads
from labkit.image.format.image import Image
from tests.embedded.conftest import Cloud
from tests.embedded.lab_of_tests import push, refusal
from tests.embedded.registry_client import Registry, error_of


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """The disk takes nothing of any upload until the context that this gives is left."""

    def refuses(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as context:
        context.setattr(uploads, "_write", refuses)
        yield context


def test_a_part_of_a_layer_is_refused_with_a_sentence_and_can_be_sent_again(
    cloud: Cloud, full: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    ecr = cloud.client("registry", "ecr")
    ecr.create_repository(repositoryName="app")
    upload = ecr.initiate_layer_upload(repositoryName="app")["uploadId"]
    part = {"repositoryName": "app", "uploadId": upload, "partFirstByte": 0, "partLastByte": 4}
    code, status, text = refusal(ecr.upload_layer_part, **part, layerPartBlob=b"layer")
    assert (code, status) == ("InvalidLabStateException", 400)
    assert text.endswith("the disk is full.")
    assert "the disk is full" in caplog.text
    assert "Traceback" not in caplog.text
    full.undo()
    assert ecr.upload_layer_part(**part, layerPartBlob=b"layer")["lastByteReceived"] == 4


def test_an_image_whose_manifest_finds_no_room_is_not_there(cloud: Cloud, full: pytest.MonkeyPatch, image: Image):
    ecr = cloud.client("registry", "ecr")
    ecr.create_repository(repositoryName="app")
    full.undo()
    push(ecr, "app", "1", image)
    manifest = json.dumps(json.loads(image.manifest), indent=1)
    with full.context() as again:
        again.setattr(uploads, "_write", lambda *_: (_ for _ in ()).throw(OSError(errno.ENOSPC, "No space left")))
        code, status, _ = refusal(ecr.put_image, repositoryName="app", imageTag="2", imageManifest=manifest)
    assert (code, status) == ("InvalidLabStateException", 400)
    assert [each.get("imageTag") for each in ecr.list_images(repositoryName="app")["imageIds"]] == ["1"]
    ecr.put_image(repositoryName="app", imageTag="2", imageManifest=manifest)


def test_docker_is_told_too_and_goes_on_where_it_stood(cloud: Cloud, full: pytest.MonkeyPatch):
    cloud.client("registry", "ecr").create_repository(repositoryName="lambda-same-account")
    registry = Registry(cloud)
    begun = registry.begin()
    status, code, text = error_of(registry.at("PATCH", begun, body=b"layer"))
    assert (status, code, text.endswith("the disk is full.")) == (500, "UNKNOWN", True)
    full.undo()
    assert registry.at("PATCH", begun, body=b"layer").headers["Range"] == "0-4"
