"""The images of functions in an engine, under names of the lab's own.

    labkit-functions/HOME:HEX      HOME is a hash of the lab home, HEX the digest of the image's manifest

An engine that has the image already, because it built it, is only told the name. Otherwise it gets the image from the
lab's blob store, as an archive that is made while it is sent.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import tarfile
from collections.abc import Collection, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from labkit.docker.daemon import TimeBudget
from labkit.embedded.services.lambda_.invoke.containers import engine_errors
from labkit.embedded.state.blobs import BlobStore
from labkit.embedded.state.uploads import chunks_of
from labkit.image.format.manifest import Manifest, parse

_BLOCK = 512


def name_of(home: Path, digest: str) -> tuple[str, str]:
    """Return the repository and the tag under which the lab knows an image in an engine."""
    return _repository(home), digest.removeprefix("sha256:")


def provide(client: Any, home: Path, digest: str, blobs: BlobStore) -> str:
    """Make the engine have an image and return its name there.

    Raises NoEngine where the engine hangs, what the SDK raises where it fails, and FileNotFoundError where neither it
    nor the store has the image.
    """
    import docker.errors

    repository, tag = name_of(home, digest)
    name = f"{repository}:{tag}"
    if TimeBudget()(partial(_has, client, name)):
        return name
    manifest = parse(blobs.read(digest))
    for known_as in (manifest.config.digest, digest):  # the classic store's id, the containerd store's
        with contextlib.suppress(docker.errors.ImageNotFound):
            client.tag(known_as, repository, tag)
            return name
    for _ in client.load_image(archive(manifest, name, blobs)):
        pass
    client.inspect_image(name)
    return name


def keep_only(client: Any, home: Path, digests: Collection[str]) -> None:
    """Remove the lab's names of all other images than these; what else knows an image keeps it."""
    kept = {":".join(name_of(home, digest)) for digest in digests}
    for image in client.images(_repository(home)):
        for name in set(image.get("RepoTags") or ()) - kept:
            if name.startswith(f"{_repository(home)}:"):
                with contextlib.suppress(*engine_errors()):
                    client.remove_image(name)


def archive(manifest: Manifest, name: str, blobs: BlobStore) -> Iterator[bytes]:
    """Yield the archive that ``docker load`` takes, in pieces. Raises FileNotFoundError for a blob that is gone."""
    layers = [layer.digest for layer in manifest.layers]
    about = [{"Config": _hex(manifest.config.digest), "RepoTags": [name], "Layers": [_hex(layer) for layer in layers]}]
    text = json.dumps(about).encode()
    yield from _member("manifest.json", len(text), [text])
    for digest in dict.fromkeys([manifest.config.digest, *layers]):
        path = blobs.verified(digest)
        yield from _member(_hex(digest), path.stat().st_size, chunks_of(path))
    yield bytes(2 * _BLOCK)


def _has(client: Any, name: str) -> bool:
    import docker.errors

    try:
        client.inspect_image(name)
    except docker.errors.ImageNotFound:
        return False
    return True


def _member(name: str, size: int, content: Iterable[bytes]) -> Iterator[bytes]:
    header = tarfile.TarInfo(name)
    header.size = size
    yield header.tobuf()
    yield from content
    yield bytes(-size % _BLOCK)


def _repository(home: Path) -> str:
    return f"labkit-functions/{hashlib.sha256(str(home).encode()).hexdigest()[:16]}"


def _hex(digest: str) -> str:
    return digest.removeprefix("sha256:")
