"""Content-addressed files on disk: image layers, image configurations and manifests.

A blob is named by the SHA-256 of its bytes (``sha256:<64 hex digits>``) and lies at
``blobs/sha256/ab/abcdef…`` below the lab home. It appears there by one rename of a file whose digest has
been verified and whose bytes are on the disk (fsync of the file before it, of the folder by `BlobStore.settle`), so a
blob that can be read is whole: a process that dies while writing leaves at most an unfinished upload, which never
counts.

What the disk has damaged since is noticed when it is read as a whole (`BlobStore.read`, `BlobStore.verified`): a blob
that cannot be read, or whose digest is not its name, is moved to ``blobs/set-aside`` and missing from then on, so that
it can be pushed again; nothing else stops. Where the disk is full, what was being written is taken back.

An upload grows by appended chunks and is hashed while it grows; nothing is held in memory but the hash.
It belongs to a *scope* (the ARN of a repository) and can only be found by that scope, which is how ECR and
the OCI distribution API treat upload ids. After a restart an upload is taken up again by reading its file
once, when it is next written to or finished. Both the ECR layer API and a registry's ``/v2/`` write through this store.

Who waits for an upload may wait as long as its client likes, and its file may take seconds to read. So whoever needs
the lab's lock beside the upload takes hold of the upload first (`Upload.held`), and of the lock afterwards.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import logging
import os
import re
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from functools import cached_property
from io import FileIO
from pathlib import Path

from labkit.ground.files import discard, sync_folder

_LOG = logging.getLogger(__name__)

CHUNK = 1 << 20
"""How many bytes are read from a file at a time."""

UPLOAD_LIFETIME = timedelta(hours=24)
"""An unfinished upload that nobody has appended to for this long is given up."""

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_UNREADABLE = frozenset({errno.EACCES, errno.EPERM, errno.EIO, errno.EISDIR})
_UPLOAD_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


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


def is_digest(text: str) -> bool:
    """Is this text a SHA-256 digest in the form ``sha256:<64 lower-case hex digits>``?"""
    return _DIGEST.fullmatch(text) is not None


def digest_of(data: bytes) -> str:
    """The digest of some bytes, ``sha256:…``."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


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
            for chunk in _chunks_of(self._path):
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
            _touch(self._path, self._now())
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


