"""Function records and their code: made ready in the background, kept through restarts and failures."""

from __future__ import annotations

import errno
import gzip
import io
import json
import os
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from labkit.embedded.records import tags as resource_tags
from labkit.embedded.services.lambda_.functions.record import Function
from labkit.embedded.services.lambda_.functions.states import ACTIVE, IN_PROGRESS, PENDING, SUCCESSFUL, Status
from labkit.embedded.services.lambda_.functions.store import FunctionStore
from labkit.embedded.state.blobs import BlobStore, digest_of
from labkit.embedded.state.database import Database, StateError
from labkit.embedded.state.opening import open_database
from labkit.ground.files import remove_tree
from labkit.ground.home import open_home
from labkit.image.format.config import FOR_LABEL, KIND_LABEL
from labkit.image.format.manifest import DOCKER_CONFIG, DOCKER_LAYER, DOCKER_MANIFEST
from labkit.pull.function import FunctionRef

NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
KEY = FunctionRef("813835382529", "eu-central-1", "test-same-account")
REGISTRY = "813835382529.dkr.ecr.eu-central-1.amazonaws.com/lambda-same-account"


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path / "images", lambda: NOW)


class StandingClock:
    def now(self) -> datetime:
        return NOW


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    """A state that has the functions' account and nothing else."""
    db = open_database(open_home(tmp_path / "home"))
    with db.write():
        db.insert("account", id=KEY.account, origin="profile", created="2026-01-01T00:00:00.000000Z")
    yield db
    db.close()


def opened(db: Database, tmp_path: Path) -> FunctionStore:
    """The functions as a process has them that has just started."""
    return FunctionStore(tmp_path / "functions", db, StandingClock())


@pytest.fixture
def store(db: Database, tmp_path: Path) -> Iterator[FunctionStore]:
    store = opened(db, tmp_path)
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


def pushed(
    blobs: BlobStore, *layers: bytes, labels: dict[str, str] = STAND_IN, config: bytes | None = None
) -> tuple[str, ...]:
    """Store an image, without an interpreter of its own by these labels; return the digests of all that it is."""
    settings = {"Cmd": ["lambda_function.handler"], "Labels": labels}
    config = config or json.dumps({"architecture": "amd64", "config": settings}).encode()

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


def put(store: FunctionStore, function: Function) -> None:
    with store._db.write():
        store.put(function)


def made_ready(store: FunctionStore, function: Function, blobs: BlobStore) -> Function:
    """Store a function, make it ready as a call does it, and return what has become of it."""
    with store._db.write():
        store.put(function)
        store.make_ready(function.key, blobs)
    store.settle()
    ready = store.get(function.key)
    assert ready is not None
    return ready


def created(store: FunctionStore, blobs: BlobStore, *layers: bytes) -> Function:
    return made_ready(store, function_of(pushed(blobs, *layers)), blobs)


def remove(store: FunctionStore, key: FunctionRef = KEY) -> None:
    with store._db.write():
        function = store.get(key)
        assert function is not None
        store.remove(function.key)


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


def test_code_outlives_the_image_it_came_from(store: FunctionStore, blobs: BlobStore):
    ready = created(store, blobs, layer_of({"a": b"a"}))
    assert store.needed_blobs() == set()
    for digest in [*blobs]:
        blobs.delete(digest)
    assert (store.code.root(ready.digest) / "a").read_bytes() == b"a"


def test_the_blobs_of_a_pending_function_are_needed(store: FunctionStore, blobs: BlobStore):
    digests = pushed(blobs, layer_of({"a": b"a"}))
    put(store, function_of(digests))
    assert store.needed_blobs() == set(digests)


def test_the_blobs_of_an_image_with_an_interpreter_of_its_own_are_kept_as_long_as_it_runs(
    store: FunctionStore, blobs: BlobStore, tmp_path: Path
):
    digests = pushed(blobs, layer_of({"a": b"a"}), labels={})
    made_ready(store, function_of(digests), blobs)
    assert store.needed_blobs() == set(digests)
    failing = pushed(blobs, b"\x28\xb5\x2f\xfd zstd")
    changed = store.revised(store.get(KEY), digest=failing[0], blobs=failing, update=IN_PROGRESS)
    put(store, changed)
    assert store.needed_blobs() == {*digests, *failing}
    made_ready(store, changed, blobs)
    assert store.needed_blobs() == set(digests)
    remove(store)
    assert store.needed_blobs() == set()


def test_functions_are_as_they_were_after_a_restart(
    store: FunctionStore, blobs: BlobStore, db: Database, tmp_path: Path
):
    function = created(store, blobs, layer_of({"a": b"a"}))
    assert opened(db, tmp_path).get(KEY) == function


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


def test_a_deleted_function_leaves_neither_rows_nor_code(
    store: FunctionStore, blobs: BlobStore, db: Database, tmp_path: Path
):
    created(store, blobs, layer_of({"a": b"a"}))
    with db.write():
        resource_tags.put(db, KEY.arn, {"lab": "yes"})
    remove(store)
    assert store.get(KEY) is None
    assert list((tmp_path / "functions/code").iterdir()) == []
    assert (db.all("SELECT * FROM function"), db.all("SELECT * FROM tag")) == ([], [])


