"""Writing files so that a reader, or a process that was killed, sees the old content or the new, never a half.

A process that is killed while it writes leaves a file with a name of its own, which `sweep` removes.

Directories are removed by `remove_tree` alone, however deep: what images and handlers leave may be nested thousands
of directories deep, where `shutil.rmtree` runs out of stack, of open files, or of letters in a path (PATH_MAX).
`discard` does the same where a failure must stop nobody.

Sockets are files too, with a path that must be short (sockaddr_un): `runtime_folder` says where they go.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import re
import stat
import tempfile
from collections.abc import Callable
from itertools import count
from pathlib import Path
from secrets import token_hex

_LOG = logging.getLogger(__name__)

_DISK_TROUBLE = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "the disk is read-only",
    errno.EIO: "the disk fails",
}

_SOCKET_PATH_LIMIT = 103  # macOS; Linux has 107
_SOCKET_NAME = len("/kernel-" + "x" * 36 + "-ipc-5")
_TEMPORARY = re.compile(r"\..+\.[0-9a-f]{8}")


def disk_trouble(error: BaseException) -> str | None:
    """What is wrong with the disk, such as ``the disk is full``; None for an error that is not the disk's."""
    return _DISK_TROUBLE.get(error.errno or 0) if isinstance(error, OSError) else None


def write_atomically(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Replace the content of ``path``; the new file exists completely, with ``mode``, before it takes the name."""
    temporary = path.with_name(f".{path.name}.{token_hex(4)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def sync_folder(folder: Path) -> None:
    """Let what was renamed into a folder be there after a power cut too; Windows has no such call and needs none."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sweep(directory: Path) -> None:
    """Remove what was left in a directory by processes that were killed; nobody may be writing there."""
    for path in directory.glob(".*"):
        if _TEMPORARY.fullmatch(path.name):
            path.unlink(missing_ok=True)


def remove_tree(path: Path) -> None:
    """Remove a file, a link or a directory with all that is in it; where there is nothing, nothing happens.

    Links are removed and never followed, read-only directories are opened first. Every directory is moved up to the
    top before it is looked into, so that no path grows with the depth and there is no recursion. What cannot be
    removed stays, the rest goes, and the first OSError is raised at the end.
    """
    failures: list[OSError] = []
    if _is_directory(str(path)):
        _empty(str(path), failures)
    else:
        _try(failures, _unlink, str(path))
    if failures:
        raise failures[0]


def discard(path: Path) -> None:
    """Remove what is no longer needed as `remove_tree` does; the log says what could not be removed."""
    try:
        remove_tree(path)
    except OSError as error:
        _LOG.warning("%s could not be removed and stays: %s", path, error)


def _is_directory(path: str) -> bool:
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(found.st_mode) and not getattr(found, "st_reparse_tag", 0)  # a junction on Windows is a link


def _empty(top: str, failures: list[OSError]) -> None:
    prefix, numbers, directories = os.path.join(top, token_hex(8)), count(), [top]
    _allow_changes(top)
    for directory in directories:  # it grows meanwhile
        for entry in _entries(directory, failures):
            if not (entry.is_dir(follow_symlinks=False) and _is_directory(entry.path)):
                _try(failures, _unlink, entry.path)
                continue
            _allow_changes(entry.path)
            to = entry.path if directory == top else f"{prefix}-{next(numbers)}"
            directories.append(_moved(entry.path, to))
    for directory in reversed(directories):
        _try(failures, os.rmdir, directory)


def _allow_changes(directory: str) -> None:
    with contextlib.suppress(OSError):  # where it matters, the next step fails
        os.chmod(directory, 0o700)


def _entries(directory: str, failures: list[OSError]) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(directory) as entries:
            return list(entries)
    except OSError as error:
        failures.append(error)
        return []


def _moved(path: str, to: str) -> str:
    """Move a directory if that is possible (overlayfs does not move those of lower layers); return where it is."""
    try:
        os.rename(path, to)
    except OSError:
        return path
    return to


def _unlink(path: str) -> None:
    try:
        os.unlink(path)
    except PermissionError:
        if os.name != "nt":
            raise
        os.chmod(path, stat.S_IWRITE)  # Windows does not remove a read-only file
        os.unlink(path)


def _try(failures: list[OSError], step: Callable[[str], None], path: str) -> None:
    try:
        step(path)
    except FileNotFoundError:
        return
    except OSError as error:
        failures.append(error)


def runtime_folder(folder: Path) -> Path:
    """Where Jupyter's connection files and sockets go: ``folder``/runtime, or a short private folder."""
    beside = folder / "runtime"
    if os.name == "nt" or len(os.fsencode(beside)) + _SOCKET_NAME <= _SOCKET_PATH_LIMIT:
        return beside
    parent = min((tempfile.gettempdir(), "/tmp"), key=len)  # noqa: S108 (mkdtemp makes a private folder in it)
    return Path(tempfile.mkdtemp(prefix="labkit-jupyter-", dir=parent))
