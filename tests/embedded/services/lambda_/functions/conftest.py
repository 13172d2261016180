"""A store of functions on a state of its own, images made of a few files, and functions made of these images."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from labkit.embedded.services.lambda_.functions.record import Function
from labkit.embedded.services.lambda_.functions.store import FunctionStore
from labkit.embedded.state.blobs import BlobStore, digest_of
from labkit.embedded.state.database import Database
from labkit.embedded.state.opening import open_database
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
