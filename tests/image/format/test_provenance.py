import json

import pytest

from labkit.image.build.assemble import build
from labkit.image.format.errors import IndexManifest
from labkit.image.format.manifest import OCI_INDEX, classify, digest, for_platform, parse
from labkit.image.format.provenance import with_provenance


@pytest.fixture
def image(article):
    return build(article)


@pytest.fixture
def made(image):
    return with_provenance(image.manifest, image.media_type, image.architecture)


def test_the_index_lists_the_image_for_its_platform(image, made):
    assert classify(made.index) == OCI_INDEX
    assert for_platform(made.index, "amd64").to_dict() == {
        "mediaType": image.media_type,
        "size": len(image.manifest),
        "digest": image.digest,
    }


def test_the_attestation_is_for_no_platform_and_names_the_image(image, made):
    attestation = json.loads(made.index)["manifests"][1]
    assert attestation["platform"] == {"architecture": "unknown", "os": "unknown"}
    assert attestation["digest"] == digest(made.attestation)
    assert attestation["annotations"] == {
        "vnd.docker.reference.digest": image.digest,
        "vnd.docker.reference.type": "attestation-manifest",
    }


def test_the_attestation_is_complete(image, made):
    manifest = parse(made.attestation)
    listed = [manifest.config, *manifest.layers]
    assert {each.digest: each.size for each in listed} == {name: len(blob) for name, blob in made.blobs.items()}
    assert {digest(blob) for blob in made.blobs.values()} == set(made.blobs)
    statement = json.loads(made.blobs[manifest.layers[0].digest])
    assert f"sha256:{statement['subject'][0]['digest']['sha256']}" == image.digest


def test_lambda_does_not_take_it(made):
    with pytest.raises(IndexManifest):
        parse(made.index)
