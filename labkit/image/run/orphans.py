"""What a function's process has started and left behind in a session of its own: it must not outlive the function.

A process that starts another one in a new session and ends is out of reach of a signal to its group. On Linux such an
orphan becomes a child of the nearest ancestor that asks for it (prctl(2), PR_SET_CHILD_SUBREAPER): of the embedded
AWS's process, which calls `adopt` at its start. Every child of that process that it did not start itself is therefore
an orphan of some function, and the address of the Runtime API in its environment says of which. One that names none
that is still there, or hides its environment, is nobody's and is ended when any function ends.

A process that others own too (a notebook's, where the lab runs in it) adopts nobody, nor does any on macOS and Windows:
there such an orphan stays.
"""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_LOG = logging.getLogger(__name__)
_SET_CHILD_SUBREAPER = 36
_ADDRESS = "AWS_LAMBDA_RUNTIME_API"

_adopting = False
_lock = threading.Lock()
_started: dict[int, str] = {}


def adopt() -> bool:
    """Let the orphans of this process's functions become its children; whether the system does so."""
    global _adopting
    if sys.platform == "linux":
        _adopting = bool(ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0)
    return _adopting


@contextmanager
def starting() -> Iterator[dict[int, str]]:
    """While the body starts a process, and adds its id and its Runtime API's address, nobody takes it for an orphan."""
    with _lock:
        yield _started


def end(pid: int) -> None:
    """End what a function's process left behind, after it has ended itself."""
    with _lock:
        _started.pop(pid, None)
        # What an orphan has started becomes a child in its turn when the orphan is gone.
        while _adopting and (left := [each for each in _children() - _started.keys() if _is_left(each)]):
            for each in left:
                _end(each)


def _children() -> set[int]:
    found: set[int] = set()
    for thread in Path("/proc/self/task").iterdir():
        with suppress(OSError):
            found.update(int(number) for number in (thread / "children").read_text().split())
    return found


def _is_left(pid: int) -> bool:
    """Whether nothing that still runs has started this orphan, by what it says."""
    try:
        environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return True
    return not any(f"{_ADDRESS}={address}".encode() in environment for address in _started.values())


def _end(pid: int) -> None:
    _LOG.info("process %d of a function that has ended is ended too", pid)
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    with suppress(ChildProcessError):
        os.waitpid(pid, 0)
