"""The images of every repository: manifests by digest, tags that point at them, layers that were pushed.

An image is its manifest: its digest is the SHA-256 of the manifest's bytes as they were pushed, which is
what docker prints. A tag points at one image; moving it leaves the old image where it was, untagged. A layer
can be fetched from a repository only after it has been pushed to that repository, even though all
repositories share one `BlobStore`: content is shared, access is not. A layer goes with the last image that
needs it, unless it was pushed, mounted or asked for since that image came: then another one may still be to
come, and the layer stays for a day.

Each repository is one JSON file, replaced as a whole after every change. The ECR API and a registry's
``/v2/`` are two doors to this store; neither keeps images of its own.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple

from labkit.embedded.state.blobs import UPLOAD_LIFETIME, BlobStore, digest_of
from labkit.embedded.state.clock import Clock, SystemClock
from labkit.ground.files import write_atomically
from labkit.iam.arn import RegistryHost
from labkit.image.format.errors import IndexManifest, ManifestError
from labkit.image.format.manifest import parse

_COLLECT_EVERY = timedelta(hours=1)


class RepositoryKey(NamedTuple):
    """Which repository: the account and region that it lives in, and its name."""

    account: str
    region: str
    name: str

    @property
    def arn(self) -> str:
        """The repository's ARN."""
        return RegistryHost(self.account, self.region).repository_arn(self.name)


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


@dataclass(frozen=True)
class StoredImage:
    """One image of a repository.

    ``size`` is what ECR shows: the bytes of its layers as they were pushed, whatever the manifest says of them (docker
    has pushed wrong sizes, and CNCF's registry takes them). ``blobs`` are the digests of its configuration and layers,
    ``children`` the images that an index names, ``artifact`` the media type of the configuration.
    """

    digest: str
    media_type: str
    size: int
    pushed_at: datetime
    blobs: tuple[str, ...] = ()
    children: tuple[str, ...] = ()
    artifact: str | None = None


@dataclass
class _Repository:
    images: dict[str, StoredImage] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    layers: dict[str, datetime] = field(default_factory=dict)


