"""What a handler that runs as a process is kept from: the places named to it, and writing outside its own.

A process has its user's rights, and so would a handler: it could read the keys of the lab's administrators and change
the code of other functions. Linux lets a process give rights up without having any to begin with: Landlock (since
Linux 5.13). A thread takes the restrictions on, which nothing takes off again, and starts the process, which inherits
them together with all that it starts itself.

    hidden     not to be read, listed or written; nothing below it either, unless it is named as readable
    readable   to be read and executed, also within what is hidden: the code, the interpreter
    writable   to be written too: the directory for temporary files, and ``/tmp``; where something hidden lies below
               that, what stood beside it when the process started
    devices    those that belong to nobody, such as /dev/null; no disk, terminal or memory
    the rest   to be read and executed

Landlock grants and never takes away, so that "all but" is told by granting what stands beside the way to each hidden
place. Directories on the way, such as ``/``, cannot be listed then. Processes outside cannot be signalled (Linux 6.12)
nor looked into; root's capabilities are dropped, with which it could. What stays open: names, sizes, modes and dates of
files (of the user's own, also to be set), the network, and sockets in the file system. Handlers share ``/tmp``.

Where there is no Landlock (macOS, Windows, older kernels, some containers) nothing is kept from a handler; `landlock`
says so. Sources: Linux kernel documentation, "Landlock: unprivileged access control"; landlock(7).
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import IntFlag
from functools import cache
from pathlib import Path
from typing import TypeVar

from labkit.errors import LabError
from labkit.ground.home import home_path

_Started = TypeVar("_Started")

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # system calls, of the same numbers on every architecture
_VERSION_WANTED, _PATH_BENEATH = 1, 1
_DROP_CAPABILITY, _NO_NEW_PRIVILEGES, _CAPABILITIES = 24, 38, 64  # of prctl


class _Right(IntFlag):
    EXECUTE = 1 << 0
    WRITE_FILE = 1 << 1
    READ_FILE = 1 << 2
    READ_DIR = 1 << 3
    REMOVE_DIR = 1 << 4
    REMOVE_FILE = 1 << 5
    MAKE_CHAR = 1 << 6
    MAKE_DIR = 1 << 7
    MAKE_REG = 1 << 8
    MAKE_SOCK = 1 << 9
    MAKE_FIFO = 1 << 10
    MAKE_BLOCK = 1 << 11
    MAKE_SYM = 1 << 12
    REFER = 1 << 13  # to move files between directories: version 2
    TRUNCATE = 1 << 14  # version 3
    IOCTL_DEV = 1 << 15  # version 5


_FIRST = (1 << 13) - 1
_SINCE = {2: _Right.REFER, 3: _Right.TRUNCATE, 5: _Right.IOCTL_DEV}
_OF_FILES = _Right.EXECUTE | _Right.WRITE_FILE | _Right.READ_FILE | _Right.TRUNCATE | _Right.IOCTL_DEV
_READ = _Right.EXECUTE | _Right.READ_FILE | _Right.READ_DIR
_DEVICE = _READ | _Right.WRITE_FILE | _Right.IOCTL_DEV
_DEVICES = tuple(f"/dev/{name}" for name in ("null", "zero", "full", "random", "urandom", "tty"))
_SCOPES, _SCOPED_SINCE = 0b11, 6  # abstract sockets, and signals to processes outside


def private_places(lab_home: Path | None = None) -> tuple[Path, ...]:
    """What no handler needs to see: the lab home (by default the one that is chosen now) and the user's home."""
    lab = home_path(lab_home)
    with suppress(RuntimeError):  # a user without a home
        return lab, Path.home()
    return (lab,)


@cache
def landlock() -> int:
    """The version of Landlock that this system offers; 0 where it offers none."""
    if sys.platform != "linux":
        return 0
    return max(0, int(_libc().syscall(_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION_WANTED))))


def in_words() -> str:
    """How far handlers that run as processes are kept from the user's files, as a sentence goes on after "are"."""
    if version := landlock():
        return f"confined by Landlock {version}: the lab home and the user's home are hidden from them"
    return "not confined, since this system has no Landlock: they can read and change whatever the user can"


