"""Content-addressed files on disk: image layers, image configurations and manifests.

A blob is named by the SHA-256 of its bytes (``sha256:<64 hex digits>``) and lies at
``blobs/sha256/ab/abcdef…`` below the lab home. It appears there by one rename of a file whose digest has
been verified and whose bytes are on the disk (fsync of the file before it, of the folder by `BlobStore.settle`), so a
blob that can be read is whole: a process that dies while writing leaves at most an unfinished upload, which never
counts.

What the disk has damaged since is noticed when it is read as a whole (`BlobStore.read`, `BlobStore.verified`): a blob
that cannot be read, or whose digest is not its name, is moved to ``blobs/set-aside`` and missing from then on, so that
it can be pushed again; nothing else stops. Where the disk is full, what was being written is taken back.

What is still being written is an upload (`labkit.embedded.state.uploads`). It belongs to a *scope* (the ARN of a
repository) and can only be found by that scope, which is how ECR and the OCI distribution API treat upload ids. Both
the ECR layer API and a registry's ``/v2/`` write through this store.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import logging
import re
import threading
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from labkit.embedded.state.uploads import Upload, UploadNotFoundError, chunks_of, of_the_disk, touch
from labkit.ground.files import discard, sync_folder

_LOG = logging.getLogger(__name__)

UPLOAD_LIFETIME = timedelta(hours=24)
"""An unfinished upload that nobody has appended to for this long is given up."""

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_UNREADABLE = frozenset({errno.EACCES, errno.EPERM, errno.EIO, errno.EISDIR})
_UPLOAD_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def is_digest(text: str) -> bool:
    """Is this text a SHA-256 digest in the form ``sha256:<64 lower-case hex digits>``?"""
    return _DIGEST.fullmatch(text) is not None


def digest_of(data: bytes) -> str:
    """The digest of some bytes, ``sha256:…``."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


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
            for chunk in chunks_of(path):
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
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.touch(mode=0o600)
            touch(path, self._now())
        except OSError as error:
            raise of_the_disk(path, error) from error
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
