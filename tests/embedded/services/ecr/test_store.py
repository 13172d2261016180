"""The image store: what a digest, a tag and a layer are, and what happens to them and to their bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from labkit.embedded.records import accounts, repositories
from labkit.embedded.records.repositories import RepositoryRecord
from labkit.embedded.services.ecr.images.catalog import tag_is_immutable
from labkit.embedded.services.ecr.images.image import RepositoryKey
from labkit.embedded.services.ecr.images.store import (
    BlobsMissingError,
    ChildrenMissingError,
    ImageExistsError,
    ImageStore,
    ManifestInvalidError,
    TagImmutableError,
    Wanted,
)
from labkit.embedded.state.blobs import digest_of
from labkit.embedded.state.database import Database
from labkit.embedded.state.opening import open_database
from labkit.ground.home import open_home
from labkit.image.format.manifest import DOCKER_CONFIG, DOCKER_LAYER, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST
from tests.embedded.conftest import MovedClock

KEY = RepositoryKey("813835382529", "eu-central-1", "team/lambda-same-account")
OTHER = RepositoryKey("592444418872", "eu-central-1", "team/lambda-same-account")


@pytest.fixture
def database(tmp_path: Path, clock: MovedClock) -> Iterator[Database]:
    """A state with two repositories."""
    made = open_database(open_home(tmp_path / "home"))
    with made.write():
        for key in (KEY, OTHER):
            accounts.add(made, key.account, "profile", clock.now())
            repositories.add(made, RepositoryRecord(key.arn, *key, clock.now(), None, "MUTABLE"))
    yield made
    made.close()


@pytest.fixture
def store(tmp_path: Path, clock: MovedClock, database: Database) -> ImageStore:
    return ImageStore(tmp_path, database, clock)


def push(store: ImageStore, *layers: bytes, key: RepositoryKey = KEY) -> bytes:
    """Push layers and a configuration; return the manifest that names them."""
    for blob in (b"{}", *layers):
        store.link(key, store.blobs.put(blob))
    return manifest_of(*layers)


def manifest_of(*layers: bytes, media_type: str = DOCKER_MANIFEST) -> bytes:
    def descriptor(kind: str, blob: bytes) -> dict[str, object]:
        return {"mediaType": kind, "size": len(blob), "digest": digest_of(blob)}

    return json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": media_type,
            "config": descriptor(DOCKER_CONFIG, b"{}"),
            "layers": [descriptor(DOCKER_LAYER, layer) for layer in layers],
        }
    ).encode()


def index_of(*manifests: bytes) -> bytes:
    entries = [{"mediaType": DOCKER_MANIFEST, "size": len(m), "digest": digest_of(m)} for m in manifests]
    return json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}).encode()


def test_an_image_has_the_digest_of_its_manifest(store: ImageStore, clock: MovedClock):
    manifest = push(store, b"layer one", b"layer two")
    image = store.put(KEY, manifest, tag="0.0.1")
    assert image.digest == digest_of(manifest)
    assert image.size == len(b"layer one") + len(b"layer two")
    assert image.pushed_at == clock.now()
    assert image.media_type == DOCKER_MANIFEST
    assert store.find(KEY, tag="0.0.1") == store.find(KEY, digest=image.digest) == image
    assert store.manifest(image) == manifest


def test_a_moved_tag_leaves_the_old_image_untagged(store: ImageStore):
    old = store.put(KEY, push(store, b"old"), tag="0.0.1")
    new = store.put(KEY, push(store, b"new"), tag="0.0.1")
    assert store.find(KEY, tag="0.0.1") == new
    assert store.images(KEY) == [old, new]
    assert store.tags_of(KEY, old.digest) == []


def test_an_immutable_tag_does_not_move(store: ImageStore):
    old = store.put(KEY, push(store, b"old"), tag="0.0.1", immutable=True)
    with pytest.raises(TagImmutableError):
        store.put(KEY, push(store, b"new"), tag="0.0.1", immutable=True)
    assert store.images(KEY) == [old]
    store.put(KEY, push(store, b"new"), tag="0.0.2", immutable=True)


@pytest.mark.parametrize(
    ("mutability", "excluded", "immutable"),
    [
        ("MUTABLE", False, False),
        ("IMMUTABLE", False, True),
        ("IMMUTABLE_WITH_EXCLUSION", False, True),
        ("IMMUTABLE_WITH_EXCLUSION", True, False),
        ("MUTABLE_WITH_EXCLUSION", False, False),
        ("MUTABLE_WITH_EXCLUSION", True, True),
    ],
)
def test_exclusion_filters_turn_a_tags_mutability_round(mutability: str, excluded: bool, immutable: bool):
    filters = [{"filterType": "WILDCARD", "filter": "dev-*"}]
    assert tag_is_immutable(mutability, filters, "dev-1" if excluded else "1.0") is immutable


def test_the_same_image_and_tag_twice_is_told(store: ImageStore):
    manifest = push(store, b"layer")
    store.put(KEY, manifest, tag="0.0.1")
    with pytest.raises(ImageExistsError):
        store.put(KEY, manifest, tag="0.0.1")
    with pytest.raises(ImageExistsError):
        store.put(KEY, manifest)


def test_one_image_can_have_several_tags(store: ImageStore):
    manifest = push(store, b"layer")
    first = store.put(KEY, manifest, tag="0.0.1")
    assert store.put(KEY, manifest, tag="latest") == first
    assert store.tags_of(KEY, first.digest) == ["0.0.1", "latest"]


def test_with_tag_and_digest_both_must_fit(store: ImageStore):
    one = store.put(KEY, push(store, b"one"), tag="1")
    two = store.put(KEY, push(store, b"two"), tag="2")
    assert store.find(KEY, tag="1", digest=one.digest) == one
    assert store.find(KEY, tag="1", digest=two.digest) is None


def test_a_layer_of_another_repository_does_not_count(store: ImageStore):
    manifest = push(store, b"layer", key=OTHER)
    with pytest.raises(BlobsMissingError) as refused:
        store.put(KEY, manifest)
    assert set(refused.value.digests) == {digest_of(b"layer"), digest_of(b"{}")}
    assert not store.holds(KEY, digest_of(b"layer"))
    assert store.holds(OTHER, digest_of(b"layer"))


@pytest.mark.parametrize(
    "manifest",
    [b"", b"nope", b"[]", b"{}", b'{"schemaVersion": 1}', b'{"schemaVersion": 2, "layers": []}'],
)
def test_bytes_that_are_no_manifest_are_refused(store: ImageStore, manifest: bytes):
    with pytest.raises(ManifestInvalidError):
        store.put(KEY, manifest)
    assert store.images(KEY) == []


def test_a_manifest_sent_under_another_media_type_is_refused(store: ImageStore):
    with pytest.raises(ManifestInvalidError):
        store.put(KEY, push(store, b"layer"), OCI_MANIFEST)


def test_an_index_is_stored_once_its_images_are_there(store: ImageStore):
    child = push(store, b"layer")
    with pytest.raises(ChildrenMissingError):
        store.put(KEY, index_of(child))
    image = store.put(KEY, child)
    index = store.put(KEY, index_of(child), tag="multi")
    assert index.media_type == OCI_INDEX
    assert index.children == (image.digest,)
    assert store.parents(KEY, image.digest) == [index.digest]


def test_the_last_tag_takes_its_image_with_it(store: ImageStore):
    manifest = push(store, b"layer")
    for tag in ("0.0.1", "latest"):
        store.put(KEY, manifest, tag=tag)
    store.untag(KEY, "0.0.1")
    assert len(store.images(KEY)) == 1
    store.untag(KEY, "latest")
    assert store.images(KEY) == []


def test_deleting_an_image_spares_the_layers_that_another_one_shares(store: ImageStore, clock: MovedClock):
    one = store.put(KEY, push(store, b"shared", b"of one"), tag="1")
    store.put(KEY, push(store, b"shared", b"of two"), tag="2")
    clock.move(days=2)
    store.delete(KEY, one.digest)
    store.collect()
    assert store.holds(KEY, digest_of(b"shared"))
    assert not store.holds(KEY, digest_of(b"of one"))
    assert digest_of(b"of one") not in store.blobs
    assert one.digest not in store.blobs


def test_what_a_function_still_needs_is_not_collected(store: ImageStore, clock: MovedClock):
    image = store.put(KEY, push(store, b"layer"), tag="1")
    clock.move(days=2)
    store.delete(KEY, image.digest)
    store.collect({image.digest, *image.blobs})
    assert digest_of(b"layer") in store.blobs
    store.collect()
    assert list(store.blobs) == []


def test_a_layer_that_never_became_part_of_an_image_is_collected_after_a_day(store: ImageStore, clock: MovedClock):
    push(store, b"lonely")
    clock.move(hours=23)
    assert store.collect() == []
    clock.move(hours=2)
    assert set(store.collect()) == {digest_of(b"lonely"), digest_of(b"{}")}


def test_images_are_as_they_were_after_a_restart(
    store: ImageStore, tmp_path: Path, clock: MovedClock, database: Database
):
    image = store.put(KEY, push(store, b"layer"), tag="0.0.1")
    index = store.put(KEY, index_of(store.manifest(image)), tag="multi")
    again = ImageStore(tmp_path, database, clock)
    assert again.images(KEY) == [image, index]
    assert again.tags(KEY) == {"0.0.1": image.digest, "multi": index.digest}
    assert again.holds(KEY, digest_of(b"layer"))


def test_a_dropped_repository_leaves_nothing(store: ImageStore, database: Database):
    store.put(KEY, push(store, b"layer"), tag="0.0.1")
    upload = store.blobs.begin(KEY.arn)
    with database.write():
        store.drop(KEY)
        repositories.remove(database, KEY.arn)
        store.collect()
    assert store.images(KEY) == []
    assert list(store.blobs) == []
    assert not list(upload_files(store, upload.id))


def upload_files(store: ImageStore, upload: str) -> list[Path]:
    return list(store.blobs.path(digest_of(b"")).parents[3].glob(f"uploads/*/{upload}"))


def test_what_is_undone_leaves_every_blob_and_every_row(store: ImageStore, database: Database):
    image = store.put(KEY, push(store, b"layer"), tag="0.0.1")
    with pytest.raises(RuntimeError), database.write():
        store.delete(KEY, image.digest)
        assert store.collect()
        raise RuntimeError
    assert store.images(KEY) == [image]
    assert all(blob in store.blobs for blob in (image.digest, *image.blobs))
    assert store.collect() == []


def test_a_blob_that_was_promised_anew_before_it_goes_stays(store: ImageStore, database: Database, clock: MovedClock):
    image = store.put(KEY, push(store, b"layer"), tag="0.0.1")
    clock.move(days=2)
    with database.write():
        store.delete(KEY, image.digest)
        gone = store.collect()
        store.link(OTHER, digest_of(b"layer"))
    assert digest_of(b"layer") in gone
    assert digest_of(b"layer") in store.blobs
    assert digest_of(b"{}") not in store.blobs


# Hours after its push at which somebody asks for a layer, and at which its image is deleted; whether it stays.
PROMISES: dict[str, tuple[float | None, float, bool]] = {
    "pushed just now": (None, 1, True),
    "pushed long ago": (None, 25, False),
    "asked for after it was pushed": (2, 25, True),
    "asked for at once": (0.5, 23, True),
    "asked for long ago": (2, 27, False),
}


@pytest.mark.parametrize(("asked", "deleted", "stays"), PROMISES.values(), ids=PROMISES)
def test_a_layer_that_somebody_was_told_of_outlives_its_image(
    store: ImageStore, clock: MovedClock, asked: float | None, deleted: float, stays: bool
):
    begin = clock.now()
    image = store.put(KEY, push(store, b"layer"), tag="0.0.1")
    if asked is not None:
        clock.moment = begin + timedelta(hours=asked)
        assert store.promises(KEY, [digest_of(b"layer"), digest_of(b"other")]) == {digest_of(b"layer")}
    clock.moment = begin + timedelta(hours=deleted)
    store.delete(KEY, image.digest)
    store.collect()
    assert store.holds(KEY, digest_of(b"layer")) is stays
    assert (digest_of(b"layer") in store.blobs) is stays
    assert image.digest not in store.blobs


def test_asking_again_what_is_there_writes_nothing(store: ImageStore, clock: MovedClock, database: Database):
    store.put(KEY, push(store, b"layer"), tag="0.0.1")
    wanted = [digest_of(b"layer"), digest_of(b"{}")]
    linked = "SELECT max(linked) AS last FROM layer"
    before = database.one(linked)
    clock.move(minutes=59)
    assert store.promises(KEY, wanted) == set(wanted)
    assert database.one(linked) == before
    clock.move(minutes=2)
    assert store.promises(KEY, wanted) == set(wanted)
    assert database.one(linked) != before


def test_a_layer_stays_while_any_image_of_its_repository_names_it(store: ImageStore, clock: MovedClock):
    images = [store.put(KEY, push(store, b"shared", own), tag=own.decode()) for own in (b"1", b"2", b"3")]
    clock.move(days=2)
    for number, image in enumerate(images, 1):
        assert store.holds(KEY, digest_of(b"shared"))
        store.delete(KEY, image.digest)
        assert len(store.collect()) == (2 if number < 3 else 4)
    assert list(store.blobs) == []


def test_a_file_that_a_crash_left_behind_goes_with_the_first_upload_of_the_next_process(
    store: ImageStore, tmp_path: Path, clock: MovedClock, database: Database
):
    kept = store.put(KEY, push(store, b"layer"), tag="0.0.1")
    store.blobs.put(b"nobody knows of this")
    upload = store.blobs.begin(KEY.arn)
    clock.move(days=2)
    again = ImageStore(tmp_path, database, clock)
    assert again.garbage.tidying_is_due
    again.garbage.tidy(set)
    assert set(again.blobs) == {kept.digest, *kept.blobs}
    assert upload_files(store, upload.id) == []
    assert not again.garbage.tidying_is_due


def test_a_list_of_images_is_fetched_from_any_place(store: ImageStore):
    for number in range(5):
        store.put(KEY, push(store, b"%d" % number), tag=f"tag-{number}" if number % 2 else None)
    every = store.listed(KEY)
    assert [image for _, image in every] == store.images(KEY)
    for place, (number, _) in enumerate(every, 1):
        assert store.listed(KEY, number) == every[place:]
        assert store.listed(KEY, number, 1) == every[place : place + 1]
    assert [bool(store.tags_of(KEY, image.digest)) for _, image in store.listed(KEY, wanted=Wanted(tagged=True))] == [
        True
    ] * 2
    assert [bool(store.tags_of(KEY, image.digest)) for _, image in store.listed(KEY, wanted=Wanted(tagged=False))] == [
        False
    ] * 3


def test_the_same_image_in_two_repositories_is_two_images(store: ImageStore, clock: MovedClock):
    one = store.put(KEY, push(store, b"layer"), tag="1")
    clock.move(minutes=1)
    two = store.put(OTHER, push(store, b"layer", key=OTHER), tag="1")
    assert two == replace(one, pushed_at=clock.now())
    store.delete(KEY, one.digest)
    store.collect()
    assert store.images(OTHER) == [two]
    assert store.manifest(two)
