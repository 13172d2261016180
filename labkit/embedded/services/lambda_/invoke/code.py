"""The code of functions: images unpacked into directories, by digest, and kept as long as a function runs them.

Lambda keeps its own optimised copy of an image, so that a function outlives the image's deletion and the policy's
withdrawal for a while (Lambda Developer Guide, "Function states"). The directory appears by one rename after the
image has been unpacked as a whole; next to the root file system lies the image's configuration.

A directory disappears by one rename too, and is removed afterwards, so that what is there is always whole. What an
invocation uses (`CodeStore.used`) is removed when the invocation has ended. Code is read-only and sealed
(`labkit.embedded.services.lambda_.invoke.seals`); what was changed nevertheless is unpacked anew before it is run.
"""

from __future__ import annotations

import logging
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex

from labkit.embedded.services.lambda_.invoke.seals import make_read_only, seal_of, state_of
from labkit.embedded.state.blobs import BlobStore
from labkit.ground.files import discard, disk_trouble, write_atomically
from labkit.image.format.config import ImageConfig
from labkit.image.format.errors import ConfigError, DiskError, ImageError, ImageTooComplex, ImageTooLarge
from labkit.image.format.manifest import parse
from labkit.image.run.filesystem import unpack

_LOG = logging.getLogger(__name__)


class CodeFailure(Exception):  # noqa: N818 - what Lambda calls Failed
    """An image cannot become a function's code; ``code`` and ``reason`` are Lambda's StateReasonCode and reason."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class CodeStore:
    """Unpacked images below ``home``: ``<digest>/root``, ``<digest>/image.json`` and ``<digest>/seal``.

    ``needed`` tells whether some function runs, or is to run, the image of a digest. One process at a time uses a
    directory; what a killed one was unpacking or removing is removed at the start.
    """

    def __init__(self, home: Path, needed: Callable[[str], bool]) -> None:
        self._home = home
        self._needed = needed
        self._lock = threading.Lock()
        self._mending = threading.Lock()
        self._users: Counter[str] = Counter()
        self._postponed: set[str] = set()
        self._found_right: dict[str, str] = {}
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        for unfinished in home.glob(".*"):
            discard(unfinished)

    def root(self, digest: str) -> Path:
        """The root directory of an image's file system."""
        return self._place(digest) / "root"

    def config(self, digest: str) -> ImageConfig:
        """The configuration of an image that is unpacked. Raises `CodeFailure` where it cannot be read."""
        try:
            return ImageConfig.parse((self._place(digest) / "image.json").read_bytes())
        except (ConfigError, OSError) as error:
            raise CodeFailure("InvalidImage", str(error)) from None

    def prepare(self, digest: str, blobs: BlobStore) -> None:
        """Unpack an image unless it is there already. Raises `CodeFailure`, after which nothing is left of it."""
        if self.has(digest):
            return
        try:
            temporary = Path(tempfile.mkdtemp(prefix=".", dir=self._home))
            try:
                _unpack(digest, blobs, temporary)
                make_read_only(temporary / "root")
                (temporary / "seal").write_text(seal_of(temporary / "root"))
                self._appear(temporary, digest)
            finally:
                discard(temporary)
        except OSError as error:
            reason = disk_trouble(error) or str(error)
            raise CodeFailure("InternalError", f"The image cannot be unpacked: {reason}.") from None

    def verify(self, digest: str, blobs: BlobStore) -> None:
        """See that the code is what the image was unpacked to, and unpack it anew where it is not.

        Code from before there were seals gets one. Raises `CodeFailure` where the image is not there any more.
        """
        if self._is_right(digest):
            return
        with self._mending:
            if self._is_right(digest):  # another thread has unpacked it meanwhile
                return
            _LOG.warning("the code of %s has been changed, and is unpacked anew", digest)
            with self._lock:
                changed = self._set_apart(self._place(digest))
            discard(changed)
            self.prepare(digest, blobs)

    def _is_right(self, digest: str) -> bool:
        try:
            state = state_of(self.root(digest))
            if self._found_right.get(digest) == state:
                return True
            seal = self._place(digest) / "seal"
            if not seal.exists():
                write_atomically(seal, seal_of(self.root(digest)).encode())
            if seal.read_text() != seal_of(self.root(digest)):
                return False
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            return False  # something of it is gone, is something else, or has another mode
        except OSError as error:
            raise CodeFailure("InternalError", f"The code of the function cannot be read: {error.strerror}.") from None
        self._found_right[digest] = state
        return True

    @contextmanager
    def used(self, digest: str) -> Iterator[None]:
        """Keep an image's code as long as the context lasts, also where no function needs it any more."""
        with self._lock:
            self._users[digest] += 1
        try:
            yield
        finally:
            with self._lock:
                self._users[digest] -= 1
                self._users = +self._users
                late = not self._users[digest] and digest in self._postponed
                if late:
                    self._postponed.discard(digest)
            if late:
                self.collect([digest])

    def digests(self) -> list[str]:
        """The images whose code is here."""
        return [f"sha256:{path.name}" for path in self._home.iterdir() if not path.name.startswith(".")]

    def collect(self, digests: Iterable[str]) -> list[str]:
        """Delete the code of those of these images that are neither needed nor in use; return which they are.

        What cannot be deleted is for the log.
        """
        gone = {digest: self._taken_away(digest) for digest in set(digests)}
        for path in filter(None, gone.values()):
            discard(path)
        return [digest for digest, path in gone.items() if path]

    def _taken_away(self, digest: str) -> Path | None:
        # With the lock nothing appears, and nobody begins to use it, between the question and the deed.
        with self._lock:
            if self._users[digest]:
                self._postponed.add(digest)
                return None
            place = self._place(digest)
            return self._set_apart(place) if place.is_dir() and not self._needed(digest) else None

    def _set_apart(self, path: Path) -> Path:
        """Let a directory disappear by one rename; where that fails, it is removed where it is."""
        apart = self._home / f".{token_hex(8)}"
        with suppress(OSError):
            return path.rename(apart)
        return path

    def _appear(self, temporary: Path, digest: str) -> None:
        with self._lock:
            if not self._place(digest).is_dir():
                temporary.replace(self._place(digest))

    def has(self, digest: str) -> bool:
        """Whether an image is unpacked."""
        with self._lock:
            return self._place(digest).is_dir()

    def _place(self, digest: str) -> Path:
        return self._home / digest.removeprefix("sha256:")


