"""A Docker engine for the tests alone, with a bridge of its own: other engines of the machine are not touched."""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from labkit.aws.engine.finding import NoEngine, find

_ADD_BRIDGE, _REMOVE_BRIDGE, _SET_FLAGS = 0x89A0, 0x89A1, 0x8914
_PATIENCE = 30.0  # seconds until the engine answers


def reason_against() -> str:
    """Why no engine can be started here, or nothing."""
    missing = [name for name in ("dockerd", "docker") if not shutil.which(name)]
    if missing:
        return f"needs {' and '.join(missing)}"
    if os.geteuid() != 0:
        return "needs an engine that answers, or root for one of the tests' own"
    try:
        with _bridge(f"lkp{os.getpid()}"):
            return ""
    except OSError as error:
        return f"needs the right to make a network for an engine of the tests' own ({error})"


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """An engine below ``folder`` from here to the end; yields its ``DOCKER_HOST``."""
    host, bridge = f"unix://{folder}/docker.sock", f"lkt{os.getpid()}"
    command = ["dockerd", "--data-root", f"{folder}/data", "--exec-root", f"{folder}/run", "--pidfile", f"{folder}/pid"]
    command += ["--host", host, "--bridge", bridge, "--iptables=false", "--log-level=warn"]
    with _bridge(bridge), (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            _wait(host, process, folder / "log")
            yield host
        finally:
            process.terminate()
            process.wait(60)
            _unmount(folder)


def _unmount(folder: Path) -> None:
    """Take away what the engine leaves mounted, or the folder could not be removed."""
    mounted = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    for place in reversed(mounted):
        if place.startswith(f"{folder}/"):
            subprocess.run(["umount", place], check=True)


def _wait(host: str, process: subprocess.Popen[bytes], log: Path) -> None:
    latest = time.monotonic() + _PATIENCE
    before = os.environ.get("DOCKER_HOST")
    os.environ["DOCKER_HOST"] = host
    try:
        while process.poll() is None and time.monotonic() < latest:
            with suppress(NoEngine):
                find()
                return
            time.sleep(0.02)
    finally:
        if before is None:
            del os.environ["DOCKER_HOST"]
        else:
            os.environ["DOCKER_HOST"] = before
    raise RuntimeError(f"The Docker engine did not start: {log.read_text()[-2000:]}")


@contextmanager
def _bridge(name: str) -> Iterator[None]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, _ADD_BRIDGE, name.encode() + b"\0")
        try:
            yield
        finally:
            fcntl.ioctl(control, _SET_FLAGS, struct.pack("16sh", name.encode(), 0))  # one that is up stays
            fcntl.ioctl(control, _REMOVE_BRIDGE, name.encode() + b"\0")
