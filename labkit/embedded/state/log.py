"""The log of a lab home's process: readable by its owner only, and never longer than a mebibyte.

When it grows too long its older half goes, in place: what else writes to the same file (the interpreter, as it ends)
goes on writing there, and no second file is left behind.
"""

from __future__ import annotations

import logging
import os
import threading
from pathlib import Path
from typing import TextIO, cast

LONGEST = 1 << 20
"""The most bytes that the log may have after a line has been written."""

_LOG = logging.getLogger(__name__)
_FORM = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class BoundedLog(logging.StreamHandler[TextIO]):
    """Appends records to a file."""

    def __init__(self, path: Path) -> None:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        super().__init__(os.fdopen(descriptor, "a+", encoding="utf-8", errors="backslashreplace"))
        self.setFormatter(logging.Formatter(_FORM))

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        super().emit(record)
        try:
            if os.fstat(self.stream.fileno()).st_size > LONGEST:
                self._shorten()
        except OSError:
            self.handleError(record)

    def _shorten(self) -> None:
        file = self.stream.buffer
        file.seek(-(LONGEST // 2), os.SEEK_END)
        kept = file.read().partition(b"\n")[2]
        file.truncate(0)
        file.write(kept)
        file.flush()

    def close(self) -> None:
        """Close the file."""
        self.stream.close()
        super().close()


def write_to(path: Path) -> None:
    """Let what this process has to say from now on, and threads that fail, be written to the file."""
    logging.basicConfig(level=logging.WARNING, handlers=[BoundedLog(path)])
    logging.captureWarnings(True)
    threading.excepthook = _failed


def write_to_terminal() -> None:
    """Let it be written to the standard error."""
    logging.basicConfig(level=logging.WARNING, format=_FORM)


def _failed(failure: threading.ExceptHookArgs) -> None:
    error = cast(BaseException, failure.exc_value)
    _LOG.error("a thread failed", exc_info=(failure.exc_type, error, failure.exc_traceback))