def test_what_a_call_did_that_failed_is_neither_kept_nor_begun(
    store: FunctionStore, blobs: BlobStore, db: Database, tmp_path: Path
):
    function = function_of(pushed(blobs, layer_of({"a": b"a"})))
    with pytest.raises(ZeroDivisionError), db.write():
        store.put(function)
        store.make_ready(KEY, blobs)
        raise ZeroDivisionError
    store.settle()
    assert store.get(KEY) is None
    assert list((tmp_path / "functions/code").iterdir()) == []
    made_ready(store, function, blobs)
    with pytest.raises(ZeroDivisionError), db.write():
        store.remove(KEY)
        raise ZeroDivisionError
    assert store.get(KEY).state == ACTIVE
    assert store.code.root(function.digest).is_dir()


def test_code_is_removed_when_the_last_invocation_has_ended_that_uses_it(store: FunctionStore, blobs: BlobStore):
    function = created(store, blobs, layer_of({"a": b"a"}))
    with store.code.used(function.digest):
        with store.code.used(function.digest):
            remove(store)
        assert (store.code.root(function.digest) / "a").read_bytes() == b"a"
    assert not store.code.root(function.digest).exists()


def test_code_that_is_needed_again_stays_when_the_last_invocation_has_ended(store: FunctionStore, blobs: BlobStore):
    function = created(store, blobs, layer_of({"a": b"a"}))
    with store.code.used(function.digest):
        remove(store)
        made_ready(store, function_of(function.blobs), blobs)
    assert (store.code.root(function.digest) / "a").read_bytes() == b"a"


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


def test_what_cannot_be_removed_does_not_make_a_call_fail(
    store: FunctionStore, blobs: BlobStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def refuses(_path: str) -> None:
        raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))

    created(store, blobs, layer_of({"a": b"a"}))
    with monkeypatch.context() as busy:
        busy.setattr(os, "unlink", refuses)
        remove(store)
    assert store.get(KEY) is None
    assert "could not be removed and stays" in caplog.text


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


@pytest.mark.parametrize(
    ("column", "value"),
    [("options", "{"), ("options", "[]"), ("blobs", "{}"), ("running", "[1]"), ("modified", "yesterday")],
)
def test_a_row_that_cannot_be_read_is_set_aside_and_the_others_work(
    store: FunctionStore, blobs: BlobStore, db: Database, column: str, value: str, caplog: pytest.LogCaptureFixture
):
    function = created(store, blobs, layer_of({"a": b"a"}))
    others = [replace(function, key=replace(KEY, name=name)) for name in ("a", "z")]
    for other in others:
        put(store, other)
    with db.write():
        db.run(f"UPDATE function SET {column} = ? WHERE arn = ?", value, KEY.arn)
    store.needed_blobs()  # what images are kept for is asked for all functions at once
    with db.read():
        assert store.page(KEY.account, KEY.region, "", 50) == (others, None)
    assert store.get(KEY) is None
    assert "a row of function was set aside" in caplog.text
    (kept,) = db.all("SELECT * FROM set_aside")
    assert json.loads(kept["content"])["arn"] == KEY.arn
    put(store, function)
    assert store.get(KEY) == function


def test_functions_with_the_same_image_share_its_code(store: FunctionStore, blobs: BlobStore):
    first = created(store, blobs, layer_of({"a": b"a"}))
    other = replace(function_of(first.blobs), key=replace(KEY, name="another"), ready=first.digest, state=ACTIVE)
    put(store, other)
    remove(store)
    assert store.code.root(first.digest).is_dir()


def test_a_function_deleted_while_pending_stays_deleted(store: FunctionStore, blobs: BlobStore):
    with store._db.write():
        store.put(function_of(pushed(blobs, layer_of({"a": b"a"}))))
        store.make_ready(KEY, blobs)
    remove(store)
    store.settle()
    assert store.get(KEY) is None


def test_names_that_differ_in_case_are_different_functions(store: FunctionStore, blobs: BlobStore):
    digests = pushed(blobs, layer_of({"a": b"a"}))
    for name in ("greeter", "Greeter"):
        put(store, function_of(digests, replace(KEY, name=name)))
    assert [each.key.name for each in store.page(KEY.account, KEY.region, "", 50)[0]] == ["Greeter", "greeter"]


def test_pages_continue_after_the_last_name_and_show_one_account_and_region(store: FunctionStore, db: Database):
    keys = [FunctionRef(KEY.account, KEY.region, name) for name in "edcba"]
    for key in [*keys, replace(KEY, region="eu-west-1"), replace(KEY, name="B")]:
        put(store, function_of(("sha256:d",), key))
    pages, marker = [], ""
    while marker is not None:
        found, marker = store.page(KEY.account, KEY.region, marker, 2)
        pages.append([function.key.name for function in found])
    assert pages == [["B", "a"], ["b", "c"], ["d", "e"]]
    assert store.page("592444418872", KEY.region, "", 2) == ([], None)


def test_only_code_and_configuration_make_a_new_version(blobs: BlobStore):
    function = function_of(pushed(blobs, layer_of({"a": b"a"})))
    assert replace(function, state=ACTIVE, revision="other").fingerprint == function.fingerprint
    assert replace(function, options={"Timeout": 4}).fingerprint != function.fingerprint
    assert replace(function, role="arn:aws:iam::813835382529:role/Other").fingerprint != function.fingerprint
    assert replace(function, ready=function.digest).fingerprint != function.fingerprint
