"""A Docker engine for the tests alone, made from the programs that are installed; one that runs is never touched."""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PATIENCE = 30.0  # seconds until the engine answers
_PIECE = 1 << 16


def reason_against() -> str:
    """Why no engine can be started here, or nothing."""
    missing = [name for name in ("dockerd", "docker", "unshare") if not shutil.which(name)]
    if missing:
        return f"needs {' and '.join(missing)}"
    if os.geteuid() != 0:
        return "needs root for an engine of the tests' own"
    tried = subprocess.run(["unshare", "--net", "--mount", "true"], capture_output=True, check=False)
    return "" if tried.returncode == 0 else "needs the right to make namespaces for an engine of the tests' own"


@contextmanager
def running(folder: Path, port: int) -> Iterator[Path]:
    """An engine below ``folder`` that reaches this loopback's ``port`` as its own; yields its socket."""
    ours, theirs = socket.socketpair()
    start = [sys.executable, str(Path(__file__).with_name("engine_start.py")), str(theirs.fileno()), str(port)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            ["unshare", "--net", "--mount", "--propagation", "private", *start, *command(folder)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=[theirs.fileno()],
        )
    theirs.close()
    try:
        with ours, _relaying(ours, port):
            yield wait(folder, process)
    finally:
        process.terminate()
        process.wait(60)


def command(folder: Path) -> list[str]:
    """What starts an engine below ``folder``. Only in a network namespace of its own: it deletes others' bridges."""
    places = ["--data-root", f"{folder}/data", "--exec-root", f"{folder}/run", "--pidfile", f"{folder}/pid"]
    return [
        "dockerd", *places, "--host", f"unix://{folder}/docker.sock",
        "--bridge=none", "--iptables=false", "--log-level=warn",
    ]  # fmt: skip


def wait(folder: Path, process: subprocess.Popen[bytes]) -> Path:
    """Wait until the engine answers; returns its socket."""
    address = folder / "docker.sock"
    latest = time.monotonic() + _PATIENCE
    while process.poll() is None and time.monotonic() < latest:
        with suppress(OSError), socket.socket(socket.AF_UNIX) as client:
            client.connect(str(address))
            client.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
            response = http.client.HTTPResponse(client)
            response.begin()
            return address
        time.sleep(0.02)
    raise RuntimeError(f"The Docker engine did not start: {(folder / 'log').read_text()[-2000:]}")


@contextmanager
def _relaying(handed: socket.socket, port: int) -> Iterator[None]:
    """Connect whoever comes to the listening socket that is handed over with ``port`` on this side."""
    handed.settimeout(_PATIENCE)
    _, descriptors, _, _ = socket.recv_fds(handed, 100, 1)
    if not descriptors:
        raise RuntimeError("The Docker engine's namespace could not be made.")
    listener = socket.socket(fileno=descriptors[0])

    def accept() -> None:
        with suppress(OSError):  # the listener has been shut down
            while True:
                threading.Thread(target=_relay, args=(listener.accept()[0], port), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
        listener.close()


def _relay(inner: socket.socket, port: int) -> None:
    with inner, socket.create_connection(("127.0.0.1", port)) as outer:
        answers = threading.Thread(target=_copy, args=(outer, inner), daemon=True)
        answers.start()
        _copy(inner, outer)
        answers.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(_PIECE):
            target.sendall(piece)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
