"""Uploads to the registry, in one request or in many, resumed, cancelled, mounted, interrupted."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from labkit.embedded.protocol.wire import Exchange, HttpRequest
from labkit.embedded.services.registry.errors import Refusal
from labkit.embedded.services.registry.login import identity_of
from labkit.embedded.services.registry.uploads import append_chunk
from labkit.embedded.services.registry.visits import Visit
from tests.embedded.conftest import Cloud, MovedClock, Response
from tests.embedded.registry_client import HOST, REGISTRY, REPOSITORY, Registry, basic, digest_of, error_of
from tests.embedded.services.registry.test_registry import allow, user_with

LAYER = bytes(range(256)) * 41
DIGEST = digest_of(LAYER)


@pytest.fixture
def registry(cloud: Cloud) -> Registry:
    ecr = cloud.client("registry", "ecr")
    for name in ("lambda-same-account", "other"):
        ecr.create_repository(repositoryName=name)
    ecr.put_account_setting(name="BLOB_MOUNTING", value="ENABLED")
    return Registry(cloud)


@pytest.fixture
def other(registry: Registry) -> Registry:
    return Registry(registry.cloud, "registry", f"{REGISTRY}/other")


def assert_there(registry: Registry, data: bytes = LAYER) -> None:
    """The layer is in the repository by both doors."""
    head = registry.on("HEAD", f"blobs/{digest_of(data)}")
    assert (head.status, head.headers["Content-Length"], head.body) == (200, str(len(data)), b"")
    assert registry.on("GET", f"blobs/{digest_of(data)}").body == data
    ecr = registry.cloud.client("registry", "ecr")
    name = registry.repository.partition("/")[2]
    (layer,) = ecr.batch_check_layer_availability(repositoryName=name, layerDigests=[digest_of(data)])["layers"]
    assert (layer["layerAvailability"], layer["layerSize"]) == ("AVAILABLE", len(data))


# -- Ways to upload ------------------------------------------------------------------------------------------------


def test_a_blob_can_be_pushed_in_one_request(registry: Registry):
    answer = registry.on("POST", f"blobs/uploads/?digest={DIGEST}", LAYER)
    assert (answer.status, answer.headers["Docker-Content-Digest"]) == (201, DIGEST)
    assert answer.headers["Location"] == f"/v2/{REPOSITORY}/blobs/{DIGEST}"
    assert_there(registry)


def test_a_blob_can_be_pushed_in_two_requests(registry: Registry):
    registry.push_blob(LAYER)
    assert_there(registry)


def test_a_blob_can_be_pushed_in_chunks_and_finished_without_a_body(registry: Registry):
    upload = registry.begin()
    assert upload.headers["Range"] == "0-0"
    for first in range(0, len(LAYER), 4000):
        part = LAYER[first : first + 4000]
        last = first + len(part) - 1
        upload = registry.at("PATCH", upload, body=part, Content_Range=f"{first}-{last}")
        assert (upload.status, upload.headers["Range"]) == (202, f"0-{last}")
    assert registry.at("PUT", upload, f"?digest={DIGEST}").status == 201
    assert_there(registry)


def test_a_stream_needs_no_ranges_and_its_last_part_may_come_with_the_finish(registry: Registry):
    upload = registry.at("PATCH", registry.begin(), body=LAYER[:100])
    assert registry.at("PUT", upload, f"?digest={DIGEST}", LAYER[100:], Content_Range="100-10495").status == 201
    assert_there(registry)


def test_an_empty_blob_can_be_pushed(registry: Registry):
    registry.push_blob(b"")
    assert_there(registry, b"")


def test_a_chunk_must_continue_where_the_upload_stands(registry: Registry):
    upload = registry.at("PATCH", registry.begin(), body=LAYER[:1000], Content_Range="0-999")
    for wrong in ("999-1998", "1001-2000", "0-999"):
        answer = registry.at("PATCH", upload, body=LAYER[1000:2000], Content_Range=wrong)
        first = wrong.partition("-")[0]
        text = f"First byte of the layer part is {first} instead of 1000"
        assert error_of(answer) == (416, "BLOB_UPLOAD_INVALID", text)
        assert answer.headers["Range"] == "0-999"
    for wrong in ("soon", "1000-999", "1000", "-1999"):
        assert error_of(registry.at("PATCH", upload, Content_Range=wrong))[:2] == (400, "BLOB_UPLOAD_INVALID")
    for wrong in ("1000-1999", "1000-2001", "1000-1000"):
        answer = registry.at("PATCH", upload, body=LAYER[1000:2001], Content_Range=wrong)
        text = f"The layer part has 1001 bytes, not those of the range {wrong}"
        assert error_of(answer) == (400, "SIZE_INVALID", text)
    assert registry.at("GET", upload).headers["Range"] == "0-999"
    assert registry.at("PUT", upload, f"?digest={DIGEST}", LAYER[1000:], Content_Range="1000-10495").status == 201


def test_an_upload_says_how_far_it_has_come(registry: Registry):
    upload = registry.at("PATCH", registry.begin(), body=LAYER[:1000])
    status = registry.at("GET", upload)
    assert (status.status, status.headers["Range"], status.body) == (204, "0-999", b"")
    assert status.headers["Location"] == upload.headers["Location"]
    assert status.headers["Docker-Upload-UUID"] in upload.headers["Location"]


def test_an_upload_that_is_cancelled_is_gone(registry: Registry):
    upload = registry.at("PATCH", registry.begin(), body=LAYER)
    assert registry.at("DELETE", upload).status == 204
    for method in ("GET", "PATCH", "PUT", "DELETE"):
        status, code, text = error_of(registry.at(method, upload, f"?digest={DIGEST}", LAYER))
        assert (status, code) == (404, "BLOB_UPLOAD_UNKNOWN")
        assert text.endswith("in the registry with id '813835382529'")
    assert registry.on("HEAD", f"blobs/{DIGEST}").status == 404


def test_an_upload_belongs_to_its_repository(registry: Registry, other: Registry):
    path = registry.begin().headers["Location"].replace("lambda-same-account", "other").removeprefix("/v2/")
    assert error_of(other.send("PATCH", path, LAYER))[:2] == (404, "BLOB_UPLOAD_UNKNOWN")


@pytest.mark.parametrize("upload", ["..", "%2e%2e", "6c1a6c9e", "6C1A6C9E-7A06-4F1A-8D6E-0F0F0F0F0F0F"])
def test_an_id_that_is_none_names_no_upload(registry: Registry, upload: str):
    assert error_of(registry.on("GET", f"blobs/uploads/{upload}"))[:2] == (404, "BLOB_UPLOAD_UNKNOWN")


# -- Digests -------------------------------------------------------------------------------------------------------


def test_a_blob_with_another_digest_is_refused_and_nothing_of_it_stays(registry: Registry):
    wrong = digest_of(b"something else")
    refused = (400, "BLOB_UPLOAD_INVALID", "None of the provided layer digests match the calculated layer digest")
    upload = registry.at("PATCH", registry.begin(), body=LAYER)
    assert error_of(registry.at("PUT", upload, f"?digest={wrong}")) == refused
    assert registry.at("GET", upload).status == 404
    assert error_of(registry.on("POST", f"blobs/uploads/?digest={wrong}", LAYER)) == refused
    for digest in (wrong, DIGEST):
        assert registry.on("HEAD", f"blobs/{digest}").status == 404


@pytest.mark.parametrize("digest", ["", "sha256:123", "sha512:" + "0" * 128, "sha256:" + "A" * 64, "md5:1", "../x"])
def test_a_digest_must_be_one(registry: Registry, digest: str):
    upload = registry.begin()
    text = f"'{digest}' is not a digest of the form sha256:<64 hexadecimal digits>"
    assert error_of(registry.at("PUT", upload, f"?digest={digest}", LAYER)) == (400, "DIGEST_INVALID", text)
    assert registry.at("GET", upload).headers["Range"] == "0-0"
    assert error_of(registry.at("PUT", upload, body=LAYER))[:2] == (400, "DIGEST_INVALID")


# -- Two doors -----------------------------------------------------------------------------------------------------


def test_an_upload_begun_by_one_door_can_be_finished_by_the_other(registry: Registry):
    ecr = registry.cloud.client("registry", "ecr")
    here: dict[str, Any] = {"repositoryName": "lambda-same-account"}
    upload = ecr.initiate_layer_upload(**here)["uploadId"]
    assert registry.on("PATCH", f"blobs/uploads/{upload}", LAYER[:96]).status == 202
    ecr.upload_layer_part(**here, uploadId=upload, partFirstByte=96, partLastByte=10495, layerPartBlob=LAYER[96:])
    assert registry.on("PUT", f"blobs/uploads/{upload}?digest={DIGEST}").status == 201
    assert_there(registry)


def test_a_layer_of_one_repository_is_not_in_the_others(registry: Registry, other: Registry):
    registry.push_blob(LAYER)
    assert other.on("HEAD", f"blobs/{DIGEST}").status == 404
    assert error_of(other.on("GET", f"blobs/{DIGEST}"))[:2] == (404, "BLOB_UNKNOWN")


# -- Mounts --------------------------------------------------------------------------------------------------------


def mount(registry: Registry, source: str = REPOSITORY, digest: str = DIGEST) -> int:
    answer = registry.on("POST", f"blobs/uploads/?mount={digest}&from={source}")
    assert ("uploads/" in answer.headers["Location"]) == (answer.status == 202)
    return answer.status


def test_a_layer_can_be_mounted_from_another_repository(registry: Registry, other: Registry):
    registry.push_blob(LAYER)
    answer = other.on("POST", f"blobs/uploads/?mount={DIGEST}&from={REPOSITORY}")
    assert (answer.status, answer.headers["Docker-Content-Digest"]) == (201, DIGEST)
    assert answer.headers["Location"] == f"/v2/{REGISTRY}/other/blobs/{DIGEST}"
    assert_there(other)


@pytest.mark.aws("Amazon ECR User Guide, blob mounting", "high")
def test_nothing_is_mounted_in_a_registry_that_has_not_enabled_it(registry: Registry, other: Registry):
    registry.push_blob(LAYER)
    ecr = registry.cloud.client("registry", "ecr")
    for value, status in (("DISABLED", 202), ("ENABLED", 201)):
        ecr.put_account_setting(name="BLOB_MOUNTING", value=value)
        assert mount(other) == status


@pytest.mark.parametrize("source", [f"{REGISTRY}/nope", "other", "", f"{REGISTRY}/other"])
def test_a_mount_of_what_is_not_there_becomes_an_upload(registry: Registry, source: str):
    assert mount(registry, source) == 202
    assert mount(registry, source, digest="sha256:1") == 202


def test_a_mount_that_does_not_say_from_where_becomes_an_upload(registry: Registry):
    assert registry.on("POST", f"blobs/uploads/?mount={DIGEST}").status == 202


def test_a_layer_is_mounted_within_one_account_and_region_only(registry: Registry):
    registry.push_blob(LAYER)
    cloud = registry.cloud
    for theirs in (cloud.client("registry", "ecr", "us-east-1"), cloud.client("workload", "ecr")):
        theirs.create_repository(repositoryName="layers")
        theirs.put_account_setting(name="BLOB_MOUNTING", value="ENABLED")
    elsewhere = Registry(cloud, "registry", HOST.format("813835382529", "us-east-1") + "/layers")
    assert mount(elsewhere) == 202
    assert mount(Registry(cloud, "workload", HOST.format("592444418872", "eu-central-1") + "/layers")) == 202


@pytest.mark.parametrize("action", ["GetDownloadUrlForLayer", "CompleteLayerUpload"])
def test_nobody_mounts_a_layer_without_the_right_to_fetch_it(registry: Registry, action: str):
    registry.push_blob(LAYER)
    keys = user_with(registry.cloud, "registry", allow("ecr:*", but=f"ecr:{action}"))
    assert mount(Registry(registry.cloud, keys, f"{REGISTRY}/other")) == 202


def test_nobody_mounts_into_a_repository_that_is_not_there(registry: Registry):
    registry.push_blob(LAYER)
    answer = registry.send("POST", f"{REGISTRY}/nope/blobs/uploads/?mount={DIGEST}&from={REPOSITORY}")
    assert error_of(answer)[:2] == (404, "NAME_UNKNOWN")


# -- Interruptions -------------------------------------------------------------------------------------------------


def test_an_upload_goes_on_after_a_restart(registry: Registry, clock: MovedClock):
    upload = registry.at("PATCH", registry.begin(), body=LAYER[:5000])
    registry.cloud.close()
    again = Registry(Cloud(registry.cloud.embedded.home.root, clock))
    assert again.at("GET", upload).headers["Range"] == "0-4999"
    assert again.on("HEAD", f"blobs/{digest_of(LAYER[:5000])}").status == 404
    assert again.at("PATCH", upload, body=LAYER[5000:], Content_Range="5000-10495").status == 202
    assert again.at("PUT", upload, f"?digest={DIGEST}").status == 201
    assert_there(again)
    again.cloud.close()


def sending(registry: Registry, upload: Response) -> Exchange:
    """A request that appends what it is given, and has begun."""
    path = upload.headers["Location"]
    head = HttpRequest("PATCH", path, "", {"transfer-encoding": "chunked"}, b"")
    identity = identity_of(registry.cloud.embedded, basic(registry.token)["Authorization"])
    arguments = {"upload": path.rpartition("/")[2]}
    exchange = append_chunk(Visit(registry.cloud.embedded, identity, head, "id", REPOSITORY, arguments))
    next(exchange)
    return exchange


def test_what_came_before_the_client_left_stays_and_the_upload_goes_on_from_there(registry: Registry):
    upload = registry.begin()
    exchange = sending(registry, upload)
    exchange.send(LAYER[:300])
    exchange.send(LAYER[300:500])
    exchange.close()
    assert registry.at("GET", upload).headers["Range"] == "0-499"
    assert registry.at("PATCH", upload, body=LAYER[500:], Content_Range="500-10495").status == 202
    assert registry.at("PUT", upload, f"?digest={DIGEST}").status == 201
    assert_there(registry)


def test_an_upload_that_is_cancelled_while_it_is_sent_is_not_there(registry: Registry):
    upload = registry.begin()
    exchange = sending(registry, upload)
    exchange.send(LAYER[:300])
    assert registry.at("DELETE", upload).status == 204
    with pytest.raises(Refusal) as refused:
        exchange.send(LAYER[300:])
    assert (refused.value.status, refused.value.code) == (404, "BLOB_UPLOAD_UNKNOWN")


class Watched:
    """In the place of an upload's lock: notes whether others could write while it was waited for."""

    def __init__(self, lab: Any) -> None:
        self._lab = lab
        self._depth = 0
        self.free: list[bool] = []

    def __enter__(self) -> None:
        if not self._depth:
            with ThreadPoolExecutor(1) as another:
                self.free.append(another.submit(self._try).result())
        self._depth += 1

    def __exit__(self, *_: object) -> None:
        self._depth -= 1

    def _try(self) -> bool:
        taken: bool = self._lab.acquire(blocking=False)
        if taken:
            self._lab.release()
        return taken


