"""AWS's own base images, pulled from Amazon ECR Public without a Docker engine and kept in the lab home.

    <folder>/sha256/HEX           manifests, configs and layers by their digest, whole and verified
    <folder>/sha256/HEX.partial   a blob on its way; whoever comes next goes on where it broke off
    <folder>/contents/HEX.json    what is where in the image with that manifest (:mod:`labkit.image.format.contents`)
    <folder>/lock                 held while something is fetched, so that two who pull at once fetch it once

A tag is asked for each time, as ``docker pull`` does; only what it leads to, which has a digest, is kept.
"""

from __future__ import annotations

import errno
import json
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from filelock import FileLock

from labkit.aws.public_registry import Incoming, PublicRepository, Refused
from labkit.errors import DockerfileError, LabError
from labkit.ground.files import write_atomically
from labkit.image.build.base_image import ARCHITECTURES, STAND_IN, BaseImage
from labkit.image.build.layer import Sealed
from labkit.image.build.stand_in import resolve
from labkit.image.format.config import ImageConfig
from labkit.image.format.contents import contents
from labkit.image.format.errors import ImageError
from labkit.image.format.manifest import DOCKER, OCI, Descriptor, Manifest, digest, for_platform, is_index, parse
from labkit.image.transfer import BytesReport, silent

REGISTRY = "https://public.ecr.aws"