@dataclass(frozen=True)
class Confinement:
    """What a process may reach; see the module. Paths that do not exist are left out."""

    hidden: tuple[Path, ...]
    readable: tuple[Path, ...] = ()
    writable: tuple[Path, ...] = ()

    def start(self, start: Callable[[], _Started]) -> _Started:
        """What ``start`` returns, which starts a process: with nothing hidden, or without Landlock, as it is.

        Raises what ``start`` raises, and `LabError` where the system has Landlock and refuses it; nothing is started.
        """
        if not self.hidden or not landlock():
            return start()
        done: list[_Started] = []
        failed: list[BaseException] = []

        def confined() -> None:
            try:
                self._restrict()
                done.append(start())
            except BaseException as error:
                failed.append(error)

        thread = threading.Thread(target=confined, name="confined")
        thread.start()
        thread.join()
        if failed:
            raise failed[0]
        return done[0]

    def rules(self) -> Iterator[tuple[str, int]]:
        """Each path with the rights that are granted on it and on what is below."""
        hidden = {_real(path) for path in (*self.hidden, Path("/dev"))} - {os.sep}
        temporary = _real(Path("/tmp"))  # noqa: S108 - handlers write there, as on Lambda
        memory = _real(Path("/dev/shm"))  # noqa: S108 - where multiprocessing has its locks
        yield from ((path, _handled() if _within(path, temporary) else _READ) for path in _beside(hidden))
        yield from ((_real(path), _READ) for path in self.readable)
        yield from ((_real(path), _handled()) for path in self.writable)
        yield from ((path, _DEVICE) for path in _DEVICES)
        for place in (temporary, memory):
            if not any(_within(path, place) for path in hidden):
                yield place, _handled()

    def _restrict(self) -> None:
        """Restrict the present thread. Raises `LabError` where the system refuses: nothing is to be started then."""
        try:
            self._confine()
        except OSError as error:
            raise LabError(f"The handler is not started, since it cannot be confined: {error.strerror}.") from None

    def _confine(self) -> None:
        libc = _libc()
        scoped = _SCOPES if landlock() >= _SCOPED_SINCE else 0
        described = struct.pack("=QQQ", _handled(), 0, scoped)
        # A kernel takes the members that it knows; version 1 has the first alone, 4 the second, 6 the third.
        size = 24 if landlock() >= _SCOPED_SINCE else 16 if landlock() >= 4 else 8
        rules = _checked(libc.syscall(_CREATE, described, ctypes.c_size_t(size), ctypes.c_uint32(0)))
        try:
            for path, rights in self.rules():
                _grant(rules, path, rights)
            for capability in range(_CAPABILITIES if os.geteuid() == 0 else 0):
                libc.prctl(_DROP_CAPABILITY, capability, 0, 0, 0)  # those that the kernel does not know do not matter
            _checked(libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0))
            _checked(libc.syscall(_RESTRICT, rules, ctypes.c_uint32(0)))
        finally:
            os.close(rules)


def _handled() -> int:
    """The rights that this version of Landlock knows: all of them are denied unless they are granted."""
    rights = _FIRST
    for version, right in _SINCE.items():
        rights |= right if landlock() >= version else 0
    return rights


def _grant(rules: int, path: str, rights: int) -> None:
    try:
        # Paths are real ones. What has become a link since was made one by somebody who may write there.
        place = os.open(path, os.O_PATH | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return  # it is not there, or not for this user: there is nothing to grant
    try:
        rights &= _handled() if stat.S_ISDIR(os.fstat(place).st_mode) else _handled() & _OF_FILES
        rule = struct.pack("=Qi", rights, place)
        _checked(_libc().syscall(_ADD, rules, ctypes.c_int(_PATH_BENEATH), rule, ctypes.c_uint32(0)))
    finally:
        os.close(place)


def _beside(hidden: Iterable[str]) -> Iterator[str]:
    """What stands beside the way from the root to each hidden place: together with these it is all there is."""
    ways = {os.sep} | {str(parent) for path in hidden for parent in Path(path).parents}
    for way in sorted(way for way in ways if not any(_within(way, path) for path in hidden)):
        try:
            with os.scandir(way) as entries:
                found = [_real(Path(entry.path)) for entry in entries]
        except OSError:
            continue
        yield from (path for path in found if path not in ways and not any(_within(path, each) for each in hidden))


def _within(path: str, place: str) -> bool:
    return path == place or path.startswith(place.rstrip(os.sep) + os.sep)


def _real(path: Path) -> str:
    return os.path.realpath(path)


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
