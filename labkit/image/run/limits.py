"""What the layers of an image may take while they are unpacked: bytes, entries, depth, and the room on the disk.

Layers come from whoever pushed them, and a few kilobytes of gzip can stand for terabytes or for millions of files. So
every entry is counted before anything of it is written, by the size that its header promises.

    10 GiB of content       Lambda's quota: the image fails with Lambda's own words
    1,000,000 entries       the lab's own; for as many small files alone an unpacked gigabyte would be full of headers
    256 directories deep    the lab's own: Linux takes paths of 4,096 bytes, so that neither a handler nor a tool could
                            open what lies deeper by its name, unless the names are very short
    the disk's free space   less a reserve, so that the lab can still write its state
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from labkit.image.format.errors import DiskError, ImageTooComplex, ImageTooLarge

LIMIT = 10 * 1024**3
"""Lambda's quota for an uncompressed image in bytes (Lambda quotas, "Container image code package size")."""

ENTRIES = 1_000_000
"""Most entries of all layers of an image together."""

DEPTH = 256
"""Most directories in each other."""

RESERVE = 256 * 1024**2
"""Bytes that stay free on the disk, or a twentieth of it where that is less."""

_HEADERS = 2048  # bytes around an entry: a header, an extended one with its content, what fills the last block
_UNASKED = 1 << 20  # bytes and entries that are written before the disk is asked again
_ENTRIES_UNASKED = 1000


def free(folder: Path) -> int:
    """The bytes that may still be written to the disk of a folder."""
    disk = shutil.disk_usage(folder)
    return disk.free - min(RESERVE, disk.total // 20)


@dataclass
class Budget:
    """What is left for an image that is unpacked below ``root``: ``limit`` bytes of content, ``entries`` entries."""

    root: Path
    limit: int = LIMIT
    entries: int = ENTRIES
    taken: int = 0
    seen: int = 0
    unasked: int = 0

    def take(self, size: int) -> None:
        """Count an entry with ``size`` bytes of content.

        Raises :class:`ImageTooLarge`, :class:`ImageTooComplex`, and :class:`DiskError` where the disk has no room.
        """
        self.seen += 1
        self.taken += size
        self.unasked += size
        if self.seen > self.entries:
            raise ImageTooComplex(f"The image has more than {self.entries:,} entries, which the lab does not unpack.")
        if self.taken > self.limit:
            raise ImageTooLarge(self.limit)
        if self.unasked >= _UNASKED or self.seen % _ENTRIES_UNASKED == 1:
            self._ask(self.unasked)

    def _ask(self, size: int) -> None:
        self.unasked = 0
        if (left := free(self.root)) < size:
            raise DiskError(
                f"The image does not fit on the disk of {self.root}: {max(left, 0):,} bytes may still be written there."
            )

    def deep(self, name: str, depth: int) -> None:
        """Raises :class:`ImageTooComplex` for something in more than `DEPTH` directories."""
        if depth > DEPTH:
            raise ImageTooComplex(
                f"A layer has something in more than {DEPTH} directories, which the lab does not unpack: {name[:40]!r}…"
            )

    def metered(self, stream: BinaryIO) -> BinaryIO:
        """A layer's archive that ends with :class:`ImageTooLarge` where its headers alone are out of all proportion."""
        return cast(BinaryIO, _Metered(stream, self.limit + self.entries * _HEADERS, self.limit))


@dataclass
class _Metered:
    stream: BinaryIO
    left: int
    limit: int

    def read(self, size: int) -> bytes:
        data = self.stream.read(size)
        self.left -= len(data)
        if self.left < 0:
            raise ImageTooLarge(self.limit)
        return data