class ImageStore:
    """The images of all repositories, persisted below ``home``; their layers lie in ``blobs``."""

    def __init__(self, home: Path, clock: Clock | None = None) -> None:
        self._now = (clock or SystemClock()).now
        self.blobs = BlobStore(home, self._now)
        self._home = home / "repositories"
        self._home.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = threading.RLock()
        self._repositories = dict(_load(path) for path in sorted(self._home.glob("*.json")))
        self._collected = datetime.min.replace(tzinfo=UTC)

    def images(self, key: RepositoryKey) -> list[StoredImage]:
        """The images of a repository, in the order in which they were first pushed."""
        with self._lock:
            return list(self._repository(key).images.values())

    def tags(self, key: RepositoryKey) -> dict[str, str]:
        """The tags of a repository, each with the digest of its image."""
        with self._lock:
            return dict(self._repository(key).tags)

    def tags_of(self, key: RepositoryKey, digest: str) -> list[str]:
        """The tags that point at one image, sorted."""
        return sorted(tag for tag, target in self.tags(key).items() if target == digest)

    def find(self, key: RepositoryKey, *, digest: str | None = None, tag: str | None = None) -> StoredImage | None:
        """The image of this digest or tag, or None; with both, only if the tag points at that digest."""
        with self._lock:
            repository = self._repository(key)
            tagged = repository.tags.get(tag) if tag is not None else digest
            if digest is not None and digest != tagged:
                return None
            return repository.images.get(tagged) if tagged else None

    def manifest(self, image: StoredImage) -> bytes:
        """The bytes of an image's manifest, exactly as they were pushed."""
        return self.blobs.read(image.digest)

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

        Raises the subclasses of `ImageRefusedError`; nothing is changed then.
        """
        with self._lock:
            repository = self._repository(key)
            image = repository.images.get(digest_of(manifest)) or self._read(key, manifest, media_type)
            if image.digest in repository.images and (tag is None or repository.tags.get(tag) == image.digest):
                raise ImageExistsError(image.digest)
            if tag is not None and immutable and tag in repository.tags:
                raise TagImmutableError(tag)
            self.blobs.put(manifest)
            repository.images[image.digest] = image
            if tag is not None:
                repository.tags[tag] = image.digest
            self._save(key)
            return image

    def untag(self, key: RepositoryKey, tag: str) -> None:
        """Remove a tag; its image goes too if no other tag points at it, as in ECR's BatchDeleteImage."""
        with self._lock:
            repository = self._repository(key)
            digest = repository.tags.pop(tag)
            if digest not in repository.tags.values():
                self._forget(repository, digest)
            self._save(key)

    def delete(self, key: RepositoryKey, digest: str) -> None:
        """Delete an image with all its tags. Raises KeyError if there is none."""
        with self._lock:
            self._forget(self._repository(key), digest)
            self._save(key)

    def parents(self, key: RepositoryKey, digest: str) -> list[str]:
        """The digests of the indexes of this repository that name the image."""
        return [image.digest for image in self.images(key) if digest in image.children]

    def link(self, key: RepositoryKey, digest: str) -> None:
        """Note that a blob has been pushed to (or mounted into) the repository."""
        with self._lock:
            self._repository(key).layers[digest] = self._now()
            self._save(key)

    def holds(self, key: RepositoryKey, digest: str) -> bool:
        """Can this blob be fetched from this repository?"""
        with self._lock:
            return digest in self._repository(key).layers and digest in self.blobs

    def promises(self, key: RepositoryKey, digest: str) -> bool:
        """Does the repository hold this blob, for somebody who need not push it then? It stays for a day.

        A question costs no write: that it was asked is on disk with the next change only.
        """
        with self._lock:
            held = self.holds(key, digest)
            if held:
                self._repository(key).layers[digest] = self._now()
            return held

    def drop(self, key: RepositoryKey) -> None:
        """Forget a repository with everything in it: it has been deleted."""
        with self._lock:
            self.blobs.drop(key.arn)
            self._repositories.pop(key, None)
            self._path(key).unlink(missing_ok=True)

    def close(self) -> None:
        """Nothing to end: every change is on disk already."""

    def collect(self, pinned: Collection[str] = ()) -> list[str]:
        """Delete the blobs that no repository refers to and that are not ``pinned``; returns them."""
        with self._lock:
            self._collected = self._now()
            keep = set(pinned)
            for key, repository in self._repositories.items():
                self._expire(key)
                keep.update(repository.images, repository.layers)
            return self.blobs.collect(keep)

    @property
    def collecting_is_due(self) -> bool:
        """Is it long since something was collected?"""
        return self._now() - self._collected >= _COLLECT_EVERY

    def _repository(self, key: RepositoryKey) -> _Repository:
        return self._repositories.setdefault(key, _Repository())

    def _read(self, key: RepositoryKey, manifest: bytes, media_type: str | None) -> StoredImage:
        """A manifest as an image of this repository, in which everything that it names must be."""
        repository = self._repository(key)
        digest, now = digest_of(manifest), self._now()
        try:
            parsed = parse(manifest, media_type)
        except IndexManifest as index:
            if missing := [child for child in index.manifests if child not in repository.images]:
                raise ChildrenMissingError(missing) from None
            size = max((repository.images[child].size for child in index.manifests), default=0)
            return StoredImage(digest, index.media_type, size, now, children=index.manifests)
        except ManifestError as error:
            raise ManifestInvalidError(str(error)) from None
        blobs = tuple(dict.fromkeys(item.digest for item in (parsed.config, *parsed.layers)))
        if missing := [blob for blob in blobs if not self.holds(key, blob)]:
            raise BlobsMissingError(missing)
        size = sum(self.blobs.size(layer.digest) or 0 for layer in parsed.layers)
        return StoredImage(digest, parsed.media_type, size, now, blobs, artifact=parsed.config.media_type)

    @staticmethod
    def _forget(repository: _Repository, digest: str) -> None:
        """Remove an image, its tags, and the layers that no other image needs and nobody was told of since it came."""
        image = repository.images.pop(digest)
        repository.tags = {tag: target for tag, target in repository.tags.items() if target != digest}
        needed = {blob for other in repository.images.values() for blob in other.blobs}
        for blob in set(image.blobs) - needed:
            if repository.layers[blob] <= image.pushed_at:
                del repository.layers[blob]

    def _expire(self, key: RepositoryKey) -> None:
        """Forget the layers for which no image has come within a day."""
        repository = self._repositories[key]
        needed = {blob for image in repository.images.values() for blob in image.blobs}
        oldest = self._now() - UPLOAD_LIFETIME
        over = [digest for digest, linked in repository.layers.items() if linked < oldest and digest not in needed]
        for digest in over:
            del repository.layers[digest]
        if over:
            self._save(key)

    def _path(self, key: RepositoryKey) -> Path:
        # Repository names contain slashes and may be longer than a file name: their hash is the name.
        return self._home / f"{hashlib.sha256(key.arn.encode()).hexdigest()}.json"

    def _save(self, key: RepositoryKey) -> None:
        repository = self._repository(key)
        state = {
            "repository": key._asdict(),
            "images": [asdict(image) for image in repository.images.values()],
            "tags": repository.tags,
            "layers": repository.layers,
        }
        write_atomically(self._path(key), json.dumps(state, default=_plain).encode())


def tag_is_immutable(mutability: str, exclusions: Iterable[Mapping[str, str]], tag: str) -> bool:
    """Must this tag stay, by ECR's ``imageTagMutability`` and its exclusion filters (with ``*``)?"""
    excluded = any(fnmatchcase(tag, item["filter"].replace("[", "[[]").replace("?", "[?]")) for item in exclusions)
    return {
        "IMMUTABLE": True,
        "IMMUTABLE_WITH_EXCLUSION": not excluded,
        "MUTABLE_WITH_EXCLUSION": excluded,
    }.get(mutability, False)


def _plain(value: object) -> str:
    assert isinstance(value, datetime)  # noqa: S101 - the only type here that JSON does not know
    return value.isoformat()


def _load(path: Path) -> tuple[RepositoryKey, _Repository]:
    state = json.loads(path.read_bytes())
    images = [_image(item) for item in state["images"]]
    layers = {digest: datetime.fromisoformat(linked) for digest, linked in state["layers"].items()}
    repository = _Repository({image.digest: image for image in images}, state["tags"], layers)
    return RepositoryKey(**state["repository"]), repository


def _image(item: dict[str, Any]) -> StoredImage:
    return StoredImage(
        **{
            **item,
            "pushed_at": datetime.fromisoformat(item["pushed_at"]),
            "blobs": tuple(item["blobs"]),
            "children": tuple(item["children"]),
        }
    )
