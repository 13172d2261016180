"""Child processes that end when the lab ends, with everything they have started themselves.

A child gets a session of its own, so that a Ctrl-C in the terminal reaches the lab alone and the lab decides how the
child ends. Grandchildren may have sessions of their own (Jupyter's kernels and terminals have), which is why the family
is looked up instead of a process group being signalled.
"""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_SECONDS_TO_DIE = 5


def end(process: subprocess.Popen[Any], patience: float) -> None:
    """End ``process`` and all its descendants: asked at first, forced after ``patience`` seconds or a Ctrl-C."""
    import psutil

    try:
        family = psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        family = []
    try:
        process.terminate()
        process.wait(patience)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        process.kill()
        process.wait()
    _, left = psutil.wait_procs(family, timeout=0.5)
    for descendant in left:
        descendant.kill()
    psutil.wait_procs(left, timeout=_SECONDS_TO_DIE)


@contextmanager
def stoppable() -> Iterator[None]:
    """While the body runs, SIGTERM and a closed terminal mean what Ctrl-C means: KeyboardInterrupt."""
    names = [name for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {name: signal.signal(getattr(signal, name), _interrupt) for name in names}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
