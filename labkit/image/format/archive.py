"""Reading layer archives as streams, never a member or a layer wholly in memory.

:mod:`tarfile` reads extended headers of any size into memory and takes a damaged header in mid-archive for the end.
Layers come from whoever pushed them, so this module walks the blocks itself: each header through
:meth:`tarfile.TarInfo.frombuf`, extended headers (pax, GNU long names) up to one mebibyte, everything else refused.
"""

from __future__ import annotations

import gzip
import io
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

from labkit.image.format.errors import LayerError

_BLOCK = 512
_CHUNK = 1 << 16
_EXTENDED_LIMIT = 1 << 20
_LENGTH_DIGITS = 8  # of the length of a record in a header of at most a mebibyte, and the space after it
_PLACING = frozenset({b"path", b"linkpath", b"size"})
_DATALESS = frozenset(
    {tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE}
)
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_DAMAGE = (EOFError, OSError, zlib.error, tarfile.TarError, UnicodeError, ValueError)

Blob = bytes | Path
"""A config or layer as stored: its bytes, or the file that holds them."""


def read(blob: Blob) -> bytes:
    """Return a small blob's bytes."""
    return blob if isinstance(blob, bytes) else blob.read_bytes()


def raw(blob: Blob) -> BinaryIO:
    """Open a blob for reading as it is stored, compressed or not."""
    return io.BytesIO(blob) if isinstance(blob, bytes) else blob.open("rb")


@dataclass
class Member:
    """One entry of an archive. ``chunks()`` reads its content once, before the next member is asked for."""

    info: tarfile.TarInfo
    stream: BinaryIO
    left: int = field(init=False)

    def __post_init__(self) -> None:
        self.left = 0 if self.info.type in _DATALESS else self.info.size

    def chunks(self) -> Iterator[bytes]:
        """Yield the content in pieces of at most 64 KiB."""
        while self.left:
            piece = _exactly(self.stream, min(self.left, _CHUNK))
            self.left -= len(piece)
            yield piece


@contextmanager
def opened(blob: Blob) -> Iterator[BinaryIO]:
    """Open a layer for reading, uncompressed: plain tar or gzip, told apart by the first bytes.

    Raises :class:`LayerError` for zstd, which Python reads only from 3.14 on, and for damaged gzip data.
    """
    with raw(blob) as stored:
        magic = stored.read(4)
        stored.seek(0)
        if magic.startswith(_ZSTD):
            raise LayerError("A layer is compressed with zstd, which the lab cannot read; push it with gzip.")
        try:
            if not magic.startswith(_GZIP):
                yield stored
                return
            with gzip.GzipFile(fileobj=stored) as plain:
                yield cast(BinaryIO, plain)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise LayerError(f"A layer is damaged: {error}.") from error


def members(stream: BinaryIO) -> Iterator[Member]:
    """Yield the entries of a tar archive in order.

    Raises :class:`LayerError` for a damaged header or one with more than a mebibyte of extended attributes.
    """
    extended: dict[str, str] = {}
    while (info := _header(stream)) is not None:
        if info.type in _EXTENDED:
            extended |= _extension(stream, info)
            continue
        member = Member(_apply(info, extended), stream)
        extended = {}
        padding = -member.left % _BLOCK
        yield member
        for _ in member.chunks():
            pass
        _exactly(stream, padding)


def _header(stream: BinaryIO) -> tarfile.TarInfo | None:
    block = stream.read(_BLOCK)
    if not block or not block.strip(b"\0"):
        return None
    try:
        info = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except _DAMAGE as error:
        raise LayerError(f"A layer is damaged: {error}.") from error
    if info.size < 0:
        raise LayerError("A layer is damaged: a member has a negative size.")
    return info


def _extension(stream: BinaryIO, info: tarfile.TarInfo) -> dict[str, str]:
    if info.size > _EXTENDED_LIMIT:
        raise LayerError(f"A layer has an extended header of {info.size} bytes; that is not a sensible image.")
    body = _exactly(stream, info.size)
    _exactly(stream, -info.size % _BLOCK)
    try:
        return _EXTENDED[info.type](body)
    except _DAMAGE as error:
        raise LayerError(f"A layer is damaged: {error}.") from error


def _pax(body: bytes) -> dict[str, str]:
    """Read pax records, ``LENGTH KEY=VALUE\\n``, where LENGTH counts the whole record; keep those that place a file."""
    records: dict[str, str] = {}
    start = 0
    while start < len(body):
        space = body.index(b" ", start, start + _LENGTH_DIGITS)
        length = int(body[start:space])
        if not 4 < length <= len(body) - start:
            raise ValueError("a pax record has a wrong length")
        key, _, value = body[space + 1 : start + length - 1].partition(b"=")
        if key in _PLACING or key.startswith(b"GNU.sparse"):
            records[key.decode()] = value.decode("utf-8", "surrogateescape")
        start += length
    return records


def _gnu(key: str, body: bytes) -> dict[str, str]:
    return {key: body.rstrip(b"\0").decode("utf-8", "surrogateescape")}


# A global pax header only carries defaults such as comments (git archive writes one), none that places a file.
_EXTENDED: dict[bytes, Callable[[bytes], dict[str, str]]] = {
    tarfile.XHDTYPE: _pax,
    tarfile.XGLTYPE: lambda body: {},
    tarfile.GNUTYPE_LONGNAME: lambda body: _gnu("path", body),
    tarfile.GNUTYPE_LONGLINK: lambda body: _gnu("linkpath", body),
}


def _apply(info: tarfile.TarInfo, extended: dict[str, str]) -> tarfile.TarInfo:
    if any(key.startswith("GNU.sparse") for key in extended) or info.type == tarfile.GNUTYPE_SPARSE:
        raise LayerError(f"A layer stores {info.name!r} as a sparse file, which the lab cannot read.")
    info.name = extended.get("path", info.name).rstrip("/")
    info.linkname = extended.get("linkpath", info.linkname)
    size = extended.get("size", "")
    if size and not size.isdecimal():
        raise LayerError(f"A layer is damaged: {info.name!r} has the size {size!r}.")
    info.size = int(size) if size else info.size
    return info


def _exactly(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size) if size else b""
    if len(data) != size:
        raise LayerError("A layer is damaged: it ends in the middle of a member.")
    return data
