"""Running uv, venv or pip during the installation, and saying in one sentence why one of them failed.

What these tools print is for their authors; a person gets the sentence of the first row of ``_REASONS`` whose pattern
is found in it, and the whole output in a file.
"""

from __future__ import annotations

import errno
import os
import re
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path

from labkit.errors import LabError
from labkit.ground.progress import Progress

_REASONS = (
    (r"No space left on device|os error 28|disk quota exceeded", "the disk is full; make some room, then start again."),
    (
        r"Permission denied|os error 13|Read-only file system|os error 30",
        "there is no permission to write the files; take a folder of your own, then start again.",
    ),
    (
        r"dns error|error sending request|Temporary failure in name resolution|NewConnectionError|Failed to establish"
        r"|Name or service not known|getaddrinfo|Connection refused|Network is unreachable|timed out|ProxyError"
        r"|Could not connect|client error \(Connect\)|tcp connect error|No route to host|SSLError|certificate",
        "the Python package index could not be reached; connect this machine to it (a proxy goes into HTTPS_PROXY, "
        "another index into UV_DEFAULT_INDEX or PIP_INDEX_URL), then start again.",
    ),
    (
        r"No matching distribution|No solution found|not find a version that satisfies|were not found in the package",
        "a pinned package is not offered for this Python or by this package index; try Python 3.12, "
        "or another index, then start again.",
    ),
)

_AT = re.compile(r"\s*(?:Collecting|Downloading|Building) \S+")


class Tools:
    """Runs the tools of one installation: shows what they do, keeps what they print in ``log``, holds on to the lock.

    ``lock`` is the descriptor of the installation's lock, which the tools inherit.
    """

    def __init__(self, progress: Progress, log: Path, lock: int) -> None:
        self.progress = progress
        self._log = log
        self._lock = lock

    def run(self, arguments: Sequence[str], doing: str = "") -> None:
        """Run a tool to its end, and show what it is ``doing``; raises :class:`LabError` with why it fails."""
        process = subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            pass_fds=() if os.name == "nt" else (self._lock,),
        )
        lines: list[str] = []
        reader = threading.Thread(target=_read, args=(process, lines), daemon=True)
        reader.start()
        try:
            self._watch(process, doing, lines)
        except BaseException:
            _end(process)
            raise
        reader.join(timeout=5)
        self._keep(arguments, lines)
        if process.returncode != 0:
            raise LabError(self._failure(arguments, lines))

    def _watch(self, process: subprocess.Popen[str], doing: str, lines: Sequence[str]) -> None:
        while True:
            try:
                process.wait(timeout=0.2)
                return
            except subprocess.TimeoutExpired:
                self.progress.activity(doing + _telling(lines))

    def _keep(self, arguments: Sequence[str], lines: Sequence[str]) -> None:
        try:
            with self._log.open("a", encoding="utf-8") as file:
                file.write(f"$ {' '.join(arguments)}\n" + "".join(f"{line}\n" for line in lines))
        except OSError as error:
            raise LabError(reason(error, self._log.parent)) from None

    def _failure(self, arguments: Sequence[str], lines: Sequence[str]) -> str:
        output = "\n".join(lines)
        tool = Path(arguments[0]).stem if "-m" not in arguments else arguments[arguments.index("-m") + 1]
        for pattern, sentence in _REASONS:
            if re.search(pattern, output, re.IGNORECASE):
                return f"setting up .venv with {tool} failed: {sentence} What it printed is in {self._log}"
        return f"setting up .venv with {tool} failed: {_gist(lines)} (everything it printed is in {self._log})"


def reason(error: OSError, place: Path) -> str:
    """The sentence for an operating system error at ``place``."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return f"the disk that holds {place} is full; make some room, then start again."
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return (
            f"there is no permission to write in {place}; copy the project to a folder of your own and start it there."
        )
    return f"{place} cannot be used: {error.strerror or error}; repair that, then start again."


def _telling(lines: Sequence[str]) -> str:
    """The package that pip or uv says it is at, where its last line says that."""
    found = _AT.match(lines[-1]) if lines else None
    return f"; {found[0].strip()}" if found else ""


def _gist(lines: Sequence[str]) -> str:
    """The line that says most: the last one that calls itself an error, else the last one."""
    told = [line.strip() for line in lines if line.strip()] or ["it printed nothing"]
    return next((line for line in reversed(told) if line.lower().startswith("error")), told[-1])


def _read(process: subprocess.Popen[str], lines: list[str]) -> None:
    assert process.stdout is not None  # noqa: S101 (it was asked for)
    with process.stdout:
        lines.extend(line.rstrip() for line in process.stdout)


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
