"""Images of functions made ready in the background, and what comes in the way."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from pathlib import Path

import pytest

from labkit.embedded.services.lambda_.functions.states import ACTIVE, IN_PROGRESS, PENDING, SUCCESSFUL, Status
from labkit.embedded.services.lambda_.functions.store import FunctionStore
from labkit.embedded.state.blobs import BlobStore, digest_of
from labkit.embedded.state.database import Database, StateError
from labkit.ground.files import remove_tree
from tests.embedded.services.lambda_.functions.conftest import (
    KEY,
    created,
    function_of,
    layer_of,
    made_ready,
    opened,
    pushed,
    put,
)


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
    assert made_ready(store, function_of(pushed(blobs, config=b"[]")), blobs).state.code == "InvalidImage"


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
    blobs.delete(digests[2])
    assert made_ready(store, function_of(digests), blobs).state.code == "ImageDeleted"


def test_an_update_that_fails_leaves_the_old_code_serving(store: FunctionStore, blobs: BlobStore):
    old = created(store, blobs, layer_of({"a": b"old"}))
    digests = pushed(blobs, b"\x28\xb5\x2f\xfd zstd")
    now = made_ready(store, store.revised(old, digest=digests[0], blobs=digests, update=IN_PROGRESS), blobs)
    assert now.state == ACTIVE
    assert now.update.value == "Failed"
    assert now.ready == old.digest
    assert (store.code.root(old.digest) / "a").read_bytes() == b"old"


def test_an_update_makes_the_new_code_serve_and_drops_the_old(store: FunctionStore, blobs: BlobStore):
    old = created(store, blobs, layer_of({"a": b"old"}))
    digests = pushed(blobs, layer_of({"a": b"new"}))
    changed = store.revised(old, digest=digests[0], blobs=digests, update=IN_PROGRESS)
    assert changed.revision != old.revision
    assert made_ready(store, changed, blobs).ready == digests[0]
    assert not store.code.root(old.digest).exists()


def test_what_a_killed_process_left_pending_is_taken_up_once(
    store: FunctionStore, blobs: BlobStore, db: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    put(store, function_of(pushed(blobs, layer_of({"a": b"a"}))))  # and killed before the image was unpacked
    again = opened(db, tmp_path)
    again.resume(blobs)
    again.resume(blobs)
    again.settle()
    assert again.get(KEY).state == ACTIVE
    again.close()


def test_what_a_killed_process_left_is_taken_up_after_the_first_call_whether_it_only_reads_or_fails(
    store: FunctionStore, blobs: BlobStore, db: Database, tmp_path: Path
):
    put(store, function_of(pushed(blobs, layer_of({"a": b"a"}))))
    again = opened(db, tmp_path)
    with pytest.raises(ZeroDivisionError), db.write():
        again.resume(blobs)
        raise ZeroDivisionError
    with db.read():
        again.resume(blobs)
    again.settle()
    assert again.get(KEY).state == ACTIVE
    again.close()


def test_a_half_unpacked_image_of_a_killed_process_does_not_count(tmp_path: Path, blobs: BlobStore, db: Database):
    digests = pushed(blobs, layer_of({"a": b"a"}))
    (tmp_path / "functions/code/.killed/root").mkdir(parents=True)
    (tmp_path / "functions/code" / ("0" * 64)).mkdir()  # and of one that was killed before it removed what was over
    store = opened(db, tmp_path)
    put(store, function_of(digests))
    store.resume(blobs)
    store.settle()
    assert [path.name for path in (tmp_path / "functions/code").iterdir()] == [digests[0].removeprefix("sha256:")]
    store.close()


def test_code_that_somebody_has_removed_is_unpacked_again(store: FunctionStore, blobs: BlobStore):
    function = created(store, blobs, layer_of({"a": b"a"}))
    remove_tree(store.code.root(function.digest).parent)
    store.code.prepare(function.digest, blobs)
    assert (store.code.root(function.digest) / "a").read_bytes() == b"a"


def test_a_layer_a_thousand_directories_deep_fails_alone_and_leaves_nothing(
    store: FunctionStore, blobs: BlobStore, tmp_path: Path
):
    failed = created(store, blobs, layer_of({"d/" * 1_000 + "file": b"deep"}))
    assert (failed.state.value, failed.state.code) == ("Failed", "InvalidImage")
    assert "more than 256 directories" in failed.state.reason
    assert list((tmp_path / "functions/code").iterdir()) == []
    other = replace(function_of(pushed(blobs, layer_of({"a": b"a"}))), key=replace(KEY, name="another"))
    assert made_ready(store, other, blobs).state == ACTIVE


def test_an_image_for_which_the_disk_has_no_room_fails_with_the_labs_own_reason(
    store: FunctionStore, blobs: BlobStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("labkit.image.run.limits.free", lambda _folder: 1_000)
    failed = created(store, blobs, layer_of({"a": bytes(2 << 20)}))
    assert failed.state.code == "InternalError"
    assert "does not fit on the disk" in failed.state.reason
    assert "1,000 bytes may still be written" in failed.state.reason
    assert list((tmp_path / "functions/code").iterdir()) == []


def test_a_read_only_disk_is_the_reason_that_a_function_fails(
    store: FunctionStore, blobs: BlobStore, monkeypatch: pytest.MonkeyPatch
):
    def refuses(**_: object) -> str:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr("tempfile.mkdtemp", refuses)
    failed = created(store, blobs, layer_of({"a": b"a"}))
    assert failed.state == Status("Failed", "InternalError", "The image cannot be unpacked: the disk is read-only.")


def test_a_damaged_layer_makes_one_function_fail(store: FunctionStore, blobs: BlobStore):
    digests = pushed(blobs, layer_of({"a": b"a"}))
    blobs.path(digests[2]).write_bytes(layer_of({"a": b"other"}))
    assert made_ready(store, function_of(digests), blobs).state.code == "ImageDeleted"
    assert digests[2] not in blobs


def test_a_state_that_cannot_be_written_leaves_a_function_pending_for_the_next_try(
    store: FunctionStore, blobs: BlobStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def refuses(*_: object) -> None:
        raise StateError("The state: the disk is full. Make room, then try again.")

    with monkeypatch.context() as full:
        full.setattr(store, "_finish", refuses)
        assert created(store, blobs, layer_of({"a": b"a"})).state == PENDING
    assert "the disk is full" in caplog.text
    store.resume(blobs)
    store.settle()
    assert store.get(KEY).state == ACTIVE
