"""Images in the registry: blobs and manifests read and written, tags, deletion, what refers to what."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from labkit.aws.images import push
from labkit.image.format.manifest import DOCKER_LIST, DOCKER_MANIFEST
from tests.embedded.conftest import Cloud, MovedClock
from tests.embedded.lab_of_tests import image_of
from tests.embedded.registry_client import (
    OCI_INDEX,
    OCI_MANIFEST,
    REPOSITORY,
    Registry,
    descriptor,
    digest_of,
    error_of,
    index_of,
    manifest_of,
)

HERE: dict[str, Any] = {"repositoryName": "lambda-same-account"}
LAYER = bytes(range(256)) * 4
CONFIG = b'{"architecture":"amd64","os":"linux"}'
NOT_FOUND = (404, "MANIFEST_UNKNOWN", "Requested image not found")


@pytest.fixture
def registry(cloud: Cloud) -> Registry:
    ecr = cloud.client("registry", "ecr")
    ecr.create_repository(repositoryName="lambda-same-account")
    ecr.put_account_setting(name="BLOB_MOUNTING", value="ENABLED")
    return Registry(cloud)


@pytest.fixture
def ecr(cloud: Cloud) -> Any:
    return cloud.client("registry", "ecr")


# -- Blobs ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [("bytes=0-9", 0, 9), ("bytes=1000-", 1000, 1023), ("bytes=-24", 1000, 1023), ("bytes=5-5", 5, 5),
     ("bytes=1000-9999", 1000, 1023), ("bytes=-9999", 0, 1023)],
)  # fmt: skip
def test_a_range_of_a_blob_is_sent(registry: Registry, asked: str, first: int, last: int):
    digest = registry.push_blob(LAYER)
    answer = registry.on("GET", f"blobs/{digest}", Range=asked)
    assert (answer.status, answer.body) == (206, LAYER[first : last + 1])
    assert answer.headers["Content-Range"] == f"bytes {first}-{last}/1024"
    assert answer.headers["Content-Length"] == str(last - first + 1)


@pytest.mark.parametrize("asked", ["bytes=9-5", "bytes=0-1,5-6", "bytes=-", "lines=1-2", "bytes=a-b", ""])
def test_a_range_that_is_none_is_ignored(registry: Registry, asked: str):
    answer = registry.on("GET", f"blobs/{registry.push_blob(LAYER)}", Range=asked)
    assert (answer.status, answer.body, answer.headers["Accept-Ranges"]) == (200, LAYER, "bytes")


@pytest.mark.parametrize("asked", ["bytes=1024-", "bytes=5000-6000", "bytes=-0"])
def test_a_range_beyond_the_end_is_refused(registry: Registry, asked: str):
    answer = registry.on("GET", f"blobs/{registry.push_blob(LAYER)}", Range=asked)
    assert error_of(answer) == (416, "RANGE_INVALID", "The blob has 1024 bytes")
    assert answer.headers["Content-Range"] == "bytes */1024"


@pytest.mark.parametrize("digest", [digest_of(b"?"), "sha256:1", "latest", "..%2f..%2fkeys.json"])
def test_a_blob_that_is_not_there_is_unknown(registry: Registry, digest: str):
    assert error_of(registry.on("GET", f"blobs/{digest}"))[:2] == (404, "BLOB_UNKNOWN")
    head = registry.on("HEAD", f"blobs/{digest}")
    assert (head.status, head.body) == (404, b"")


def test_a_blob_whose_file_is_gone_is_unknown(registry: Registry):
    digest = registry.push_blob(LAYER)
    registry.cloud.embedded.images.blobs.path(digest).unlink()
    assert error_of(registry.on("GET", f"blobs/{digest}"))[:2] == (404, "BLOB_UNKNOWN")


# -- Manifests -----------------------------------------------------------------------------------------------------


def test_a_manifest_is_served_by_tag_and_by_digest_byte_for_byte(registry: Registry):
    manifest = registry.push("0.0.1", LAYER)
    for reference in ("0.0.1", digest_of(manifest), quote(digest_of(manifest), safe="")):
        answer = registry.on("GET", f"manifests/{reference.replace('%3A', ':')}")
        assert (answer.status, answer.body) == (200, manifest)
        assert answer.headers["Content-Type"] == OCI_MANIFEST
        assert answer.headers["Docker-Content-Digest"] == digest_of(manifest)
        head = registry.on("HEAD", f"manifests/{reference.replace('%3A', ':')}")
        assert (head.status, head.headers["Content-Length"], head.body) == (200, str(len(manifest)), b"")


def test_a_push_answers_where_the_image_is(registry: Registry):
    registry.push_blob(CONFIG)
    manifest = manifest_of(CONFIG)
    for _ in range(2):
        answer = registry.put("1", manifest)
        assert (answer.status, answer.headers["Docker-Content-Digest"]) == (201, digest_of(manifest))
        assert answer.headers["Location"] == f"/v2/{REPOSITORY}/manifests/{digest_of(manifest)}"


@pytest.mark.aws("Amazon ECR User Guide, common errors", "high")
def test_an_image_that_is_not_there_is_not_found(registry: Registry):
    registry.push("1", LAYER)
    for reference in ("2", digest_of(b"?"), "a%20tag", "-"):
        assert error_of(registry.on("GET", f"manifests/{reference}")) == NOT_FOUND
        assert registry.on("HEAD", f"manifests/{reference}").status == 404
        assert error_of(registry.on("DELETE", f"manifests/{reference}")) == NOT_FOUND
    assert error_of(registry.on("GET", "manifests/sha256:1"))[:2] == (400, "DIGEST_INVALID")


def test_an_image_pushed_through_the_api_is_in_the_registry(registry: Registry, ecr: Any, tmp_path: Any):
    image = image_of(tmp_path / "image")
    push(ecr, "lambda-same-account", "0.0.1", image)
    answer = registry.on("GET", "manifests/0.0.1")
    assert (answer.body, answer.headers["Content-Type"]) == (image.manifest, DOCKER_MANIFEST)
    for digest, blob in image.blobs.items():
        assert registry.on("GET", f"blobs/{digest}").body == blob


def test_an_image_pushed_to_the_registry_is_in_the_api(registry: Registry, ecr: Any):
    manifest = registry.push("0.0.1", LAYER)
    (image,) = ecr.batch_get_image(**HERE, imageIds=[{"imageTag": "0.0.1"}])["images"]
    assert image["imageManifest"].encode() == manifest
    (detail,) = ecr.describe_images(**HERE)["imageDetails"]
    assert (detail["imageDigest"], detail["imageTags"]) == (digest_of(manifest), ["0.0.1"])
    assert (detail["imageSizeInBytes"], detail["imageManifestMediaType"]) == (len(LAYER), OCI_MANIFEST)


@pytest.mark.parametrize("media_type", [OCI_INDEX, DOCKER_LIST])
def test_an_index_is_stored_with_its_images(registry: Registry, media_type: str):
    children = [registry.push(tag, LAYER + tag.encode()) for tag in ("amd64", "arm64")]
    index = index_of(*children, media_type=media_type)
    assert registry.put("all", index, media_type).status == 201
    answer = registry.on("GET", "manifests/all")
    assert (answer.body, answer.headers["Content-Type"]) == (index, media_type)
    status, code, text = error_of(registry.on("DELETE", f"manifests/{digest_of(children[0])}"))
    assert (status, code) == (403, "DENIED")
    assert text == f"Requested image referenced by manifest list: [{digest_of(index)}]"


def test_an_image_of_an_index_may_lose_every_tag_but_its_last(registry: Registry):
    child = registry.push("1", LAYER)
    assert registry.put("2", child).status == 201
    assert registry.put("all", index_of(child), OCI_INDEX).status == 201
    assert registry.on("DELETE", "manifests/1").status == 202
    assert error_of(registry.on("DELETE", "manifests/2"))[:2] == (403, "DENIED")
    assert registry.on("GET", "manifests/2").body == child


def test_the_size_of_an_image_is_that_of_its_layers_whatever_its_manifest_says(registry: Registry, ecr: Any):
    for blob in (CONFIG, LAYER):
        registry.push_blob(blob)
    wrong = manifest_of(CONFIG, LAYER).replace(b'"size": 1024', b'"size": 99')
    assert wrong != manifest_of(CONFIG, LAYER)
    assert registry.put("1", wrong).status == 201
    assert ecr.describe_images(**HERE)["imageDetails"][0]["imageSizeInBytes"] == len(LAYER)


def test_an_image_is_refused_until_the_repository_has_all_of_it(registry: Registry):
    registry.push_blob(CONFIG)
    status, code, text = error_of(registry.put("1", manifest_of(CONFIG, LAYER)))
    assert (status, code) == (400, "MANIFEST_BLOB_UNKNOWN")
    assert text.startswith(f"Layers with digests '[{digest_of(LAYER)}]' required for pushing image into")
    status, code, text = error_of(registry.put("1", index_of(manifest_of(CONFIG, LAYER)), OCI_INDEX))
    assert (status, code) == (400, "MANIFEST_BLOB_UNKNOWN")
    assert text.startswith("Images with digests '[sha256:")
    assert json.loads(registry.on("GET", "tags/list").body)["tags"] == []


def test_what_is_no_manifest_is_refused(registry: Registry):
    registry.push_blob(CONFIG)
    good = manifest_of(CONFIG)
    for manifest, media_type in (
        (b"not JSON", OCI_MANIFEST),
        (b"\xff\xfe", OCI_MANIFEST),
        (b"[]", OCI_MANIFEST),
        (b"", OCI_MANIFEST),
        (good, DOCKER_MANIFEST),
        (good, "text/plain"),
        (good.replace(b'"schemaVersion": 2', b'"schemaVersion": 1'), OCI_MANIFEST),
    ):
        status, code, text = error_of(registry.put("1", manifest, media_type))
        assert (status, code) == (405, "UNSUPPORTED")
        assert text.lower().startswith("invalid parameter at 'imagemanifest' failed to satisfy constraint: ")
    assert registry.on("PUT", "manifests/1", good, Content_Type=f"{OCI_MANIFEST}; charset=utf-8").status == 201


def test_a_manifest_of_more_than_4_mib_is_refused(registry: Registry):
    manifest = manifest_of(CONFIG, annotations={"large": "x" * (4 << 20)})
    assert error_of(registry.put("1", manifest)) == (413, "MANIFEST_INVALID", "A manifest has at most 4194304 bytes")


def test_a_manifest_pushed_by_digest_must_have_that_digest(registry: Registry):
    registry.push_blob(CONFIG)
    manifest = manifest_of(CONFIG)
    assert error_of(registry.put(digest_of(b"?"), manifest))[:2] == (400, "DIGEST_INVALID")
    assert error_of(registry.put("sha256:1", manifest))[:2] == (400, "DIGEST_INVALID")
    assert registry.put(digest_of(manifest), manifest).status == 201
    assert registry.on("GET", f"manifests/{digest_of(manifest)}").body == manifest
    assert json.loads(registry.on("GET", "tags/list").body)["tags"] == []


def test_a_tag_has_at_most_128_letters_digits_dots_dashes_and_underscores(registry: Registry):
    registry.push_blob(CONFIG)
    for tag in ("x" * 129, ".hidden", "a%20b", "a@b"):
        assert error_of(registry.put(tag, manifest_of(CONFIG)))[:2] == (400, "TAG_INVALID")
    assert registry.put("x" * 128, manifest_of(CONFIG)).status == 201


@pytest.mark.aws("public logs; botocore's model", "high")
def test_a_tag_moves_unless_the_repository_forbids_it(registry: Registry, ecr: Any):
    first = registry.push("1", LAYER)
    second = registry.push("1", LAYER + b"2")
    assert registry.on("GET", "manifests/1").body == second
    assert registry.on("GET", f"manifests/{digest_of(first)}").body == first
    ecr.put_image_tag_mutability(**HERE, imageTagMutability="IMMUTABLE")
    assert error_of(registry.put("1", first)) == (
        400,
        "TAG_INVALID",
        "The image tag '1' already exists in the 'lambda-same-account' repository and cannot be overwritten because "
        "the tag is immutable.",
    )
    assert registry.put("1", second).status == 201  # the same image again changes nothing
    assert registry.put("2", first).status == 201


# -- Tags ----------------------------------------------------------------------------------------------------------


def test_tags_are_listed_in_pages(registry: Registry):
    for tag in ("b", "a", "c", "1"):
        registry.push(tag, LAYER)
    assert json.loads(registry.on("GET", "tags/list").body) == {"name": REPOSITORY, "tags": ["1", "a", "b", "c"]}
    page = registry.on("GET", "tags/list?n=2")
    assert json.loads(page.body)["tags"] == ["1", "a"]
    target, _, relation = page.headers["Link"].partition("; ")
    assert relation == 'rel="next"'
    rest = registry.send("GET", target.strip("<>").removeprefix("/v2/"))
    assert (json.loads(rest.body)["tags"], "Link" in rest.headers) == (["b", "c"], False)
    assert json.loads(registry.on("GET", "tags/list?n=0").body)["tags"] == []
    assert json.loads(registry.on("GET", "tags/list?last=b").body)["tags"] == ["c"]
    for wrong in ("-1", "many", "", "²"):
        answer = registry.on("GET", f"tags/list?n={quote(wrong)}")
        assert error_of(answer)[:2] == (400, "PAGINATION_NUMBER_INVALID")


def test_deleting_a_tag_leaves_the_image_while_it_has_another(registry: Registry):
    manifest = registry.push("1", LAYER)
    assert registry.put("2", manifest).status == 201
    assert registry.on("DELETE", "manifests/1").status == 202
    assert registry.on("GET", "manifests/1").status == 404
    assert registry.on("GET", f"manifests/{digest_of(manifest)}").status == 200
    assert registry.on("DELETE", "manifests/2").status == 202
    assert registry.on("GET", f"manifests/{digest_of(manifest)}").status == 404


def test_deleting_by_digest_takes_all_tags_and_what_nothing_else_needs(registry: Registry, clock: MovedClock):
    shared, own = b"shared layer", b"own layer"
    manifest = registry.push("1", shared, own)
    registry.put("2", manifest)
    registry.push("3", shared)
    clock.move(days=2)
    registry = Registry(registry.cloud)
    assert registry.on("DELETE", f"manifests/{digest_of(manifest)}").status == 202
    assert json.loads(registry.on("GET", "tags/list").body)["tags"] == ["3"]
    assert registry.on("HEAD", f"blobs/{digest_of(shared)}").status == 200
    assert registry.on("HEAD", f"blobs/{digest_of(own)}").status == 404
    assert digest_of(own) not in registry.cloud.embedded.images.blobs


@pytest.mark.parametrize("way", ["HEAD", "API", "push", "mount"])
def test_what_was_asked_for_or_pushed_since_an_image_came_outlives_it(
    registry: Registry, ecr: Any, clock: MovedClock, way: str
):
    registry.push("old", LAYER)
    clock.move(minutes=1)
    for blob in (CONFIG, LAYER):
        digest = digest_of(blob)
        if way == "HEAD":
            assert registry.on("HEAD", f"blobs/{digest}").status == 200
        elif way == "API":
            ecr.batch_check_layer_availability(**HERE, layerDigests=[digest])
        elif way == "push":
            registry.push_blob(blob)
        else:
            assert registry.on("POST", f"blobs/uploads/?mount={digest}&from={REPOSITORY}").status == 201
    assert registry.on("DELETE", "manifests/old").status == 202
    assert registry.put("new", manifest_of(CONFIG, LAYER)).status == 201


# -- Referrers -----------------------------------------------------------------------------------------------------


def test_what_refers_to_an_image_is_listed(registry: Registry):
    image = registry.push("1", LAYER)
    subject = descriptor(image, OCI_MANIFEST)
    registry.push_blob(b"{}")
    signature = manifest_of(b"{}", subject=subject, artifactType="application/vnd.example.signature")
    bill = manifest_of(b"{}", subject=subject, annotations={"made": "today"})
    for manifest in (signature, bill):
        answer = registry.put(digest_of(manifest), manifest)
        assert (answer.status, answer.headers["OCI-Subject"]) == (201, digest_of(image))
    answer = registry.on("GET", f"referrers/{digest_of(image)}")
    found = json.loads(answer.body)
    assert (answer.headers["Content-Type"], found["mediaType"]) == (OCI_INDEX, OCI_INDEX)
    first, second = found["manifests"]
    assert first == {**descriptor(signature, OCI_MANIFEST), "artifactType": "application/vnd.example.signature"}
    assert (second["artifactType"], second["annotations"]) == (
        "application/vnd.oci.image.config.v1+json",
        {"made": "today"},
    )
    answer = registry.on("GET", f"referrers/{digest_of(image)}?artifactType=application/vnd.example.signature")
    assert answer.headers["OCI-Filters-Applied"] == "artifactType"
    assert json.loads(answer.body)["manifests"] == [first]
    assert json.loads(registry.on("GET", f"referrers/{digest_of(b'?')}").body)["manifests"] == []
    assert error_of(registry.on("GET", "referrers/1"))[:2] == (400, "DIGEST_INVALID")
