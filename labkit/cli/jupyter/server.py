"""Starting JupyterLab, knowing when it answers, and ending it together with everything that it started."""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from labkit.cli.jupyter.settings import JupyterSettings
from labkit.errors import LabError, UsageError
from labkit.ground.files import discard
from labkit.ground.processes import end

FIRST_PORT = 8888
_PORTS_TO_TRY = 50
_SECONDS_TO_START = 90
_SECONDS_TO_STOP = 10


class JupyterServer:
    """A running JupyterLab; made by `start`."""

    def __init__(self, settings: JupyterSettings, process: subprocess.Popen[bytes], log: Path) -> None:
        self.settings = settings
        self.process = process
        self.log = log

    @property
    def url(self) -> str:
        """The address of the notebook to open, with the token."""
        return f"{self._base}/lab/tree/{quote(self.settings.notebook)}?token={self.settings.token}"

    def wait_until_it_answers(self) -> None:
        """Return when the server answers; raises `LabError` if it ends or stays silent."""
        deadline = time.monotonic() + _SECONDS_TO_START
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise LabError(f"JupyterLab did not start: {_last_line(self.log)} (its log is {self.log})")
            if self._answers():
                return
            time.sleep(0.05)
        raise LabError(f"JupyterLab did not answer within {_SECONDS_TO_START} seconds; its log is {self.log}")

    def wait(self) -> int:
        """Wait until JupyterLab ends by itself (its menu has a Shut Down); its exit code."""
        return self.process.wait()

    def stop(self) -> None:
        """End the server, its kernels and its terminals; a Ctrl-C while it does so makes it rough."""
        end(self.process, _SECONDS_TO_STOP)
        if self.settings.runtime.parent != self.settings.folder:
            discard(self.settings.runtime)

    @property
    def _base(self) -> str:
        return f"http://127.0.0.1:{self.settings.port}"

    def _answers(self) -> bool:
        request = urllib.request.Request(  # noqa: S310 (the address is ours)
            f"{self._base}/api/status", headers={"Authorization": f"token {self.settings.token}"}
        )
        try:
            with _direct.open(request, timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def start(settings: JupyterSettings, environment: Mapping[str, str], log: Path) -> JupyterServer:
    """Write the settings and start JupyterLab with ``environment`` and its output in ``log``; does not wait for it.

    It gets a session of its own: a Ctrl-C in the terminal reaches the lab, which then ends it properly, instead of
    making the server ask whether it is meant.
    """
    settings.write()
    command = [sys.executable, "-m", "jupyterlab"]
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        process = subprocess.Popen(
            command,
            cwd=settings.root,
            env={**environment, **settings.variables()},
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    finally:
        os.close(descriptor)
    return JupyterServer(settings, process, log)


def choose_port(wanted: int | None) -> int:
    """``wanted`` if it is free, else `UsageError`; without a wish, the first free port from 8888 on."""
    if wanted is not None:
        if not 1 <= wanted <= 65535:
            raise UsageError(f"{wanted} is not a port; take one from 1024 to 65535.")
        problem = _problem(wanted)
        if problem:
            raise UsageError(f"port {wanted} {problem}; take another one, or leave --port away to get a free one.")
        return wanted
    for port in range(FIRST_PORT, FIRST_PORT + _PORTS_TO_TRY):
        if not _problem(port):
            return port
    raise LabError(f"no port from {FIRST_PORT} to {port} is free; name one with --port.")


def _problem(port: int) -> str:
    """Why nobody can listen on this port of 127.0.0.1; empty if somebody can."""
    with socket.socket() as probe:
        if os.name != "nt":  # there it would allow taking a port that is in use
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            return "is in use" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
    return ""


def _last_line(log: Path) -> str:
    lines = [line for line in log.read_text("utf-8", "replace").splitlines() if line.strip()]
    return lines[-1].strip() if lines else "it said nothing"
