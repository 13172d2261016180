import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.image.format.errors import IndexManifest, ManifestError
from labkit.image.format.manifest import (
    DOCKER_LIST,
    DOCKER_MANIFEST,
    OCI_INDEX,
    OCI_MANIFEST,
    Descriptor,
    classify,
    digest,
    parse,
)

BLOB = {"mediaType": "a/b", "size": 3, "digest": digest(b"abc")}


def manifest(**changes):
    document = {"schemaVersion": 2, "mediaType": DOCKER_MANIFEST, "config": BLOB, "layers": [BLOB, BLOB], **changes}
    return json.dumps({name: value for name, value in document.items() if value is not None}).encode()


def index(media_type):
    return json.dumps({"schemaVersion": 2, "mediaType": media_type, "manifests": [BLOB]}).encode()


@pytest.mark.parametrize("media_type", [DOCKER_MANIFEST, OCI_MANIFEST])
def test_the_manifest_of_one_image_becomes_descriptors(media_type):
    parsed = parse(manifest(mediaType=media_type))
    descriptor = Descriptor("a/b", 3, digest(b"abc"))
    assert (parsed.media_type, parsed.config, parsed.layers) == (media_type, descriptor, (descriptor, descriptor))
    assert parsed.size == 9


def test_without_a_media_type_of_its_own_the_clients_word_counts_then_oci():
    assert parse(manifest(mediaType=None), DOCKER_MANIFEST).media_type == DOCKER_MANIFEST
    assert parse(manifest(mediaType=None)).media_type == OCI_MANIFEST


@pytest.mark.parametrize("media_type", [DOCKER_LIST, OCI_INDEX])
def test_an_index_is_known_and_refused_as_an_image(media_type):
    assert classify(index(media_type)) == media_type
    with pytest.raises(IndexManifest, match="--provenance=false") as caught:
        parse(index(media_type))
    assert (caught.value.media_type, caught.value.manifests) == (media_type, (digest(b"abc"),))


def test_an_index_without_a_media_type_is_still_an_index():
    with pytest.raises(IndexManifest):
        parse(b'{"schemaVersion": 2, "manifests": []}')


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "schemaVersion 2"),
        (b'{"schemaVersion": 1}', "schemaVersion 2"),
        (manifest(mediaType="text/plain"), "text/plain.*not known"),
        (manifest(mediaType=["x"]), "not known"),
        (manifest(config=None), "config is not a descriptor"),
        (manifest(layers={}), "no list of layers"),
        (manifest(layers=[BLOB, {**BLOB, "digest": "sha256:../../etc"}]), r"layers\[1\] is not a descriptor"),
        (manifest(config={**BLOB, "size": -1}), "config is not a descriptor"),
    ],
)
def test_anything_else_is_refused_with_a_reason(raw, says):
    with pytest.raises(ManifestError, match=says):
        parse(raw)


def test_a_manifest_sent_as_something_else_is_refused():
    with pytest.raises(ManifestError, match="was sent as"):
        classify(manifest(), OCI_MANIFEST)


@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(["schemaVersion", "mediaType", "config", "layers", "manifests", "size", "digest"]),
                inner,
            )
        ),
    )
)
def test_no_json_does_anything_but_parse_or_fail_with_a_manifest_error(document):
    with pytest.raises(ManifestError):
        parse(json.dumps(document).encode())