class BlobStore:
    """The blobs and unfinished uploads below one directory, shared by every account and region.

    >>> store.put(b"{}")
    'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a'
    """

    def __init__(self, home: Path, now: Callable[[], datetime]) -> None:
        self._blobs = home / "blobs" / "sha256"
        self._set_aside = home / "blobs" / "set-aside"
        self._uploads = home / "uploads"
        self._now = now
        self._open: dict[Path, Upload] = {}
        self._lock = threading.Lock()

    def path(self, digest: str) -> Path:
        """Where the blob of this digest lies or would lie. Raises ValueError for a text that is no digest."""
        if not is_digest(digest):
            raise ValueError(f"{digest!r} is not a SHA-256 digest")
        name = digest.removeprefix("sha256:")
        return self._blobs / name[:2] / name

    def size(self, digest: str) -> int | None:
        """The blob's size in bytes, or None where there is no such blob."""
        try:
            return self.path(digest).stat().st_size
        except FileNotFoundError:
            return None

    def __contains__(self, digest: object) -> bool:
        return isinstance(digest, str) and is_digest(digest) and self.path(digest).is_file()

    def __iter__(self) -> Iterator[str]:
        for path in sorted(self._blobs.glob("[0-9a-f][0-9a-f]/*")):
            if is_digest(f"sha256:{path.name}"):
                yield f"sha256:{path.name}"

    def read(self, digest: str) -> bytes:
        """The whole blob, for manifests and configurations. Raises FileNotFoundError where there is none to be read."""
        with self._readable(digest) as path:
            data = path.read_bytes()
        if digest_of(data) != digest:
            raise self._damaged(digest, "its bytes have another digest")
        return data

    def verified(self, digest: str) -> Path:
        """Where a blob lies whose bytes are still those of its digest. Raises FileNotFoundError as `read` does."""
        with self._readable(digest) as path:
            found = hashlib.sha256()
            for chunk in _chunks_of(path):
                found.update(chunk)
        if f"sha256:{found.hexdigest()}" != digest:
            raise self._damaged(digest, "its bytes have another digest")
        return path

    def put(self, data: bytes) -> str:
        """Store some bytes that are in memory anyway, as `finish` does; returns their digest.

        Where that fails, nothing of them stays.
        """
        digest = digest_of(data)
        if self.size(digest) != len(data):
            upload = self.begin("")
            try:
                upload.append([data])
                self.finish("", upload.id, digest)
            except BaseException:
                self._forget(self._upload_path("", upload.id))
                raise
        return digest

    def begin(self, scope: str) -> Upload:
        """Start an upload for a scope (a repository's ARN)."""
        upload_id = str(uuid.uuid4())
        path = self._upload_path(scope, upload_id)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        _touch(path, self._now())
        return self.upload(scope, upload_id)

    def upload(self, scope: str, upload_id: str) -> Upload:
        """The unfinished upload of this id and scope. Raises `UploadNotFoundError`."""
        with self._lock:
            path = self._upload_path(scope, upload_id)
            if not path.is_file():
                raise UploadNotFoundError(upload_id)
            if path not in self._open:
                self._open[path] = Upload(path, upload_id, self._now)
            return self._open[path]

    def finish(self, scope: str, upload_id: str, digest: str) -> int:
        """Turn an upload into the blob of this digest; returns its size in bytes. `settle` makes that durable.

        Raises `UploadNotFoundError`, or `DigestMismatchError`, after which the upload stays as it is.
        """
        upload = self.upload(scope, upload_id)
        upload.move_to(self.path(digest), digest)
        self._forget(self._upload_path(scope, upload_id))
        return upload.size

    def settle(self, digest: str) -> None:
        """Bring the name of a blob to the disk, so that it survives a power cut. Its bytes are there already."""
        sync_folder(self.path(digest).parent)

    def cancel(self, scope: str, upload_id: str) -> None:
        """Forget an upload and its bytes. Raises `UploadNotFoundError`."""
        self.upload(scope, upload_id)
        self._forget(self._upload_path(scope, upload_id))

    def drop(self, scope: str) -> None:
        """Cancel every upload of a scope: there will be no more of them."""
        for path in self._folder(scope).glob("*"):
            self._forget(path)
        discard(self._folder(scope))

    def delete(self, digest: str) -> None:
        """Delete a blob, if there is one; the caller sees to it that nobody refers to it."""
        self.path(digest).unlink(missing_ok=True)

    def give_up(self) -> None:
        """Forget the uploads that nobody has continued for a day."""
        oldest = self._now() - UPLOAD_LIFETIME
        for path in self._uploads.glob("*/*"):
            with contextlib.suppress(FileNotFoundError):  # it has just become a blob
                if path.stat().st_mtime < oldest.timestamp():
                    self._forget(path)

    @contextlib.contextmanager
    def _readable(self, digest: str) -> Iterator[Path]:
        try:
            yield self.path(digest)
        except OSError as error:
            if error.errno in _UNREADABLE:
                raise self._damaged(digest, str(error)) from error
            raise

    def _damaged(self, digest: str, reason: str) -> FileNotFoundError:
        """Set a blob aside that cannot be read; the error says that there is none, as from now on."""
        path = self.path(digest)
        _LOG.error("the blob %s cannot be read and was set aside in %s: %s", digest, self._set_aside, reason)
        try:
            self._set_aside.mkdir(exist_ok=True, mode=0o700)
            path.replace(self._set_aside / path.name)
        except OSError as error:
            _LOG.error("the blob %s could not be moved and stays where it is: %s", digest, error)
        return FileNotFoundError(errno.ENOENT, "The blob could not be read and was set aside", digest)

    def _forget(self, path: Path) -> None:
        with self._lock:
            self._open.pop(path, None)
            path.unlink(missing_ok=True)

    def _folder(self, scope: str) -> Path:
        return self._uploads / hashlib.sha256(scope.encode()).hexdigest()[:32]

    def _upload_path(self, scope: str, upload_id: str) -> Path:
        if not _UPLOAD_ID.fullmatch(upload_id):
            raise UploadNotFoundError(upload_id)
        return self._folder(scope) / upload_id


def _write(file: FileIO, chunk: bytes | memoryview) -> None:
    left = memoryview(chunk)
    while left:
        left = left[file.write(left) :]


def _chunks_of(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _touch(path: Path, moment: datetime) -> None:
    # The age of an upload is told by the lab's own clock, which tests move.
    os.utime(path, (moment.timestamp(), moment.timestamp()))
