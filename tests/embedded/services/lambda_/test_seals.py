"""Unpacked code is read-only, and what was changed nevertheless is not run."""

from __future__ import annotations

import io
import json
import os
import stat
import tarfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from labkit.embedded.services.lambda_.invoke.code import CodeFailure, CodeStore
from labkit.embedded.services.lambda_.invoke.seals import make_read_only, seal_of, state_of
from labkit.embedded.state.blobs import BlobStore
from labkit.ground.files import remove_tree
from labkit.image.format.manifest import DOCKER_CONFIG, DOCKER_LAYER, DOCKER_MANIFEST

NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A little tree, read-only."""
    place = tmp_path / "root"
    (place / "var/task").mkdir(parents=True)
    (place / "var/task/app.py").write_text("def handler(event, context): return 1\n")
    (place / "var/task/link.py").symlink_to("app.py")
    make_read_only(place)
    return place


def rewritten(path: Path, text: str) -> None:
    """Change a file as whoever owns it can: the time of its content stays."""
    found = path.stat()
    path.chmod(0o644)
    path.write_text(text)
    path.chmod(stat.S_IMODE(found.st_mode))
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))


CHANGES: dict[str, Callable[[Path], object]] = {
    "a file's content, of the same length": lambda task: rewritten(
        task / "app.py", "def handler(event, context): return 2\n"
    ),
    "a new file": lambda task: (task / "new.py").write_text(""),
    "a file that is gone": lambda task: (task / "app.py").unlink(),
    "a link to elsewhere": lambda task: ((task / "link.py").unlink(), (task / "link.py").symlink_to("/etc/passwd")),
    "a mode": lambda task: (task / "app.py").chmod(0o755),
    "a directory": lambda task: (task / "package").mkdir(),
}


def test_nobody_may_write_what_was_unpacked(root: Path) -> None:
    modes = [path.stat().st_mode for path in (root, *root.rglob("*"))]
    assert not [mode for mode in modes if mode & 0o222]


def test_a_read_only_tree_can_be_removed(root: Path) -> None:
    remove_tree(root)
    assert not root.exists()


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_every_change_breaks_the_seal_and_shows_in_the_state(root: Path, change: Callable[[Path], object]) -> None:
    seal, state = seal_of(root), state_of(root)
    assert (seal_of(root), state_of(root)) == (seal, state)
    (root / "var/task").chmod(0o755)
    (root / "var/task").chmod(0o755)
    change(root / "var/task")
    (root / "var/task").chmod(0o555)
    assert seal_of(root) != seal
    assert state_of(root) != state


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    """A store of blobs."""
    return BlobStore(tmp_path / "images", lambda: NOW)


def some_image(blobs: BlobStore) -> str:
    """Store an image of one layer with one file; return its digest."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        archive.addfile(tarfile.TarInfo("var/task/app.py"))

    def descriptor(kind: str, blob: bytes) -> dict[str, object]:
        return {"mediaType": kind, "size": len(blob), "digest": blobs.put(blob)}

    document = {
        "schemaVersion": 2,
        "mediaType": DOCKER_MANIFEST,
        "config": descriptor(DOCKER_CONFIG, b'{"architecture": "amd64", "config": {}}'),
        "layers": [descriptor(DOCKER_LAYER, out.getvalue())],
    }
    return blobs.put(json.dumps(document).encode())


@pytest.fixture
def code(tmp_path: Path, blobs: BlobStore) -> tuple[CodeStore, str]:
    """A store with the code of one image."""
    store = CodeStore(tmp_path / "code", lambda digest: True)
    digest = some_image(blobs)
    store.prepare(digest, blobs)
    return store, digest


def change_something(store: CodeStore, digest: str) -> Path:
    """Put another file into the code."""
    store.root(digest).chmod(0o755)
    intruder = store.root(digest) / "intruder.py"
    intruder.write_text("")
    return intruder


def test_code_that_was_changed_is_unpacked_anew(code: tuple[CodeStore, str], blobs: BlobStore) -> None:
    store, digest = code
    store.verify(digest, blobs)
    intruder = change_something(store, digest)
    store.verify(digest, blobs)
    assert not intruder.exists()
    assert store.root(digest).is_dir()


@pytest.mark.skipif(os.name == "nt", reason="modes are Unix's")
def test_code_that_cannot_be_read_any_more_is_unpacked_anew(code: tuple[CodeStore, str], blobs: BlobStore) -> None:
    store, digest = code
    store.root(digest).chmod(0)
    store.verify(digest, blobs)
    assert stat.S_IMODE(store.root(digest).stat().st_mode) == 0o555


def test_code_in_whose_place_is_a_file_is_unpacked_anew(code: tuple[CodeStore, str], blobs: BlobStore) -> None:
    store, digest = code
    remove_tree(store.root(digest))
    store.root(digest).write_text("")
    store.verify(digest, blobs)
    assert (store.root(digest) / "var/task/app.py").is_file()


def test_what_many_find_changed_is_unpacked_once(code: tuple[CodeStore, str], blobs: BlobStore) -> None:
    store, digest = code
    intruder = change_something(store, digest)
    with ThreadPoolExecutor(4) as threads:
        found = list(
            threads.map(lambda _: (store.verify(digest, blobs), store.root(digest).stat().st_ino)[1], range(8))
        )
    assert len(set(found)) == 1 and not intruder.exists()


def test_code_that_was_changed_is_not_run_where_its_image_is_gone(code: tuple[CodeStore, str], tmp_path: Path) -> None:
    store, digest = code
    change_something(store, digest)
    with pytest.raises(CodeFailure, match="deleted image"):
        store.verify(digest, BlobStore(tmp_path / "empty", lambda: NOW))


def test_code_from_before_there_were_seals_gets_one(code: tuple[CodeStore, str], blobs: BlobStore) -> None:
    store, digest = code
    seal = store.root(digest).parent / "seal"
    seal.unlink()
    store.verify(digest, blobs)
    assert seal.read_text() == seal_of(store.root(digest))
