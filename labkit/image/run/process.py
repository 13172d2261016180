"""A function's operating system process: started with its Runtime API, ended with everything that it started.

It is confined where the system can do that (:mod:`labkit.image.run.confinement`). What it has started ends with it: its
process group by a signal; what has left the group is found by :mod:`labkit.image.run.orphans`.
"""

from __future__ import annotations

import contextlib
import errno
import importlib.util
import os
import signal
import subprocess
import sys
import tempfile
import threading
from functools import cache, partial
from pathlib import Path

from labkit.errors import LabError
from labkit.ground.files import discard
from labkit.image.run import orphans
from labkit.image.run.confinement import Confinement
from labkit.image.run.function import Fault, RunnableFunction
from labkit.image.run.runtime_api import ProcessEvent, ProcessEventKind, RuntimeApi

_BOOTSTRAP = Path(__file__).parent / "lambda_runtime" / "bootstrap.py"
_LOG_LIMIT = 1 << 20


class FunctionProcess:
    """One started process. Standard output and standard error go to a file, not a pipe.

    With a file, all that the handler wrote before it answered is there when the answer is, without a reader thread to
    wait for, and a handler that writes without end never blocks. Raises
    :class:`~labkit.image.run.function.Fault` when the image names nothing that can be started.
    """

    def __init__(self, function: RunnableFunction) -> None:
        function.check_architecture()
        handler, directory = function.handler(), function.directory()
        self.api = RuntimeApi()
        self.scratch = Path(tempfile.mkdtemp(prefix="labkit-"))
        self._log = self.scratch / ".lambda.log"
        self._read = 0
        environment = function.process_environment(handler, self.api.address, self.scratch)
        command = [sys.executable, "-S", str(_BOOTSTRAP), handler, _packages(), str(self._log)]
        confinement = Confinement(function.hidden, (function.root, *_interpreter()), (self.scratch,))
        try:
            with self._log.open("ab") as log, orphans.starting() as known:
                self._process = confinement.start(partial(_start, command, environment, directory, log.fileno()))
                known[self._process.pid] = self.api.address
        except BaseException:
            self.api.close()
            discard(self.scratch)
            raise
        self._watcher = threading.Thread(target=self._watch, daemon=True, name=f"function-{self._process.pid}")
        self._watcher.start()

    @property
    def pid(self) -> int:
        """Return the process id."""
        return self._process.pid

    @property
    def is_waiting(self) -> bool:
        """Tell whether the process, READY once, still waits for an event: it may have died since."""
        return self._process.returncode is None and self.api.is_polled

    def output(self) -> bytes:
        """Return what the process has written since the last call, at most the last mebibyte."""
        with self._log.open("rb") as log:
            end = log.seek(0, os.SEEK_END)
            log.seek(max(self._read, end - _LOG_LIMIT))
            self._read = end
            return log.read(_LOG_LIMIT)

    def forget_output(self) -> None:
        """Leave what has been written so far out of what :meth:`output` returns."""
        self._read = self._log.stat().st_size

    def peak_memory(self) -> int | None:
        """Return the most memory used so far in MB, or None where the system does not tell (all but Linux)."""
        return peak_memory(self.pid)

    def kill(self) -> None:
        """End the process and all that it started, at once."""
        if self._process.returncode is None:  # else the number may be another group's by now
            _kill_group(self._process)

    def close(self) -> None:
        """End the process and remove what belonged to it."""
        self.kill()
        self._watcher.join()
        self.api.close()
        discard(self.scratch)

    def _watch(self) -> None:
        code = self._process.wait()
        _kill_group(self._process)  # what it started must not outlive it
        orphans.end(self._process.pid)
        self.api.events.put(ProcessEvent(ProcessEventKind.EXITED, code=code))


def peak_memory(pid: int) -> int | None:
    """Return the most memory that a process has used so far in MB, or None where the system does not tell."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) // 1024
    return None


@cache
def _packages() -> str:
    """The folder that AWS's runtime client is installed in."""
    found = importlib.util.find_spec("awslambdaric")
    if found is None or found.origin is None:
        raise LabError("The package awslambdaric is not installed; labkit lab installs it.")
    return str(Path(found.origin).parent.parent)


@cache
def _interpreter() -> tuple[Path, ...]:
    """Where the lab's Python and what it runs a handler with lie, which may be in the user's home."""
    program = Path(sys.executable).resolve().parent
    return tuple(Path(place) for place in (sys.prefix, sys.base_prefix, program, _BOOTSTRAP.parent, _packages()))


def _start(command: list[str], environment: dict[str, str], directory: Path, log: int) -> subprocess.Popen[bytes]:
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP
    try:
        return subprocess.Popen(
            command,
            env=environment,
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            creationflags=flags,
        )
    except ValueError as error:  # a NUL, or half of a surrogate pair, in a handler's name or a variable
        raise _not_startable(error) from None
    except OSError as error:
        if error.errno == errno.E2BIG:
            raise _not_startable(error.strerror) from None
        raise


def _not_startable(reason: object) -> Fault:
    return Fault("Runtime.InvalidEntrypoint", f"the process cannot be started: {reason}")


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    if sys.platform == "win32":
        process.kill()
    else:
        with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS says so of a group of zombies
            os.killpg(process.pid, signal.SIGKILL)
