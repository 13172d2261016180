"""The images of every repository: manifests by digest, tags that point at them, layers that were pushed.

An image is its manifest: its digest is the SHA-256 of the manifest's bytes as they were pushed, which is
what docker prints. A tag points at one image; moving it leaves the old image where it was, untagged. A layer
can be fetched from a repository only after it has been pushed to that repository, even though all
repositories share one `BlobStore`: content is shared, access is not. A layer that no image needs goes a day after
it was last pushed, mounted or asked for: whoever was told that it is there may still be about to push the image.

What is known stands in the database (tables image, image_part, image_tag, layer), what was pushed in files. A file is
there before a row says so, and is deleted after none does any more (`labkit.embedded.services.ecr.images.garbage`). The
ECR API and a registry's ``/v2/`` are two doors to this store; neither keeps images of its own.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from labkit.embedded.services.ecr.images import states
from labkit.embedded.services.ecr.images.garbage import Garbage
from labkit.embedded.services.ecr.images.image import RepositoryKey, StoredImage, image_of
from labkit.embedded.state.blobs import BlobStore, digest_of
from labkit.embedded.state.clock import Clock, stored
from labkit.embedded.state.database import Database
from labkit.image.format.errors import IndexManifest, ManifestError
from labkit.image.format.manifest import parse

MOST_TAGS = 1000
"""How many tags one image may have (Amazon ECR User Guide, "Amazon ECR service quotas")."""

_PROMISE_LASTS = timedelta(hours=1)  # that somebody asked for a layer is noted at most so often


class ImageRefusedError(Exception):
    """An image cannot be stored; the subclasses say why."""


class ManifestInvalidError(ImageRefusedError):
    """The bytes are no manifest that a registry stores; the message names the reason."""


class BlobsMissingError(ImageRefusedError):
    """The repository does not hold these blobs (``digests``) that the manifest names."""

    def __init__(self, digests: Iterable[str]) -> None:
        self.digests = list(digests)
        super().__init__(", ".join(self.digests))


class ChildrenMissingError(BlobsMissingError):
    """The repository does not hold these images (``digests``) that the index names."""


class ImageExistsError(ImageRefusedError):
    """The image is there already, and the tag (if one was given) points at it."""


class TagImmutableError(ImageRefusedError):
    """The tag points at another image and may not be moved."""


class TooManyTagsError(ImageRefusedError):
    """The image has as many tags as an image may have."""


class Wanted(NamedTuple):
    """Which images a list is to have: those with tags, or those without (None: both), and those of one status."""

    tagged: bool | None = None
    status: str | None = None


ALL = Wanted()
"""Every image of a repository."""

_PARTS = (
    "(SELECT json_group_array(digest) FROM "
    "(SELECT digest FROM image_part WHERE image = image.number AND kind = '{}' ORDER BY position))"
)
_TAGGED = (
    "EXISTS (SELECT 1 FROM image_tag WHERE image_tag.repository = image.repository AND image_tag.digest = image.digest)"
)
_STATUS = "iif(status = 'ACTIVATING' AND activated <= ?, 'ACTIVE', status)"
_WANTED = f"coalesce(?, {_TAGGED}) = {_TAGGED} AND coalesce(?, {_STATUS}) = {_STATUS}"
_IMAGE = f"SELECT image.*, {_PARTS.format('blob')} AS blobs, {_PARTS.format('image')} AS children FROM image"  # noqa: S608


class ImageStore:
    """The images of all repositories. ``blobs`` has their bytes, below ``home``; ``garbage`` deletes those that go.

    A method that changes something is part of the present write unit, or a unit of its own.
    """

    def __init__(self, home: Path, database: Database, clock: Clock) -> None:
        self._db = database
        self._now = clock.now
        self.blobs = BlobStore(home, clock.now)
        self.garbage = Garbage(database, self.blobs, clock.now)

    # -- What is there ---------------------------------------------------------------------------------------------

    def images(self, key: RepositoryKey) -> list[StoredImage]:
        """The images of a repository, in the order in which they were first pushed."""
        return [image for _, image in self.listed(key)]

    def listed(
        self, key: RepositoryKey, after: int = 0, most: int = -1, wanted: Wanted = ALL
    ) -> list[tuple[int, StoredImage]]:
        """The images that are wanted behind number ``after``, each with its number: at most so many (-1: all)."""
        rows = self._db.all(
            f"{_IMAGE} WHERE repository = ? AND {_WANTED} AND number > ? ORDER BY number LIMIT ?",
            *(key.arn, *self._as_asked(wanted), after, most),
        )
        return [(row["number"], image_of(row, self._now())) for row in rows]

    def identifiers(
        self, key: RepositoryKey, after: tuple[int, str], most: int, wanted: Wanted = ALL
    ) -> list[tuple[int, str, str | None]]:
        """Number, digest and tag: one for every tag, and one without for every image that has none.

        They come in the order of numbers and tags, from the first behind ``after``.
        """
        rows = self._db.all(
            "SELECT number, image.digest, tag FROM image LEFT JOIN image_tag "  # noqa: S608
            "ON image_tag.repository = image.repository AND image_tag.digest = image.digest "
            f"WHERE image.repository = ? AND {_WANTED} AND number >= ? "
            "AND (number, coalesce(tag, '')) > (?, ?) ORDER BY number, tag LIMIT ?",
            *(key.arn, *self._as_asked(wanted), after[0], *after, most),
        )
        return [(row["number"], row["digest"], row["tag"]) for row in rows]

    def tags(self, key: RepositoryKey) -> dict[str, str]:
        """The tags of a repository, each with the digest of its image."""
        rows = self._db.all("SELECT tag, digest FROM image_tag WHERE repository = ?", key.arn)
        return {row["tag"]: row["digest"] for row in rows}

    def tags_of(self, key: RepositoryKey, digest: str) -> list[str]:
        """The tags that point at one image, sorted."""
        rows = self._db.all(
            "SELECT tag FROM image_tag WHERE repository = ? AND digest = ? ORDER BY tag", key.arn, digest
        )
        return [row["tag"] for row in rows]

    def find(self, key: RepositoryKey, *, digest: str | None = None, tag: str | None = None) -> StoredImage | None:
        """The image of this digest or tag, or None; with both, only if the tag points at that digest."""
        tagged = self._tagged(key, tag) if tag is not None else digest
        if digest is not None and digest != tagged:
            return None
        row = self._db.one(f"{_IMAGE} WHERE repository = ? AND digest = ?", key.arn, tagged)
        return image_of(row, self._now()) if row else None

    def manifest(self, image: StoredImage) -> bytes:
        """The bytes of an image's manifest, exactly as they were pushed."""
        return self.blobs.read(image.digest)

    def parents(self, key: RepositoryKey, digest: str) -> list[str]:
        """The digests of the indexes of this repository that name the image."""
        rows = self._db.all(
            "SELECT DISTINCT image.digest, image.number FROM image_part JOIN image ON image.number = image_part.image "
            "WHERE image_part.repository = ? AND image_part.digest = ? AND kind = 'image' ORDER BY image.number",
            *(key.arn, digest),
        )
        return [row["digest"] for row in rows]

    def holds(self, key: RepositoryKey, digest: str) -> bool:
        """Can this blob be fetched from this repository?"""
        found = self._db.one("SELECT 1 FROM layer WHERE repository = ? AND digest = ?", key.arn, digest)
        return found is not None and digest in self.blobs

    # -- What changes ----------------------------------------------------------------------------------------------

    def put(
        self,
        key: RepositoryKey,
        manifest: bytes,
        media_type: str | None = None,
        tag: str | None = None,
        *,
        immutable: bool = False,
    ) -> StoredImage:
        """Store a manifest and let the tag point at it; ``immutable`` forbids to move it from another image.

        An image that is archived comes back from the archive. Raises the subclasses of `ImageRefusedError`; nothing is
        changed then.
        """
        with self._db.write():
            known = self.find(key, digest=digest_of(manifest))
            image = known or self._read(key, manifest, media_type)
            pointed = self._tagged(key, tag) if tag is not None else None
            if known and not known.pullable:
                states.restore(self._db, key, known.digest, self._now())
            elif known and (tag is None or pointed == image.digest):
                raise ImageExistsError(image.digest)
            if pointed not in (None, image.digest) and immutable:
                raise TagImmutableError(tag)
            if tag is not None and len(self.tags_of(key, image.digest)) >= MOST_TAGS:
                raise TooManyTagsError(tag)
            if known is None:
                self.blobs.put(manifest)
                self._settle(image.digest)
                self._insert(key, image)
            if tag is not None:
                self._db.run("INSERT OR REPLACE INTO image_tag VALUES (?, ?, ?)", key.arn, tag, image.digest)
            return image

    def untag(self, key: RepositoryKey, tag: str) -> None:
        """Remove a tag; its image goes too if no other tag points at it, as in ECR's BatchDeleteImage.

        Raises KeyError if there is none.
        """
        with self._db.write():
            digest = self._tagged(key, tag)
            if digest is None:
                raise KeyError(tag)
            self._db.run("DELETE FROM image_tag WHERE repository = ? AND tag = ?", key.arn, tag)
            if not self.tags_of(key, digest):
                self.delete(key, digest)

    def delete(self, key: RepositoryKey, digest: str) -> None:
        """Delete an image with all its tags; its layers may go where no other needs them. Raises KeyError for none."""
        with self._db.write():
            image = self.find(key, digest=digest)
            if image is None:
                raise KeyError(digest)
            self._db.run("DELETE FROM image WHERE repository = ? AND digest = ?", key.arn, digest)
            self.garbage.release(key.arn, image.blobs)
            self.garbage.discard([digest])

    def link(self, key: RepositoryKey, digest: str) -> None:
        """Note that a blob has been pushed to (or mounted into) the repository, which must be there."""
        with self._db.write():
            self._db.run(
                "INSERT INTO layer (repository, digest, linked, used) VALUES (?, ?, ?, 0) "
                "ON CONFLICT (repository, digest) DO UPDATE SET linked = excluded.linked",
                *(key.arn, digest, stored(self._now())),
            )

    def receive(self, key: RepositoryKey, upload_id: str, digest: str) -> bool:
        """Let an upload of this digest become a layer of the repository; is it one already?

        The caller holds the upload (`labkit.embedded.state.blobs.Upload.held`). Raises `UploadNotFoundError`.
        """
        with self._db.write():
            known = self.holds(key, digest)
            if known:
                self._db.afterwards(lambda: self.blobs.cancel(key.arn, upload_id))
            else:
                self.blobs.finish(key.arn, upload_id, digest)
                self._settle(digest)
            self.link(key, digest)
            return known

    def promises(self, key: RepositoryKey, digests: Iterable[str]) -> set[str]:
        """Those of the blobs that the repository holds, for somebody who need not push them then: they stay for a day.

        That it was asked is noted once an hour at most, so asking again costs no write.
        """
        wanted = list(digests)
        with self._db.read():
            held = self._held(key, wanted)
        if not any(held.values()):
            return set(held)
        with self._db.write():
            held = self._held(key, wanted)
            for digest in held:
                self.link(key, digest)
            return set(held)

    def drop(self, key: RepositoryKey) -> None:
        """Forget everything in a repository: it is about to be deleted."""
        with self._db.write():
            self.garbage.discard_all(key.arn)
            for table in ("image", "layer"):
                self._db.run(f"DELETE FROM {table} WHERE repository = ?", key.arn)  # noqa: S608
            self._db.afterwards(lambda: self._drop_uploads(key.arn))

    def collect(self, pinned: Collection[str] = ()) -> list[str]:
        """Let the files of blobs be deleted that nothing refers to and that are not ``pinned``; returns the digests."""
        return self.garbage.collect(pinned)

    # -- Parts -----------------------------------------------------------------------------------------------------

    def _as_asked(self, wanted: Wanted) -> tuple[bool | str | None, ...]:
        now = stored(self._now())
        return (wanted.tagged, wanted.status, now, now)

    def _tagged(self, key: RepositoryKey, tag: str) -> str | None:
        row = self._db.one("SELECT digest FROM image_tag WHERE repository = ? AND tag = ?", key.arn, tag)
        return row["digest"] if row else None

    def _held(self, key: RepositoryKey, digests: list[str]) -> dict[str, bool]:
        """Those of the layers that are held, and whether it is long ago that somebody was last told of each."""
        rows = self._db.all(
            "SELECT digest, linked < ? AS long_ago FROM layer WHERE repository = ? "
            "AND digest IN (SELECT value FROM json_each(?))",
            *(stored(self._now() - _PROMISE_LASTS), key.arn, json.dumps(digests)),
        )
        return {row["digest"]: bool(row["long_ago"]) for row in rows if row["digest"] in self.blobs}

    def _read(self, key: RepositoryKey, manifest: bytes, media_type: str | None) -> StoredImage:
        """A manifest as an image of this repository, in which everything that it names must be."""
        digest, now = digest_of(manifest), self._now()
        try:
            parsed = parse(manifest, media_type)
        except IndexManifest as index:
            children = {child: self.find(key, digest=child) for child in index.manifests}
            if missing := [child for child, found in children.items() if found is None]:
                raise ChildrenMissingError(missing) from None
            size = max((found.size for found in children.values() if found), default=0)
            return StoredImage(digest, index.media_type, size, now, children=index.manifests)
        except ManifestError as error:
            raise ManifestInvalidError(str(error)) from None
        blobs = tuple(dict.fromkeys(item.digest for item in (parsed.config, *parsed.layers)))
        if missing := [blob for blob in blobs if not self.holds(key, blob)]:
            raise BlobsMissingError(missing)
        size = sum(self.blobs.size(layer.digest) or 0 for layer in parsed.layers)
        return StoredImage(digest, parsed.media_type, size, now, blobs, artifact=parsed.config.media_type)

    def _insert(self, key: RepositoryKey, image: StoredImage) -> None:
        self._db.insert(
            "image",
            repository=key.arn,
            digest=image.digest,
            media_type=image.media_type,
            size=image.size,
            pushed=stored(image.pushed_at),
            artifact=image.artifact,
        )
        parts = [*(("blob", blob) for blob in image.blobs), *(("image", child) for child in image.children)]
        for position, (kind, digest) in enumerate(parts):
            self._db.run(
                "INSERT INTO image_part (image, position, kind, repository, digest) "
                "SELECT number, ?, ?, repository, ? FROM image WHERE repository = ? AND digest = ?",
                *(position, kind, digest, key.arn, image.digest),
            )
        for blob in image.blobs:
            self._db.run("UPDATE layer SET used = 1 WHERE repository = ? AND digest = ?", key.arn, blob)

    def _settle(self, digest: str) -> None:
        # Others need not wait for it; who pushes is not answered before.
        self._db.afterwards(lambda: self.blobs.settle(digest))

    def _drop_uploads(self, repository: str) -> None:
        with self._db.write():  # nobody makes a repository meanwhile
            if self._db.one("SELECT 1 FROM repository WHERE arn = ?", repository) is None:
                self.blobs.drop(repository)
