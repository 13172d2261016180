"""Images on AWS's own base, pushed through ECR's layer API to the embedded AWS and run as functions."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import pytest

from labkit.aws import images
from labkit.image.build.assemble import build
from labkit.image.format.manifest import OCI
from labkit.lab.article import IMAGE_FOLDER
from labkit.scenarios import named, run


class Ecr:
    """Takes the calls of a push and keeps the sizes of the parts."""

    class exceptions:
        ImageAlreadyExistsException = LookupError

    def __init__(self, part_size: int) -> None:
        self.part_size = part_size
        self.parts: list[tuple[int, int]] = []
        self.content = b""

    def batch_check_layer_availability(self, **_: Any) -> Any:
        return {"layers": []}

    def initiate_layer_upload(self, **_: Any) -> Any:
        self.content = b""
        return {"uploadId": "u", "partSize": self.part_size}

    def upload_layer_part(self, partFirstByte: int, partLastByte: int, layerPartBlob: bytes, **_: Any) -> None:
        assert partLastByte - partFirstByte + 1 == len(layerPartBlob)
        assert partFirstByte == len(self.content)
        self.parts.append((partFirstByte, len(layerPartBlob)))
        self.content += layerPartBlob

    def complete_layer_upload(self, layerDigests: list[str], **_: Any) -> None:
        self.completed = (layerDigests[0], self.content)

    def put_image(self, **_: Any) -> None:
        pass


def test_a_layer_is_sent_from_its_file_in_parts_of_at_most_20_mib(tmp_path):
    image = build(IMAGE_FOLDER)
    large = tmp_path / "layer"
    with large.open("wb") as file:
        file.truncate(45 << 20)
    ecr = Ecr(1 << 30)
    last = image.parsed.layers[-1].digest
    images.push(ecr, "r", "t", replace(image, blobs={last: large}))
    assert ecr.parts == [(0, 20 << 20), (20 << 20, 20 << 20), (40 << 20, 5 << 20)]
    assert ecr.completed[0] == last


def test_parts_are_as_small_as_ecr_asks_for():
    image = build(IMAGE_FOLDER)
    ecr = Ecr(1000)
    config = image.config_digest
    images.push(ecr, "r", "t", replace(image, blobs={config: image.blobs[config]}))
    assert {size for _, size in ecr.parts[:-1]} == {1000}
    assert ecr.completed == (config, image.blobs[config])


@pytest.mark.parametrize("types", [None, OCI], ids=["docker", "oci"])
def test_a_function_is_created_from_an_image_on_a_pulled_base_and_runs(lab, registry, bases, types):
    if types:
        registry.publish(types=types)
    image = build(IMAGE_FOLDER, base=bases())
    result = run(lab, named("cross-account"), image)
    assert result.ok, result.to_dict()
    pushed, *_, created, invoked, _ = (step.facts for step in result.steps)
    assert pushed["base"] == "on public.ecr.aws/lambda/python:3.12"
    assert pushed["digest"] == image.digest
    assert created["function"].endswith(":function:test-another-account")
    assert invoked["payload"] == f"Hello from AWS Lambda using Python{sys.version}!"
