"""Writing layers whose bytes, and so whose digests, are the same on every machine.

A tar archive is reproducible when names are sorted and times, owners and modes are decided here instead of read from
the machine; USTAR has one spelling for each header. Compression is not reproducible: two builds of zlib, or zlib-ng,
compress the same data to different bytes. So the gzip container is written by hand, of stored (uncompressed) blocks,
for which RFC 1951, section 3.2.4, leaves no choice. Registries and Docker read it like any other gzip.
"""

from __future__ import annotations

import io
import struct
import tarfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from labkit.errors import DockerfileError
from labkit.image.format.archive import Blob
from labkit.image.format.manifest import digest

_HEADER = bytes([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255])  # RFC 1952: deflate, no name, no time, unknown system
_BLOCK = 0xFFFF


@dataclass(frozen=True)
class Entry:
    """One file, directory or symbolic link of a layer. ``path`` has no leading slash; ``type`` is tarfile's.

    ``content`` are a file's bytes, ``target`` is where a link points. Owner and group are numbers.
    """

    path: str
    type: bytes
    mode: int
    content: bytes = b""
    target: str = ""
    owner: tuple[int, int] = (0, 0)

    def header(self, time: int) -> bytes:
        """Return the USTAR header. Raises :class:`DockerfileError` for a name that USTAR cannot hold."""
        info = tarfile.TarInfo(self.path)
        info.type, info.mode, info.mtime = self.type, self.mode, time
        info.uid, info.gid = self.owner
        info.size, info.linkname = len(self.content), self.target
        try:
            return info.tobuf(tarfile.USTAR_FORMAT, "utf-8", "surrogateescape")
        except ValueError as error:
            raise DockerfileError(f"{self.path!r} cannot be put into an image layer: {error}.") from error


@dataclass(frozen=True)
class Layer:
    """A finished layer: its entries by path, and the tar archive of them."""

    entries: dict[str, Entry]
    archive: bytes

    @property
    def tree(self) -> dict[str, bytes]:
        """Return the type of each path, as :mod:`tarfile` writes it."""
        return {path: entry.type for path, entry in self.entries.items()}

    @cached_property
    def sealed(self) -> Sealed:
        """Return the layer as it is pushed: the archive, gzipped."""
        blob = stored_gzip(self.archive)
        return Sealed(digest(blob), len(blob), digest(self.archive), blob)


@dataclass(frozen=True)
class Sealed:
    """A layer that is not looked into any more: ``blob`` (gzipped; bytes, or the file that holds them) by its names.

    ``digest`` and ``size`` in bytes are the blob's, ``diff_id`` is the digest of the archive inside.
    """

    digest: str
    size: int
    diff_id: str
    blob: Blob


def directory(path: str, mode: int = 0o755, owner: tuple[int, int] = (0, 0)) -> Entry:
    """Return a directory entry."""
    return Entry(path, tarfile.DIRTYPE, mode, owner=owner)


def file(path: str, content: bytes, mode: int = 0o644, owner: tuple[int, int] = (0, 0)) -> Entry:
    """Return a file entry."""
    return Entry(path, tarfile.REGTYPE, mode, content, owner=owner)


def link(path: str, target: str, owner: tuple[int, int] = (0, 0)) -> Entry:
    """Return a symbolic link entry."""
    return Entry(path, tarfile.SYMTYPE, 0o777, target=target, owner=owner)


def pack(entries: Iterable[Entry], time: int) -> Layer:
    """Make a layer of ``entries``, all with the modification time ``time`` (seconds since 1970)."""
    by_path = {entry.path: entry for entry in sorted(entries, key=lambda entry: entry.path)}
    archive = io.BytesIO()
    for entry in by_path.values():
        archive.write(entry.header(time))
        archive.write(entry.content)
        archive.write(bytes(-len(entry.content) % 512))
    archive.write(bytes(1024))
    return Layer(by_path, archive.getvalue())


def stored_gzip(data: bytes) -> bytes:
    """Return ``data`` in a gzip container of stored blocks."""
    starts = range(0, max(len(data), 1), _BLOCK)
    out = bytearray(_HEADER)
    for start in starts:
        block = data[start : start + _BLOCK]
        out += struct.pack("<BHH", start == starts[-1], len(block), len(block) ^ 0xFFFF)
        out += block
    out += struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF)
    return bytes(out)
