"""Image URIs: which are read, and what they name."""

from __future__ import annotations

import pytest

from labkit.pull.uri import ImageUri, InvalidImageUri

REGISTRY = "813835382529"


@pytest.mark.parametrize(
    "uri",
    [
        f"{REGISTRY}.dkr.ecr.eu-central-1.amazonaws.com/team/app:0.0.1",
        f"{REGISTRY}.dkr.ecr.eu-central-1.amazonaws.com/app@sha256:{'0' * 64}",
        f"{REGISTRY}.dkr.ecr.eu-central-1.amazonaws.com/app:1@sha256:{'0' * 64}",
        f"{REGISTRY}.dkr.ecr.cn-north-1.amazonaws.com.cn/app:1",
        f"{REGISTRY}.dkr.ecr.us-gov-west-1.amazonaws.com/app:1",
        f"{REGISTRY}.dkr.ecr-fips.us-east-1.amazonaws.com/app:1",
        f"{REGISTRY}.dkr-ecr.eu-central-1.on.aws/app:1",
    ],
)
def test_an_image_uri_reads_back_as_it_was_written(uri):
    assert str(ImageUri.parse(uri)) == uri


@pytest.mark.parametrize(
    "uri",
    [
        f"{REGISTRY}.dkr.ecr.eu-central-1.amazonaws.com/app",
        "public.ecr.aws/lambda/python:3.12",
        "docker.io/library/python:3.12",
        f"{REGISTRY}.dkr.ecr.eu-central-1.amazonaws.com.cn/app:1",
        f"{REGISTRY}.dkr.ecr.cn-north-1.amazonaws.com/app:1",
        f"{REGISTRY}.dkr-ecr.eu-central-1.amazonaws.com/app:1",
        f"{REGISTRY}.dkr.ecr.eu-central-1.amazonaws.com/App:1",
        "",
    ],
)
def test_what_is_no_uri_of_a_private_ecr_image_is_refused(uri):
    with pytest.raises(InvalidImageUri, match="is not the URI of an image"):
        ImageUri.parse(uri)


@pytest.mark.parametrize(
    ("host", "repository"),
    [
        ("dkr.ecr.eu-central-1.amazonaws.com", f"arn:aws:ecr:eu-central-1:{REGISTRY}:repository/team/app"),
        ("dkr-ecr.eu-central-1.on.aws", f"arn:aws:ecr:eu-central-1:{REGISTRY}:repository/team/app"),
        ("dkr.ecr.cn-north-1.amazonaws.com.cn", f"arn:aws-cn:ecr:cn-north-1:{REGISTRY}:repository/team/app"),
    ],
)
def test_an_image_belongs_to_one_repository_of_its_partition(host, repository):
    assert ImageUri.parse(f"{REGISTRY}.{host}/team/app:1").repository_arn == repository


def test_an_image_has_a_uri_by_digest():
    digest = f"sha256:{'0' * 64}"
    found = ImageUri.parse(f"{REGISTRY}.dkr.ecr.eu-central-1.amazonaws.com/app:1").at(digest)
    assert found == f"{REGISTRY}.dkr.ecr.eu-central-1.amazonaws.com/app@{digest}"
