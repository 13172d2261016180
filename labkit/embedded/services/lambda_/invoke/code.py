"""The code of functions: images unpacked into directories, by digest, and kept as long as a function runs them.

Lambda keeps its own optimised copy of an image, so that a function outlives the image's deletion and the policy's
withdrawal for a while (Lambda Developer Guide, "Function states"). The directory appears by one rename after the
image has been unpacked as a whole; next to the root file system lies the image's configuration.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path

from labkit.embedded.state.blobs import BlobStore
from labkit.image.format.config import ImageConfig
from labkit.image.format.errors import ConfigError, ImageError, ImageTooLarge
from labkit.image.format.manifest import parse
from labkit.image.run.filesystem import unpack


class CodeFailure(Exception):  # noqa: N818 - what Lambda calls Failed
    """An image cannot become a function's code; ``code`` and ``reason`` are Lambda's StateReasonCode and reason."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class CodeStore:
    """Unpacked images below ``home``: ``<digest>/root`` and ``<digest>/image.json``.

    One process at a time uses a directory; what a killed one was unpacking is removed at the start.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        for unfinished in home.glob(".*"):
            shutil.rmtree(unfinished, ignore_errors=True)

    def root(self, digest: str) -> Path:
        """The root directory of an image's file system."""
        return self._place(digest) / "root"

    def config(self, digest: str) -> ImageConfig:
        """The configuration of an image that is unpacked. Raises `CodeFailure` where it cannot be read."""
        try:
            return ImageConfig.parse((self._place(digest) / "image.json").read_bytes())
        except ConfigError as error:
            raise CodeFailure("InvalidImage", str(error)) from None

    def prepare(self, digest: str, blobs: BlobStore) -> None:
        """Unpack an image unless it is there already. Raises `CodeFailure`, after which nothing is left of it."""
        if self._place(digest).is_dir():
            return
        temporary = Path(tempfile.mkdtemp(prefix=".", dir=self._home))
        try:
            self._unpack(digest, blobs, temporary)
            temporary.replace(self._place(digest))
        finally:
            shutil.rmtree(temporary, ignore_errors=True)

    def collect(self, keep: Collection[str]) -> None:
        """Delete the code that is not to be kept."""
        names = {self._place(digest).name for digest in keep}
        for path in self._home.iterdir():
            if path.name not in names and not path.name.startswith("."):
                shutil.rmtree(path, ignore_errors=True)

    def _unpack(self, digest: str, blobs: BlobStore, into: Path) -> None:
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
                    yield blobs.path(layer.digest)

            unpack(layers(), into / "root")
        except ConfigError as error:
            raise CodeFailure("InvalidImage", str(error)) from None
        except ImageTooLarge:
            reason = "SizeLimitExceeded: Uncompressed container image size exceeds 10 GiB limit"
            raise CodeFailure("InvalidImage", reason) from None
        except (ImageError, ValueError):
            reason = f"ImageLayerFailure: UnsupportedImageLayerDetected - Layer Digest {current}"
            raise CodeFailure("InvalidImage", reason) from None
        except FileNotFoundError:
            raise CodeFailure("ImageDeleted", "The function is trying to use a deleted image.") from None
        except OSError as error:
            raise CodeFailure("InternalError", f"The image cannot be unpacked: {error}") from None

    def _place(self, digest: str) -> Path:
        return self._home / digest.removeprefix("sha256:")
