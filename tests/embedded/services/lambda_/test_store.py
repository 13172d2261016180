"""Function records and their code: made ready in the background, kept through restarts and failures."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from labkit.embedded.services.lambda_.functions.store import (
    ACTIVE,
    IN_PROGRESS,
    PENDING,
    SUCCESSFUL,
    Function,
    FunctionStore,
    Status,
)
from labkit.embedded.state.blobs import BlobStore, digest_of
from labkit.image.format.config import FOR_LABEL, KIND_LABEL
from labkit.image.format.manifest import DOCKER_CONFIG, DOCKER_LAYER, DOCKER_MANIFEST
from labkit.pull.function import FunctionRef

NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
KEY = FunctionRef("813835382529", "eu-central-1", "test-same-account")
REGISTRY = "813835382529.dkr.ecr.eu-central-1.amazonaws.com/lambda-same-account"


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path / "images", lambda: NOW)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FunctionStore]:
    store = FunctionStore(tmp_path / "functions")
    yield store
    store.close()


def layer_of(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return gzip.compress(out.getvalue(), mtime=0)


STAND_IN = {KIND_LABEL: "stand-in", FOR_LABEL: "python:3.12"}


def pushed(blobs: BlobStore, *layers: bytes, labels: dict[str, str] = STAND_IN) -> tuple[str, ...]:
    """Store an image, without an interpreter of its own by these labels; return the digests of all that it is."""
    settings = {"Cmd": ["lambda_function.handler"], "Labels": labels}
    config = json.dumps({"architecture": "amd64", "config": settings}).encode()

    def descriptor(kind: str, blob: bytes) -> dict[str, object]:
        return {"mediaType": kind, "size": len(blob), "digest": blobs.put(blob)}

    document = {
        "schemaVersion": 2,
        "mediaType": DOCKER_MANIFEST,
        "config": descriptor(DOCKER_CONFIG, config),
        "layers": [descriptor(DOCKER_LAYER, layer) for layer in layers],
    }
    manifest = blobs.put(json.dumps(document).encode())
    return (manifest, digest_of(config), *(digest_of(layer) for layer in layers))


def function_of(digests: tuple[str, ...], key: FunctionRef = KEY) -> Function:
    return Function(
        key,
        "arn:aws:iam::813835382529:role/LambdaRoleWithoutPermissions",
        f"{REGISTRY}:0.0.1",
        f"{REGISTRY}@{digests[0]}",
        digests[0],
        digests,
        {"Timeout": 3, "MemorySize": 128},
        NOW,
    )


def created(store: FunctionStore, blobs: BlobStore, *layers: bytes) -> Function:
    function = function_of(pushed(blobs, *layers))
    store.put(function)
    store.make_ready(KEY, blobs)
    store.settle()
    ready = store.get(KEY)
    assert ready is not None
    return ready


def test_a_new_function_is_pending_until_its_image_is_unpacked(store: FunctionStore, blobs: BlobStore):
    function = function_of(pushed(blobs, layer_of({"var/task/lambda_function.py": b"handler = 1"})))
    assert function.state == PENDING
    assert not function.settled
    ready = created(store, blobs, layer_of({"var/task/lambda_function.py": b"handler = 1"}))
    assert (ready.state, ready.update) == (ACTIVE, SUCCESSFUL)
    assert ready.ready == ready.digest
    assert (store.code.root(ready.digest) / "var/task/lambda_function.py").read_bytes() == b"handler = 1"
    assert store.code.config(ready.digest).command == ("lambda_function.handler",)


def test_a_layer_that_cannot_be_read_makes_the_function_fail(store: FunctionStore, blobs: BlobStore):
    broken = b"\x28\xb5\x2f\xfd zstd"
    failed = created(store, blobs, layer_of({"a": b"a"}), broken)
    reason = f"ImageLayerFailure: UnsupportedImageLayerDetected - Layer Digest {digest_of(broken)}"
    assert failed.state == Status("Failed", "InvalidImage", reason)
    assert failed.ready is None
    assert list((store.code.root(failed.digest).parent.parent).iterdir()) == []


def test_a_configuration_that_is_no_json_makes_the_function_fail(store: FunctionStore, blobs: BlobStore):
    digests = pushed(blobs, layer_of({"a": b"a"}))
    blobs.path(digests[1]).write_bytes(b"[]")
    store.put(function_of(digests))
    store.make_ready(KEY, blobs)
    store.settle()
    assert store.get(KEY).state.code == "InvalidImage"


def test_a_fault_of_the_lab_itself_does_not_leave_a_function_pending(
    store: FunctionStore, blobs: BlobStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(store.code, "prepare", lambda digest, blobs: 1 / 0)
    failed = created(store, blobs, layer_of({"a": b"a"}))
    assert (failed.state.value, failed.state.code) == ("Failed", "InternalError")
    assert "ZeroDivisionError" in caplog.text


def test_an_image_above_the_limit_makes_the_function_fail(
    store: FunctionStore, blobs: BlobStore, monkeypatch: pytest.MonkeyPatch
):
    from labkit.embedded.services.lambda_.invoke import code
    from labkit.image.run.filesystem import unpack

    monkeypatch.setattr(code, "unpack", lambda layers, into: unpack(layers, into, limit=10))
    failed = created(store, blobs, layer_of({"big": b"more than ten bytes"}))
    reason = "SizeLimitExceeded: Uncompressed container image size exceeds 10 GiB limit"
    assert failed.state == Status("Failed", "InvalidImage", reason)


def test_an_image_whose_layers_are_gone_makes_the_function_fail(store: FunctionStore, blobs: BlobStore):
    digests = pushed(blobs, layer_of({"a": b"a"}))
    blobs.collect(digests[:2])
    store.put(function_of(digests))
    store.make_ready(KEY, blobs)
    store.settle()
    assert store.get(KEY).state.code == "ImageDeleted"


def test_an_update_that_fails_leaves_the_old_code_serving(store: FunctionStore, blobs: BlobStore):
    old = created(store, blobs, layer_of({"a": b"old"}))
    digests = pushed(blobs, b"\x28\xb5\x2f\xfd zstd")
    store.put(store.revised(old, digest=digests[0], blobs=digests, update=IN_PROGRESS))
    store.make_ready(KEY, blobs)
    store.settle()
    now = store.get(KEY)
    assert now.state == ACTIVE
    assert now.update.value == "Failed"
    assert now.ready == old.digest
    assert (store.code.root(old.digest) / "a").read_bytes() == b"old"


def test_an_update_makes_the_new_code_serve_and_drops_the_old(store: FunctionStore, blobs: BlobStore):
    old = created(store, blobs, layer_of({"a": b"old"}))
    digests = pushed(blobs, layer_of({"a": b"new"}))
    changed = store.revised(old, digest=digests[0], blobs=digests, update=IN_PROGRESS)
    assert changed.revision != old.revision
    store.put(changed)
    store.make_ready(KEY, blobs)
    store.settle()
    assert store.get(KEY).ready == digests[0]
    assert not store.code.root(old.digest).exists()


def test_code_outlives_the_image_it_came_from(store: FunctionStore, blobs: BlobStore):
    ready = created(store, blobs, layer_of({"a": b"a"}))
    assert store.needed_blobs() == set()
    blobs.collect(())
    assert (store.code.root(ready.digest) / "a").read_bytes() == b"a"


def test_the_blobs_of_a_pending_function_are_needed(store: FunctionStore, blobs: BlobStore):
    digests = pushed(blobs, layer_of({"a": b"a"}))
    store.put(function_of(digests))
    assert store.needed_blobs() == set(digests)


def test_the_blobs_of_an_image_with_an_interpreter_of_its_own_are_kept_as_long_as_it_runs(
    store: FunctionStore, blobs: BlobStore, tmp_path: Path
):
    digests = pushed(blobs, layer_of({"a": b"a"}), labels={})
    store.put(function_of(digests))
    store.make_ready(KEY, blobs)
    store.settle()
    assert store.needed_blobs() == FunctionStore(tmp_path / "functions").needed_blobs() == set(digests)
    failing = pushed(blobs, b"\x28\xb5\x2f\xfd zstd")
    store.put(store.revised(store.get(KEY), digest=failing[0], blobs=failing, update=IN_PROGRESS))
    assert store.needed_blobs() == {*digests, *failing}
    store.make_ready(KEY, blobs)
    store.settle()
    assert store.needed_blobs() == set(digests)
    store.remove(KEY)
    assert store.needed_blobs() == set()


def test_functions_are_as_they_were_after_a_restart(store: FunctionStore, blobs: BlobStore, tmp_path: Path):
    function = created(store, blobs, layer_of({"a": b"a"}))
    store.put(replace(function, tags={"lab": "yes"}))
    again = FunctionStore(tmp_path / "functions")
    assert again.get(KEY) == replace(function, tags={"lab": "yes"})
    again.close()


def test_what_a_killed_process_left_pending_is_taken_up_once(store: FunctionStore, blobs: BlobStore, tmp_path: Path):
    store.put(function_of(pushed(blobs, layer_of({"a": b"a"}))))  # and killed before the image was unpacked
    again = FunctionStore(tmp_path / "functions")
    again.resume(blobs)
    again.resume(blobs)
    again.settle()
    assert again.get(KEY).state == ACTIVE
    again.close()


def test_a_half_unpacked_image_of_a_killed_process_does_not_count(tmp_path: Path, blobs: BlobStore):
    digests = pushed(blobs, layer_of({"a": b"a"}))
    (tmp_path / "functions/code/.killed/root").mkdir(parents=True)
    store = FunctionStore(tmp_path / "functions")
    store.put(function_of(digests))
    store.resume(blobs)
    store.settle()
    assert [path.name for path in (tmp_path / "functions/code").iterdir()] == [digests[0].removeprefix("sha256:")]
    store.close()


def test_a_deleted_function_leaves_neither_record_nor_code(store: FunctionStore, blobs: BlobStore, tmp_path: Path):
    created(store, blobs, layer_of({"a": b"a"}))
    store.remove(KEY)
    assert store.get(KEY) is None
    assert list((tmp_path / "functions/code").iterdir()) == []
    assert list((tmp_path / "functions/records").iterdir()) == []


def test_functions_with_the_same_image_share_its_code(store: FunctionStore, blobs: BlobStore):
    first = created(store, blobs, layer_of({"a": b"a"}))
    other = replace(function_of(first.blobs), key=replace(KEY, name="another"), ready=first.digest, state=ACTIVE)
    store.put(other)
    store.remove(KEY)
    assert store.code.root(first.digest).is_dir()


def test_a_function_deleted_while_pending_stays_deleted(store: FunctionStore, blobs: BlobStore):
    store.put(function_of(pushed(blobs, layer_of({"a": b"a"}))))
    store.make_ready(KEY, blobs)
    store.remove(KEY)
    store.settle()
    assert store.get(KEY) is None


def test_names_that_differ_in_case_are_different_functions(store: FunctionStore, blobs: BlobStore):
    digests = pushed(blobs, layer_of({"a": b"a"}))
    for name in ("greeter", "Greeter"):
        store.put(function_of(digests, replace(KEY, name=name)))
    assert [each.key.name for each in store.listed(KEY.account, KEY.region)] == ["Greeter", "greeter"]


def test_only_code_and_configuration_make_a_new_version(blobs: BlobStore):
    function = function_of(pushed(blobs, layer_of({"a": b"a"})))
    assert replace(function, tags={"a": "b"}, state=ACTIVE).version == function.version
    assert replace(function, options={"Timeout": 4}).version != function.version
    assert replace(function, role="arn:aws:iam::813835382529:role/Other").version != function.version
    assert replace(function, ready=function.digest).version != function.version
