"""Is unpacked code still what was unpacked? Asked before a process is started from it.

A handler that runs as a process has the rights of the lab's user. Where the system cannot confine it
(`labkit.image.run.confinement`) it could change its own code, which the next cold start would run, or another
function's. So what an image was unpacked to is read-only, and sealed: a hash over names, kinds, modes and contents. As
long as no entry has another size, inode or time of change than when the hash was last found right, nothing is read
again; the time of change (ctime) is the system's own, and cannot be set.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

_WRITE = 0o222


class _Entry(NamedTuple):
    name: str
    path: str
    found: os.stat_result


def make_read_only(root: Path) -> None:
    """Take away everybody's right to write below ``root``; `remove_tree` of the ground removes it all the same."""
    for entry in _entries(root):
        if not stat.S_ISLNK(entry.found.st_mode):
            os.chmod(entry.path, stat.S_IMODE(entry.found.st_mode) & ~_WRITE)  # noqa: PTH101


def seal_of(root: Path) -> str:
    """The hash over everything below ``root``, in hexadecimal. Raises OSError for what cannot be read."""
    whole = sha256()
    for name, path, found in sorted(_entries(root)):
        kind, mode = stat.S_IFMT(found.st_mode), stat.S_IMODE(found.st_mode)
        whole.update(f"{name}\0{kind:o}\0{mode:o}\0".encode("utf-8", "surrogateescape"))
        whole.update(_content(path, kind))
    return whole.hexdigest()


def state_of(root: Path) -> str:
    """A hash over what changes whenever something below ``root`` is changed, without reading a file."""
    whole = sha256()
    for name, _, found in sorted(_entries(root)):
        facts = (found.st_mode, found.st_size, found.st_ino, found.st_mtime_ns, found.st_ctime_ns)
        whole.update(f"{name}\0{facts}\0".encode("utf-8", "surrogateescape"))
    return whole.hexdigest()


def _content(path: str, kind: int) -> bytes:
    if kind == stat.S_IFLNK:
        return os.fsencode(Path(path).readlink())
    if kind != stat.S_IFREG:
        return b""
    with open(path, "rb") as file:  # noqa: PTH123
        content = sha256()
        while piece := file.read(1 << 20):
            content.update(piece)
    return content.digest()


def _entries(root: Path) -> Iterator[_Entry]:
    """Everything below a directory, and itself; links are not followed."""
    top = str(root)
    yield _Entry("", top, os.lstat(top))
    waiting = [top]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                yield _Entry(entry.path[len(top) + 1 :], entry.path, entry.stat(follow_symlinks=False))
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