@pytest.mark.parametrize("door", ["registry", "API"])
def test_who_waits_for_an_upload_lets_everybody_else_go_on(registry: Registry, door: str):
    ecr = registry.cloud.client("registry", "ecr")
    here: dict[str, Any] = {"repositoryName": "lambda-same-account"}
    upload = ecr.initiate_layer_upload(**here)["uploadId"]
    arn = ecr.describe_repositories()["repositories"][0]["repositoryArn"]
    watched = Watched(registry.cloud.embedded.database._writing)
    registry.cloud.embedded.images.blobs.upload(arn, upload)._lock = watched  # type: ignore[assignment]
    if door == "registry":
        assert registry.on("PUT", f"blobs/uploads/{upload}?digest={DIGEST}", LAYER).status == 201
    else:
        ecr.upload_layer_part(**here, uploadId=upload, partFirstByte=0, partLastByte=10495, layerPartBlob=LAYER)
        ecr.complete_layer_upload(**here, uploadId=upload, layerDigests=[DIGEST])
    assert watched.free
    assert all(watched.free)
    assert_there(registry)


# -- What is of no use any more ------------------------------------------------------------------------------------


def left_behind(registry: Registry) -> Response:
    """Leave an upload, a layer that no image needs, and a blob that no repository has; returns the upload."""
    registry.push_blob(LAYER)
    registry.push("1", b"another layer")
    registry.cloud.embedded.images.blobs.put(b"killed before the repository had it")
    return registry.at("PATCH", registry.begin(), body=LAYER)


