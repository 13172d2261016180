"""The content-addressed store: whole blobs or none, however they arrive."""

from __future__ import annotations

import hashlib
import stat
import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.embedded.state.blobs import BlobStore, digest_of, is_digest
from labkit.embedded.state.uploads import DigestMismatchError, UploadNotFoundError, WrongOffsetError
from tests.embedded.conftest import MovedClock

REPOSITORY = "arn:aws:ecr:eu-central-1:813835382529:repository/lambda-same-account"
OTHER = "arn:aws:ecr:eu-central-1:592444418872:repository/lambda-same-account"


@pytest.fixture
def store(tmp_path: Path, clock: MovedClock) -> BlobStore:
    return BlobStore(tmp_path, clock.now)


def test_a_blob_is_found_by_the_digest_of_its_bytes(store: BlobStore):
    digest = store.put(b"layer")
    assert digest == "sha256:" + hashlib.sha256(b"layer").hexdigest()
    assert store.read(digest) == b"layer"
    assert store.size(digest) == 5
    assert digest in store
    assert list(store) == [digest]


def test_a_blob_lies_under_its_digest_readable_by_its_owner_only(store: BlobStore, tmp_path: Path):
    digest = store.put(b"layer")
    path = store.path(digest)
    assert path == tmp_path / "blobs/sha256" / digest[7:9] / digest[7:]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_is_not_there_has_no_size_and_cannot_be_read(store: BlobStore):
    digest = digest_of(b"nothing")
    assert store.size(digest) is None
    assert digest not in store
    with pytest.raises(FileNotFoundError):
        store.read(digest)


@pytest.mark.parametrize("text", ["", "sha256:", "sha256:../../etc/passwd", "sha256:" + "A" * 64, "sha512:" + "a" * 64])
def test_a_text_that_is_no_digest_leads_to_no_path(store: BlobStore, text: str):
    assert not is_digest(text)
    assert text not in store
    with pytest.raises(ValueError, match="not a SHA-256 digest"):
        store.path(text)


@given(data=st.binary(max_size=2000), cuts=st.lists(st.integers(0, 2000), max_size=8))
def test_any_split_of_the_bytes_gives_the_same_blob(data: bytes, cuts: list[int]):
    edges = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    with tempfile.TemporaryDirectory() as home:
        store = BlobStore(Path(home), MovedClock().now)
        upload = store.begin(REPOSITORY)
        for start, end in pairwise(edges):
            assert upload.append([data[start:end]], offset=start) == end
        assert store.finish(REPOSITORY, upload.id, digest_of(data)) == len(data)
        assert store.read(digest_of(data)) == data


def test_an_upload_with_another_digest_stays_an_upload(store: BlobStore):
    upload = store.begin(REPOSITORY)
    upload.append([b"other bytes"])
    with pytest.raises(DigestMismatchError) as refused:
        store.finish(REPOSITORY, upload.id, digest_of(b"bytes"))
    assert refused.value.actual == digest_of(b"other bytes")
    assert digest_of(b"bytes") not in store
    store.finish(REPOSITORY, upload.id, digest_of(b"other bytes"))
    assert store.read(digest_of(b"other bytes")) == b"other bytes"


def test_a_part_must_begin_where_the_upload_stands(store: BlobStore):
    upload = store.begin(REPOSITORY)
    upload.append([b"12345"])
    for offset in (0, 4, 6):
        with pytest.raises(WrongOffsetError) as refused:
            upload.append([b"x"], offset=offset)
        assert refused.value.size == 5
    assert upload.size == 5


def test_an_upload_is_found_only_by_the_repository_it_belongs_to(store: BlobStore):
    upload = store.begin(REPOSITORY)
    with pytest.raises(UploadNotFoundError):
        store.upload(OTHER, upload.id)
    with pytest.raises(UploadNotFoundError):
        store.finish(OTHER, upload.id, digest_of(b""))
    with pytest.raises(UploadNotFoundError):
        store.upload(REPOSITORY, "../../../secret")


def test_a_cancelled_or_finished_upload_is_gone(store: BlobStore):
    cancelled, finished = store.begin(REPOSITORY), store.begin(REPOSITORY)
    store.cancel(REPOSITORY, cancelled.id)
    store.finish(REPOSITORY, finished.id, digest_of(b""))
    for upload in (cancelled, finished):
        with pytest.raises(UploadNotFoundError):
            store.upload(REPOSITORY, upload.id)
        with pytest.raises(UploadNotFoundError):
            upload.append([b"late"])


@pytest.mark.parametrize("end", ["cancel", "drop"])
def test_an_upload_that_goes_while_bytes_are_coming_is_not_there(store: BlobStore, tmp_path: Path, end: str):
    upload = store.begin(REPOSITORY)

    def going() -> Iterator[bytes]:
        yield b"half"
        store.cancel(REPOSITORY, upload.id) if end == "cancel" else store.drop(REPOSITORY)
        yield b"whole"

    with pytest.raises(UploadNotFoundError):
        upload.append(going())
    with pytest.raises(UploadNotFoundError):
        upload.move_to(tmp_path / "blob", digest_of(b"halfwhole"))


def test_the_uploads_of_a_repository_go_with_it(store: BlobStore, tmp_path: Path, clock: MovedClock):
    gone, kept = store.begin(REPOSITORY), store.begin(OTHER)
    store.drop(REPOSITORY)
    for found in (store, BlobStore(tmp_path, clock.now)):
        with pytest.raises(UploadNotFoundError):
            found.upload(REPOSITORY, gone.id)
        assert found.upload(OTHER, kept.id).size == 0


def test_an_upload_goes_on_after_a_restart(store: BlobStore, tmp_path: Path, clock: MovedClock):
    upload = store.begin(REPOSITORY)
    upload.append([b"first "])
    after_restart = BlobStore(tmp_path, clock.now)
    assert list(after_restart) == []
    resumed = after_restart.upload(REPOSITORY, upload.id)
    assert resumed.size == 6
    resumed.append([b"second"], offset=6)
    after_restart.finish(REPOSITORY, upload.id, digest_of(b"first second"))
    assert after_restart.read(digest_of(b"first second")) == b"first second"


def test_a_client_that_breaks_off_leaves_what_it_has_sent(store: BlobStore):
    def breaking_off():
        yield b"half"
        raise ConnectionResetError

    upload = store.begin(REPOSITORY)
    with pytest.raises(ConnectionResetError):
        upload.append(breaking_off())
    assert upload.size == 4
    upload.append([b" whole"], offset=4)
    store.finish(REPOSITORY, upload.id, digest_of(b"half whole"))
    assert store.read(digest_of(b"half whole")) == b"half whole"


def test_a_blob_is_deleted_once(store: BlobStore):
    kept, lost = store.put(b"kept"), store.put(b"lost")
    for _ in range(2):
        store.delete(lost)
        assert list(store) == [kept]


def test_an_upload_that_nobody_continues_for_a_day_is_given_up(store: BlobStore, clock: MovedClock):
    upload = store.begin(REPOSITORY)
    clock.move(hours=20)
    upload.append([b"still here"])
    clock.move(hours=20)
    store.give_up()
    store.upload(REPOSITORY, upload.id)
    clock.move(hours=5)
    store.give_up()
    with pytest.raises(UploadNotFoundError):
        store.upload(REPOSITORY, upload.id)
