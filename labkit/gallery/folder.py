"""The folder of a site: recognised before it is touched, and replaced so that a failure leaves what was there.

A site has a marker that names its files. A folder with content and without the marker belongs to somebody else. Only
files that a marker names are ever replaced or removed; whatever else lies in the folder stays as it is. All files are
written under temporary names first and take their places in the end, the first page last.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from labkit.errors import UsageError
from labkit.gallery import Site

MARKER = ".labkit-site.json"
FIRST = "index.html"


@dataclass(frozen=True)
class Folder:
    """A place for the pages of one command (``maker``), checked by ``open_folder``; ``ours`` are the files it has."""

    root: Path
    maker: str
    ours: frozenset[str] = frozenset()

    def write(self, site: Site) -> Path:
        """Put the site in the place of the one that was there; returns the path of its first page.

        Raises UsageError, with nothing changed, for a file that the site needs and somebody else has written, and where
        the folder cannot be written.
        """
        self._check_free(site)
        with _said_plainly(self.root):
            self.root.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=".labkit-", dir=self.root) as staging:
                self._replace(Path(staging), site)
        return self.root / FIRST

    def _check_free(self, site: Site) -> None:
        for name in site:
            if name not in self.ours and os.path.lexists(self.root / name):
                raise UsageError(
                    f"{self.root / name} is not one of labkit's pages. Move it away, or name another folder."
                )

    def _replace(self, staging: Path, site: Site) -> None:
        content = {**site, MARKER: _marker(self.maker, site)}
        for name, data in content.items():
            _write(staging / name, data)
        for name in content:
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        for name in sorted(content, key=lambda name: (name == FIRST, name)):
            (staging / name).replace(self.root / name)
        for name in self.ours - site.keys():
            _remove(self.root, name)


def open_folder(root: Path, maker: str) -> Folder:
    """Look at a folder before anything is made for it; leaves it as it is.

    Raises UsageError for a file, for a folder with content of somebody else or of another command, and for one that
    cannot be written.
    """
    root = root.expanduser().absolute()
    with _said_plainly(root):
        if root.exists() and not root.is_dir():
            raise UsageError(f"{root} is a file. Name a folder for the pages.")
        with tempfile.TemporaryDirectory(prefix=".labkit-", dir=_existing(root)):
            pass  # whether one can write there is known best by trying
        if not root.exists() or not any(root.iterdir()):
            return Folder(root, maker)
        if not (root / MARKER).is_file():
            raise UsageError(f"{root} is not empty, and its content is not labkit's. Name a new or an empty folder.")
        return Folder(root, maker, _read_marker(root, maker))


def _existing(root: Path) -> Path:
    """The folder itself, or the one above it in which it would be made."""
    return next(folder for folder in (root, *root.parents) if folder.exists())


def _marker(maker: str, site: Site) -> bytes:
    return json.dumps({"made by": maker, "files": sorted(site)}, indent=1).encode() + b"\n"


def _read_marker(root: Path, maker: str) -> frozenset[str]:
    try:
        marker = json.loads((root / MARKER).read_text("utf-8"))
        made_by, names = marker["made by"], [str(name) for name in marker["files"]]
    except (ValueError, TypeError, KeyError):
        raise UsageError(f"{root / MARKER} cannot be read. Name another folder.") from None
    if made_by != maker:
        raise UsageError(f"{root} has the pages of {made_by}. Name another folder for those of {maker}.")
    if not all(map(_stays_inside, names)):
        raise UsageError(f"{root / MARKER} names files of other folders. Name another folder.")
    return frozenset(names)


def _stays_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and "\\" not in name and ":" not in name


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _remove(root: Path, name: str) -> None:
    """Removes a file that an earlier site had and this one has not, and its folder where that is empty now."""
    path = root / name
    path.unlink(missing_ok=True)
    if path.parent != root and path.parent.is_dir() and not any(path.parent.iterdir()):
        path.parent.rmdir()


@contextmanager
def _said_plainly(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(f"{root} cannot be written: {error.strerror or error}. Name another folder.") from None
