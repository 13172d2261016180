"""Disks that are full, read-only or damaged: nothing half done counts, and one bad blob stays one bad blob."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from labkit.embedded.state import uploads
from labkit.embedded.state.blobs import BlobStore, digest_of
from labkit.embedded.state.database import StateError

NOW = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
REPOSITORY = "arn:aws:ecr:eu-central-1:813835382529:repository/lambda-same-account"


@pytest.fixture
def store(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path, lambda: NOW)


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A disk that takes half of a piece of "lost" bytes and then is full."""
    write = uploads._write

    def writes(file: uploads.FileIO, chunk: bytes) -> None:
        if b"lost" in chunk:
            write(file, chunk[: len(chunk) // 2])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(file, chunk)

    monkeypatch.setattr(uploads, "_write", writes)
    yield


def files_of(root: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.mark.usefixtures("full")
def test_a_blob_that_the_disk_has_no_room_for_leaves_nothing(store: BlobStore, tmp_path: Path):
    with pytest.raises(StateError, match="the disk is full"):
        store.put(b"lost in a full disk")
    assert files_of(tmp_path) == {}
    assert store.read(store.put(b"smaller")) == b"smaller"


@pytest.mark.usefixtures("full")
def test_an_upload_stands_where_it_stood_when_the_disk_was_full(store: BlobStore, tmp_path: Path):
    upload = store.begin(REPOSITORY)
    upload.append([b"kept "])
    with pytest.raises(StateError, match="the disk is full"):
        upload.append([b"of the same request, ", b"lost"])
    assert (upload.size, files_of(tmp_path)) == (5, {upload.id: b"kept "})
    upload.append([b"and finished"], offset=5)
    store.finish(REPOSITORY, upload.id, digest_of(b"kept and finished"))
    assert list(files_of(tmp_path).values()) == [b"kept and finished"]


def test_a_blob_whose_bytes_do_not_reach_the_disk_is_not_there(
    store: BlobStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def refuses(_descriptor: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as failing:
        failing.setattr(os, "fsync", refuses)
        with pytest.raises(StateError, match="the disk fails"):
            store.put(b"blob")
    assert (list(store), files_of(tmp_path)) == ([], {})


def test_a_full_disk_of_the_machine_itself_leaves_nothing(tmp_path: Path):
    small = tmp_path / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "labkit-test", str(small)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small disk can be mounted by root only")
    try:
        store = BlobStore(small, lambda: NOW)
        with pytest.raises(StateError, match="the disk is full"):
            store.put(os.urandom(1 << 20))
        assert files_of(small) == {}
        assert len(store.read(store.put(bytes(100_000)))) == 100_000
    finally:
        subprocess.run(["umount", str(small)], check=True)


def overwritten(path: Path) -> None:
    path.write_bytes(b"other bytes")


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("damage", [overwritten, truncated, a_folder])
@pytest.mark.parametrize("reading", [BlobStore.read, BlobStore.verified])
def test_a_damaged_blob_is_set_aside_and_the_others_work(
    store: BlobStore,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    damage: Callable[[Path], None],
    reading: Callable[[BlobStore, str], object],
):
    bad, good = store.put(b"bad blob"), store.put(b"good blob")
    damage(store.path(bad))
    with pytest.raises(FileNotFoundError):
        reading(store, bad)
    assert (bad in store, list(store)) == (False, [good])
    assert (tmp_path / "blobs/set-aside" / bad.removeprefix("sha256:")).exists()
    assert [record.getMessage().startswith(f"the blob {bad} cannot be read") for record in caplog.records] == [True]
    assert (store.read(good), store.verified(good)) == (b"good blob", store.path(good))


def test_a_blob_that_was_set_aside_can_be_pushed_again(store: BlobStore):
    digest = store.put(b"blob")
    store.path(digest).write_bytes(b"blub")
    with pytest.raises(FileNotFoundError):
        store.read(digest)
    assert store.read(store.put(b"blob")) == b"blob"


def test_a_blob_that_has_lost_bytes_is_replaced_when_it_is_put_again(store: BlobStore):
    digest = store.put(b"blob")
    store.path(digest).write_bytes(b"")
    store.put(b"blob")
    assert store.read(digest) == b"blob"


def test_a_disk_that_does_not_let_a_blob_move_stops_nothing(
    store: BlobStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    digest = store.put(b"blob")
    store.path(digest).write_bytes(b"blub")
    refusing = OSError(errno.EROFS, os.strerror(errno.EROFS))

    def refuses(*_args: object) -> None:
        raise refusing

    monkeypatch.setattr(Path, "replace", refuses)
    with pytest.raises(FileNotFoundError):
        store.read(digest)
    assert "stays where it is" in caplog.text


def test_too_many_open_files_are_not_the_blobs_fault(store: BlobStore, monkeypatch: pytest.MonkeyPatch):
    digest = store.put(b"blob")

    def refuses(_path: Path) -> bytes:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    with monkeypatch.context() as busy:
        busy.setattr(Path, "read_bytes", refuses)
        with pytest.raises(OSError, match="Too many open files"):
            store.read(digest)
    assert store.read(digest) == b"blob"