_ADVICE = (
    f"or take the lab's stand-in for it (--base {STAND_IN}): real Lambda can create a function from that, but not "
    "run it."
)
_REFERENCE = re.compile(
    r"public\.ecr\.aws/(?P<name>[a-z0-9][a-z0-9._/-]*)(?::(?P<tag>\w[\w.-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)
_FORMATS = {types.manifest: types for types in (DOCKER, OCI)}
_GZIPPED = (DOCKER.layer, OCI.layer)


class PublicBases:
    """A :data:`~labkit.image.build.base_image.BaseSource` that pulls from Amazon ECR Public into ``folder``.

    ``registry`` is the URL that stands for public.ecr.aws, ``pause`` waits between two attempts.
    """

    def __init__(
        self,
        folder: Path,
        progress: BytesReport = silent,
        registry: str = REGISTRY,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._folder = folder
        self._progress = progress
        self._registry = registry
        self._pause = pause

    def __call__(self, reference: str, architecture: str) -> BaseImage:
        """Return the base that ``FROM reference`` names, complete on this machine.

        Raises DockerfileError for what is not at public.ecr.aws, and LabError, in one sentence that says what to do,
        where it cannot be pulled; nothing half is left that would count as whole.
        """
        if reference == "scratch":
            return resolve(reference, architecture)
        found = _REFERENCE.fullmatch(reference)
        if not found:
            raise DockerfileError(
                f"FROM {reference} needs a Docker engine. Without one the lab pulls public.ecr.aws/…."
            )
        repository = PublicRepository(self._registry, found["name"], self._pause)
        with _explained(reference, self._folder), self._alone():
            return self._base(repository, reference, found["digest"] or found["tag"] or "latest", architecture)

    def _base(self, repository: PublicRepository, reference: str, version: str, architecture: str) -> BaseImage:
        raw = self._manifest(repository, version)
        if is_index(raw):
            chosen = for_platform(raw, architecture)
            if chosen is None:
                raise Refused(f"{repository.host} has no image for linux/{architecture} under that name")
            raw = self._manifest(repository, chosen.digest)
        manifest = parse(raw)
        document = self._config(repository, manifest)
        layers = tuple(self._layers(repository, manifest, document["rootfs"]["diff_ids"]))
        config = ImageConfig.of(document)
        return BaseImage(
            reference,
            config.architecture,
            False,
            layers,
            config,
            self._contents(digest(raw), layers),
            tuple(document.get("history") or ()),
            _FORMATS[manifest.media_type],
        )

    def _manifest(self, repository: PublicRepository, version: str) -> bytes:
        """The manifest of a tag, or of a digest: then the one kept, or else what comes must have it."""
        if not version.startswith("sha256:"):
            return repository.manifest(version)
        place = self._place(version)
        if place.is_file():
            return place.read_bytes()
        raw = repository.manifest(version)
        if digest(raw) != version:
            raise Refused(f"what {repository.host} sent for {version} has another digest")
        write_atomically(place, raw, 0o644)
        return raw

    def _config(self, repository: PublicRepository, manifest: Manifest) -> Mapping[str, Any]:
        self._fetch(repository, [manifest.config], silent)
        try:
            document = json.loads(self._place(manifest.config.digest).read_bytes())
        except ValueError:
            document = None
        match document:
            case {"os": "linux", "architecture": str(found), "rootfs": {"diff_ids": [*ids]}} if found in ARCHITECTURES:
                if len(ids) == len(manifest.layers):
                    return dict(document)
        raise Refused("it is not an image that Lambda can run")

    def _layers(self, repository: PublicRepository, manifest: Manifest, diff_ids: list[str]) -> Iterator[Sealed]:
        for layer in manifest.layers:
            if layer.media_type not in _GZIPPED:
                raise Refused(f"it has a layer of the type {layer.media_type}, which Lambda does not take")
        self._fetch(repository, manifest.layers, self._progress)
        for layer, diff_id in zip(manifest.layers, diff_ids, strict=True):
            yield Sealed(layer.digest, layer.size, diff_id, self._place(layer.digest))

    def _fetch(self, repository: PublicRepository, blobs: Iterable[Descriptor], progress: BytesReport) -> None:
        """Bring what is missing."""
        missing = {blob.digest: blob for blob in blobs if not self._place(blob.digest).is_file()}
        done, total = 0, sum(blob.size for blob in missing.values())
        for blob in missing.values():
            self._download(repository, blob, partial(_further, progress, done, total))
            done += blob.size

    def _download(self, repository: PublicRepository, wanted: Descriptor, arrived: Callable[[int], None]) -> None:
        place = self._place(wanted.digest)
        unfinished = place.with_name(f"{place.name}.partial")
        with unfinished.open("a+b") as file:
            repository.fetch(Incoming(wanted, file), arrived)
            file.flush()
            os.fsync(file.fileno())  # the name must not be on the disk before the content
        unfinished.replace(place)

    def _contents(self, name: str, layers: tuple[Sealed, ...]) -> dict[str, bytes]:
        place = self._folder / "contents" / f"{name.removeprefix('sha256:')}.json"
        if place.is_file():
            return {path: kind.encode() for path, kind in json.loads(place.read_bytes()).items()}
        tree = contents(layer.blob for layer in layers)
        write_atomically(place, json.dumps({path: kind.decode() for path, kind in tree.items()}).encode(), 0o644)
        return tree

    def _place(self, name: str) -> Path:
        return self._folder / "sha256" / name.removeprefix("sha256:")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        for folder in ("sha256", "contents"):
            (self._folder / folder).mkdir(parents=True, exist_ok=True)
        with FileLock(self._folder / "lock"):
            yield


def _further(progress: BytesReport, before: int, total: int, arrived: int) -> None:
    progress(before + arrived, total)


@contextmanager
def _explained(reference: str, folder: Path) -> Iterator[None]:
    """Turn what goes wrong into one sentence that says what to do."""
    try:
        yield
    except (Refused, ImageError) as error:
        reason = str(error).rstrip(".")
        raise LabError(f"The base image {reference} cannot be pulled: {reason}. Try again, {_ADVICE}") from error
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise LabError(
                f"The base image {reference} does not fit on the disk of {folder}. Free some room or set LABKIT_HOME "
                f"to a place on another disk, {_ADVICE}"
            ) from error
        raise LabError(
            f"The base image {reference} cannot be kept in {folder}: {error.strerror or error}. Set LABKIT_HOME to a "
            f"folder that can be written, {_ADVICE}"
        ) from error