def assert_collected(registry: Registry, upload: Response) -> None:
    """Nothing is left but the image."""
    blobs = registry.cloud.embedded.images.blobs
    assert registry.at("GET", upload).status == 404
    assert registry.on("HEAD", f"blobs/{DIGEST}").status == 404
    manifest = json.loads(registry.on("GET", "manifests/1").body)
    assert len([*blobs]) == 3 and {item["digest"] for item in (*manifest["layers"], manifest["config"])} < {*blobs}


def test_what_nothing_refers_to_is_collected_after_a_day_when_an_upload_begins(registry: Registry, clock: MovedClock):
    upload = left_behind(registry)
    clock.move(hours=23)
    fresh = Registry(registry.cloud)
    fresh.begin()
    assert fresh.at("GET", upload).status == 204
    assert fresh.on("GET", f"blobs/{DIGEST}").status == 200
    clock.move(hours=2)
    fresh = Registry(registry.cloud)
    assert fresh.on("GET", f"blobs/{DIGEST}").status == 200
    fresh.begin()
    assert_collected(fresh, upload)


def test_what_nothing_refers_to_is_collected_after_a_day_when_the_embedded_aws_comes_up(
    registry: Registry, clock: MovedClock
):
    upload = left_behind(registry)
    registry.cloud.close()
    clock.move(hours=25)
    again = Cloud(registry.cloud.embedded.home.root, clock)
    again.embedded.tidy()
    assert_collected(Registry(again), upload)
    again.close()


