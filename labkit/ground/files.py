"""Writing files so that a reader, or a process that was killed, sees the old content or the new, never a half.

A process that is killed while it writes leaves a file with a name of its own, which `sweep` removes.

Sockets are files too, with a path that must be short (sockaddr_un): `runtime_folder` says where they go.
"""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from secrets import token_hex

_SOCKET_PATH_LIMIT = 103  # macOS; Linux has 107
_SOCKET_NAME = len("/kernel-" + "x" * 36 + "-ipc-5")
_TEMPORARY = re.compile(r"\..+\.[0-9a-f]{8}")


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


def sweep(directory: Path) -> None:
    """Remove what was left in a directory by processes that were killed; nobody may be writing there."""
    for path in directory.glob(".*"):
        if _TEMPORARY.fullmatch(path.name):
            path.unlink(missing_ok=True)


def runtime_folder(folder: Path) -> Path:
    """Where Jupyter's connection files and sockets go: ``folder``/runtime, or a short private folder."""
    beside = folder / "runtime"
    if os.name == "nt" or len(os.fsencode(beside)) + _SOCKET_NAME <= _SOCKET_PATH_LIMIT:
        return beside
    parent = min((tempfile.gettempdir(), "/tmp"), key=len)  # noqa: S108 (mkdtemp makes a private folder in it)
    return Path(tempfile.mkdtemp(prefix="labkit-jupyter-", dir=parent))
