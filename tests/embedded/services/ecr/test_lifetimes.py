"""What ECR gives out for a while: login tokens and download URLs, on a clock that the test moves."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import pytest

from labkit.aws.images import push
from labkit.embedded.services.ecr.tokens import holder_of
from labkit.image.format.image import Image
from tests.embedded.lab_of_tests import image_of


@pytest.fixture
def image(tmp_path: Any) -> Image:
    return image_of(tmp_path / "image")


def test_a_login_token_stands_for_its_caller_for_twelve_hours(cloud: Any, clock: Any):
    (data,) = cloud.client("workload", "ecr").get_authorization_token()["authorizationData"]
    password = base64.b64decode(data["authorizationToken"]).decode().removeprefix("AWS:")
    holder = holder_of(cloud.embedded, password)
    assert holder is not None
    assert holder.arn == "arn:aws:iam::592444418872:user/admin"
    assert data["expiresAt"] == holder.expires
    assert holder_of(cloud.embedded, password + "x") is None
    assert holder.expires - clock.now() == timedelta(hours=12)


def test_what_was_a_login_token_is_known_for_a_week_after_it_has_expired(cloud: Any, clock: Any):
    ecr = cloud.client("workload", "ecr")
    (data,) = ecr.get_authorization_token()["authorizationData"]
    password = base64.b64decode(data["authorizationToken"]).decode().removeprefix("AWS:")
    clock.move(days=7)
    ecr.get_authorization_token()
    assert holder_of(cloud.embedded, password) is not None
    clock.move(days=1)
    ecr.get_authorization_token()
    assert holder_of(cloud.embedded, password) is None


def test_a_download_url_works_for_an_hour(cloud: Any, clock: Any, image: Image):
    ecr = cloud.client("registry", "ecr")
    ecr.create_repository(repositoryName="repo")
    push(ecr, "repo", "1", image)
    layer = image.parsed.layers[0].digest
    url = ecr.get_download_url_for_layer(repositoryName="repo", layerDigest=layer)["downloadUrl"]
    target = url.removeprefix(cloud.embedded.endpoint)
    assert cloud.send("GET", target, {}).body == image.blobs[layer]
    clock.move(minutes=59)
    assert cloud.send("GET", target, {}).status == 200
    clock.move(minutes=2)
    assert cloud.send("GET", target, {}).status == 403
