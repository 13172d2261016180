"""What a person sees of long work (the first start, the gallery): a line per step with its time, and what goes on.

Written to stderr, since stdout belongs to the command that is run afterwards (``labkit env`` is evaluated by shells).
"""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

_EVERY = 2.0  # seconds between two lines where no terminal rewrites them


class Progress:
    """Steps on ``stream``: rewritten in place on a terminal; elsewhere a line every two seconds and one at the end.

    ``clock`` counts seconds.
    """

    def __init__(self, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream or sys.stderr
        self._live = self._stream.isatty()
        self._clock = clock
        self._text = ""
        self._began = self._told = self._after = 0.0

    def say(self, sentence: str) -> None:
        """Write one line."""
        self._stream.write(f"labkit: {sentence}\n")
        self._stream.flush()

    @contextmanager
    def step(self, text: str, after: float = 0.0) -> Iterator[None]:
        """Show ``text`` while the body runs, and how long it took; nothing before ``after`` seconds have gone."""
        self._text, self._after = text, after
        self._began = self._told = self._clock()
        if not self._live and not after:
            self.say(f"{text} ...")
        self.activity("")
        finished = False
        try:
            yield
            finished = True
        finally:
            self._clear()
            if finished and self._elapsed() >= after:
                self.say(f"{text}: {self._elapsed():.1f} s")

    def activity(self, detail: str) -> None:
        """Show what the current step is doing: cut to the width of the terminal, else now and then."""
        if self._elapsed() < self._after:
            return
        line = f"{self._text} ... {self._elapsed():.0f} s  {detail}".rstrip()
        if self._live:
            width = shutil.get_terminal_size().columns - 1
            self._stream.write(f"\r\033[K{f'labkit: {line}'[:width]}")
            self._stream.flush()
        elif self._clock() - self._told >= _EVERY:
            self._told = self._clock()
            self.say(line)

    def _clear(self) -> None:
        if self._live:
            self._stream.write("\r\033[K")
            self._stream.flush()

    def _elapsed(self) -> float:
        return self._clock() - self._began
