"""The process of a lab home, seen from outside: started on its own, and ended by its id where it does not answer.

It belongs to no terminal: a Ctrl-C there is not its own. What it has to say about its start is one line on its standard
output, which it closes then; this works the same on every system.

Whose process it is, is never guessed from a number: the id stands in the runtime file, the home's server lock is held,
and the process with this id has the file of that lock open. Only then is it ended.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from labkit.embedded.state.runtime import read_runtime
from labkit.errors import EmbeddedError
from labkit.ground import project
from labkit.ground.home import Home

if TYPE_CHECKING:
    from psutil import Process

_START_WITHIN = 60.0  # seconds
_GRACE = 5.0  # seconds between asking and forcing
_GONE_WITHIN = 30.0  # seconds after forcing

_DETACHED: dict[str, Any] = {"start_new_session": True}
if sys.platform == "win32":
    _DETACHED = {"creationflags": subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP}


def launch(home: Home, port: int | None) -> str:
    """Start the process and wait for what it says: ready, or why it cannot; empty where it ended without a word.

    Raises `EmbeddedError` when it cannot be started at all.
    """
    command = [sys.executable, "-m", "labkit.embedded", "--home", str(home.root), "--detached"]
    try:
        process = _popen(home, command if port is None else [*command, "--port", str(port)])
    except OSError as error:
        raise EmbeddedError(f"The embedded AWS cannot be started: {error.strerror}.") from None
    threading.Thread(target=process.wait, daemon=True).start()  # takes note of its end, whenever that is
    overdue = threading.Timer(_START_WITHIN, process.kill)
    overdue.daemon = True
    overdue.start()
    try:
        with process.stdout as said:
            return str(said.readline().decode().strip())
    finally:
        overdue.cancel()


def _popen(home: Home, command: list[str]) -> Any:
    descriptor = os.open(home.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "ab") as log:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            env=_environment(),
            **_DETACHED,
        )


def _environment() -> dict[str, str]:
    """The variables of this process without the user's settings for AWS: they are for clients, not for an AWS."""
    own = "" if project.INSTALLED else project.ROOT  # an installed labkit is found without
    path = os.pathsep.join(filter(None, [own, os.environ.get("PYTHONPATH")]))
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {**kept, "AWS_EC2_METADATA_DISABLED": "true", "PYTHONPATH": path}


def is_served(home: Home) -> bool:
    """Whether a process holds the server lock of the home."""
    return not freed(home, 0)


def freed(home: Home, within: float) -> bool:
    """Whether nobody holds the server lock any more, at the latest after so many seconds."""
    from filelock import FileLock, Timeout

    try:
        with FileLock(home.server_lock, mode=0o600).acquire(timeout=within, poll_interval=0.01):
            return True
    except Timeout:
        return False


def holder(home: Home) -> Process | None:
    """The process that holds the server lock, if it is the one that the runtime file names."""
    import psutil

    runtime = read_runtime(home)
    if runtime is None or not is_served(home):
        return None
    try:
        process = psutil.Process(runtime.pid)
        opened = {file.path for file in process.open_files()}
    except psutil.Error:
        return None
    return process if str(home.server_lock.resolve()) in opened else None


def end(home: Home) -> None:
    """End the process of a home by its id, with what it has started: asked at first, forced after a grace period.

    Raises `EmbeddedError` where it cannot be told which process it is, or it cannot be ended.
    """
    import psutil

    process = holder(home)
    if process is None:
        raise EmbeddedError(f"A process that cannot be told holds {home.server_lock}. End it, and try again.")
    family = process.children(recursive=True)
    for signal, seconds in ((process.terminate, _GRACE), (process.kill, _GONE_WITHIN)):
        with suppress(psutil.NoSuchProcess):
            signal()
        if freed(home, seconds):
            break
    else:
        raise EmbeddedError(f"The embedded AWS (process {process.pid}) does not end; end it by its id.")
    for child in family:
        with suppress(psutil.Error):
            child.kill()
    psutil.wait_procs([process, *family], timeout=_GONE_WITHIN)
    home.runtime.unlink(missing_ok=True)
