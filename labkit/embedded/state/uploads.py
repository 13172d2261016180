"""An upload: a blob that is still being written, part by part, and is hashed while it grows.

Nothing is held in memory but the hash. After a restart an upload is taken up again by reading its file once, when it is
next written to or finished. Where the disk refuses a part, all of the part is taken back, and the sentence says why.

Who waits for an upload may wait as long as its client likes, and its file may take seconds to read. So whoever needs
a unit of the state that writes beside the upload takes hold of the upload first (`Upload.held`), and begins the unit
afterwards.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import cached_property
from io import FileIO
from pathlib import Path

from labkit.embedded.state.database import StateError
from labkit.ground.files import disk_trouble

CHUNK = 1 << 20
"""How many bytes are read from a file at a time."""


class BlobError(Exception):
    """The store refuses; the subclasses say what."""


class UploadNotFoundError(BlobError):
    """No upload of this id belongs to this scope."""


class WrongOffsetError(BlobError):
    """A chunk does not continue where the upload stands; ``size`` is where it stands (bytes)."""

    def __init__(self, size: int) -> None:
        super().__init__(f"the upload stands at byte {size}")
        self.size = size


class DigestMismatchError(BlobError):
    """The bytes have another digest than the one promised; ``actual`` is theirs."""

    def __init__(self, actual: str) -> None:
        super().__init__(f"the bytes have the digest {actual}")
        self.actual = actual


class Upload:
    """One unfinished blob: a file that grows and the hash of what it holds. Made by `BlobStore`."""

    def __init__(self, path: Path, upload_id: str, now: Callable[[], datetime]) -> None:
        self.id = upload_id
        self.size = path.stat().st_size
        self.parts: list[int] = []
        """Sizes of the parts appended since this process took the upload up, in bytes."""
        self._path = path
        self._on_disk: int | None = None  # how many bytes have been synced
        self._now = now
        self._lock = threading.RLock()

    @cached_property
    def _hash(self) -> hashlib._Hash:
        found = hashlib.sha256()
        if self.size:
            for chunk in chunks_of(self._path):
                found.update(chunk)
        return found

    def append(self, chunks: Iterable[bytes], offset: int | None = None) -> int:
        """Append chunks as one part and return the new size; raises what `Part` raises.

        What was written before an error of ``chunks`` stays, and is what ``size`` says.
        """
        part = self.part(offset)
        for chunk in chunks:
            part.write(chunk)
        return part.end()

    def part(self, offset: int | None = None) -> Part:
        """Begin a part. Raises `WrongOffsetError` if ``offset`` is another size than the upload's."""
        with self._lock, self._unless_cancelled():
            if offset is not None and offset != self.size:
                raise WrongOffsetError(self.size)
            return Part(self, self._hash.copy())

    def _extend(self, chunk: bytes | memoryview, part: Part) -> None:
        with self._lock, self._unless_cancelled():
            if self.size != part.begins + part.size:
                raise WrongOffsetError(self.size)
            self._on_disk = None
            # Unlike "ab" this never brings a cancelled upload back. Without a buffer, what counts is in the file.
            with self._path.open("r+b", buffering=0) as file:
                file.seek(self.size)
                file.truncate()
                try:
                    _write(file, chunk)
                except OSError:
                    self.size, self._hash = part.begins, part.hash_before
                    file.truncate(self.size)
                    raise
            self._hash.update(chunk)
            self.size += len(chunk)

    def _conclude(self, part: Part) -> int:
        with self._lock, self._unless_cancelled():
            self.parts.append(part.size)
            touch(self._path, self._now())
            return self.size

    @contextlib.contextmanager
    def held(self) -> Iterator[str]:
        """Let nobody else append meanwhile; gives the digest of the bytes so far, which are on the disk then.

        Raises `UploadNotFoundError`.
        """
        with self._lock:
            with self._unless_cancelled():
                digest = f"sha256:{self._hash.hexdigest()}"
                self._sync()
            yield digest

    def move_to(self, target: Path, expected: str) -> None:
        """Become the blob at ``target``. Raises `DigestMismatchError` and changes nothing otherwise."""
        with self.held() as actual, self._unless_cancelled():
            if actual != expected:
                raise DigestMismatchError(actual)
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._path.replace(target)

    def _sync(self) -> None:
        if self._on_disk != self.size:
            with self._path.open("r+b") as file:
                file.truncate(self.size)
                os.fsync(file.fileno())
            self._on_disk = self.size

    @contextlib.contextmanager
    def _unless_cancelled(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError:
            raise UploadNotFoundError(self.id) from None
        except OSError as error:
            raise of_the_disk(self._path, error) from error


class Part:
    """What one request appends to an upload, piece by piece; pieces may come from one thread after another.

    Raises `UploadNotFoundError` where the upload has been cancelled meanwhile, and `WrongOffsetError` where somebody
    else has appended. Where the disk refuses, nothing of the part stays, and its OSError is raised.
    """

    def __init__(self, upload: Upload, hash_before: hashlib._Hash) -> None:
        self._upload = upload
        self.begins = upload.size
        self.size = 0
        self.hash_before = hash_before

    def write(self, piece: bytes | memoryview) -> None:
        """Append some bytes."""
        self._upload._extend(piece, self)
        self.size += len(piece)

    def end(self) -> int:
        """Let the part count as one; returns the upload's size."""
        return self._upload._conclude(self)


def of_the_disk(path: Path, error: OSError) -> Exception:
    """The error for whoever sends bytes: a sentence where it is the disk's, else the error itself."""
    trouble = disk_trouble(error)
    return StateError(f"The upload could not be written to {path.parent}: {trouble}.") if trouble else error


def _write(file: FileIO, chunk: bytes | memoryview) -> None:
    left = memoryview(chunk)
    while left:
        left = left[file.write(left) :]


def chunks_of(path: Path) -> Iterator[bytes]:
    """The bytes of a file, in pieces."""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def touch(path: Path, moment: datetime) -> None:
    """Let a file be as young as it would be by the lab's own clock, which tests move."""
    os.utime(path, (moment.timestamp(), moment.timestamp()))
