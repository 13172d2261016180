"""One installation at a time: a lock on ``pyproject.toml``, which exists in every clone, so no file is left behind.

The operating system releases it when the last process that holds it ends. On POSIX the tools that the installation
runs inherit it: if only the lab is killed, the next start waits until they have ended too.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_BEYOND_THE_END = 1 << 30  # Windows locks bytes, and nobody reads these


@contextmanager
def exclusive(path: Path, waiting: Callable[[], None]) -> Iterator[int]:
    """Hold the lock on ``path`` and yield its file descriptor; ``waiting`` is called once if somebody else has it.

    Raises OSError when the file cannot be opened for writing.
    """
    descriptor = os.open(path, os.O_RDWR)
    try:
        if not _acquire(descriptor, wait=False):
            waiting()
            _acquire(descriptor, wait=True)
        yield descriptor
    finally:
        os.close(descriptor)


if sys.platform == "win32":
    import msvcrt

    def _acquire(descriptor: int, *, wait: bool) -> bool:
        while True:
            os.lseek(descriptor, _BEYOND_THE_END, os.SEEK_SET)
            try:
                msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
                return True
            except OSError:
                if not wait:
                    return False
                time.sleep(0.2)

else:
    import fcntl

    def _acquire(descriptor: int, *, wait: bool) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            return False
        return True
