"""The exercises of notebook 01: a second tag, the URI by digest."""

from __future__ import annotations

import pytest

from labkit import exercises
from labkit.scenarios import prepare


@pytest.fixture
def ecr(lab):
    prepare(lab, "same-account")
    return lab.registry.client("ecr")


def put(ecr, tag):
    name = "lambda-same-account"
    image = ecr.batch_get_image(repositoryName=name, imageIds=[{"imageTag": "0.0.1"}])["images"][0]
    ecr.put_image(repositoryName=name, imageManifest=image["imageManifest"], imageTag=tag)


def test_a_second_tag_must_be_there_and_name_the_same_image(lab, ecr):
    assert "empty" in exercises.second_tag(lab, "").reason
    assert "first tag" in exercises.second_tag(lab, "0.0.1").reason
    assert "knows no tag 2" in exercises.second_tag(lab, "2").reason
    put(ecr, "second")
    assert exercises.second_tag(lab, "second").solved


def test_the_uri_must_name_the_digest_of_this_image_in_this_repository(lab, ecr):
    digest = lab.build_image().digest
    uri = lab.image_uri("lambda-same-account").replace(":0.0.1", f"@{digest}")
    assert exercises.by_digest(lab, uri).solved
    for answer, reason in (
        ("", "empty"),
        ("lambda-same-account", "not the URI"),
        (lab.image_uri("lambda-same-account"), "names a tag"),
        (uri.replace("lambda-same-account", "other"), "not lambda-same-account"),
        (uri.replace("813835382529", "592444418872"), "The registry 592444418872"),
        (uri[:-64] + "0" * 64, "has this digest"),
    ):
        assert reason in exercises.by_digest(lab, answer).reason


def test_the_checks_of_images_say_what_is_missing_before_anything_was_pushed(lab, ecr):
    ecr.delete_repository(repositoryName="lambda-same-account", force=True)
    assert "from its start" in exercises.second_tag(lab, "2").reason
    assert "from its start" in exercises.by_digest(lab, f"{lab.image_uri('lambda-same-account')}").reason


def test_every_case_is_counted_also_after_one_that_does_not_hold(lab, ecr):
    uri = lab.image_uri("lambda-same-account")
    assert repr(exercises.second_tag(lab, "0.0.1")) == "✗ Not yet: 2 of 3 cases. 0.0.1 is the first tag."
    assert repr(exercises.by_digest(lab, uri)).startswith("✗ Not yet: 2 of 4 cases. This names a tag (0.0.1)")
