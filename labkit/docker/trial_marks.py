"""Which trial containers belong to a process that is gone, as one that was killed removes nothing.

While an image is tried, the lab home has a mark for it: a file that the process keeps locked, and whose name the
container has as its label. Who has ended, however that was, keeps nothing locked; so whose process still lives is never
guessed from a number.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from filelock import FileLock, Timeout

from labkit.ground.home import Home, open_home

TRIAL_LABEL = "labkit.trial"
"""The label of a trial container; its value is the name of its mark."""


@contextmanager
def marked(home: Path) -> Iterator[Path]:
    """A new mark of this process. Whoever has removed the container deletes it; else it tells others to."""
    place = open_home(home).trials
    place.mkdir(mode=0o700, exist_ok=True)
    mark = place / uuid4().hex
    with FileLock(mark, mode=0o600, thread_local=False):
        yield mark


def abandoned(home: Home) -> list[Path]:
    """The marks of processes that are gone."""
    return [mark for mark in home.trials.glob("*") if not _is_locked(mark)]


def _is_locked(mark: Path) -> bool:
    try:
        with FileLock(mark, mode=0o600).acquire(timeout=0):
            return False
    except Timeout:
        return True