def _unpack(digest: str, blobs: BlobStore, into: Path) -> None:
    """Unpack an image into a directory. Raises `CodeFailure` for what is the image's fault, OSError for the disk's."""
    current = digest
    try:
        manifest = parse(blobs.read(digest))
        config = blobs.read(manifest.config.digest)
        ImageConfig.parse(config)
        (into / "image.json").write_bytes(config)

        def layers() -> Iterator[Path]:
            nonlocal current
            for layer in manifest.layers:
                current = layer.digest
                yield blobs.verified(layer.digest)

        unpack(layers(), into / "root")
    except ConfigError as error:
        raise CodeFailure("InvalidImage", str(error)) from None
    except ImageTooLarge:
        reason = "SizeLimitExceeded: Uncompressed container image size exceeds 10 GiB limit"
        raise CodeFailure("InvalidImage", reason) from None
    except ImageTooComplex as error:
        raise CodeFailure("InvalidImage", str(error)) from None
    except DiskError as error:
        raise CodeFailure("InternalError", str(error)) from None
    except (ImageError, ValueError):
        reason = f"ImageLayerFailure: UnsupportedImageLayerDetected - Layer Digest {current}"
        raise CodeFailure("InvalidImage", reason) from None
    except FileNotFoundError:
        raise CodeFailure("ImageDeleted", "The function is trying to use a deleted image.") from None
