"""Function records and their code: kept through restarts, shared, and gone when nothing needs them."""

from __future__ import annotations

import errno
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from labkit.embedded.records import tags as resource_tags
from labkit.embedded.services.lambda_.functions.states import ACTIVE, IN_PROGRESS
from labkit.embedded.services.lambda_.functions.store import FunctionStore
from labkit.embedded.state.blobs import BlobStore
from labkit.embedded.state.database import Database
from labkit.pull.function import FunctionRef
from tests.embedded.services.lambda_.functions.conftest import (
    KEY,
    created,
    function_of,
    layer_of,
    made_ready,
    opened,
    pushed,
    put,
    remove,
)


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