def test_a_layer_that_was_asked_for_stays_for_another_day(registry: Registry, clock: MovedClock):
    registry.push_blob(LAYER)
    clock.move(hours=23)
    assert Registry(registry.cloud).on("HEAD", f"blobs/{DIGEST}").status == 200
    clock.move(hours=23)
    fresh = Registry(registry.cloud)
    fresh.begin()
    assert_there(fresh)


def test_the_uploads_of_a_repository_go_with_it(registry: Registry):
    upload = registry.at("PATCH", registry.begin(), body=LAYER)
    ecr = registry.cloud.client("registry", "ecr")
    ecr.delete_repository(repositoryName="lambda-same-account")
    ecr.create_repository(repositoryName="lambda-same-account")
    assert error_of(registry.at("GET", upload))[:2] == (404, "BLOB_UPLOAD_UNKNOWN")


def test_an_error_of_the_registry_itself_is_answered_as_one(registry: Registry, monkeypatch: pytest.MonkeyPatch):
    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("labkit.embedded.state.uploads._write", broken)
    upload = registry.begin()
    answer = registry.at("PATCH", upload, body=LAYER)
    assert error_of(answer) == (500, "UNKNOWN", "The embedded AWS failed; its log says why")
    monkeypatch.undo()
    assert registry.at("PUT", upload, f"?digest={DIGEST}", LAYER).status == 201
    assert json.loads(registry.on("GET", "tags/list").body)["tags"] == []
