"""A Docker engine for the tests alone, with a bridge of its own: other engines of the machine are not touched.

require       skips a test whose program is not here, or fails it where ``LABKIT_REQUIRE`` names it
own_engine    one such engine for all tests of a process that ask for it
"""

from __future__ import annotations

import fcntl
import http.client
import json
import os
import shutil
import socket
import struct
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from filelock import FileLock

Require = Callable[..., None]

_ADD_BRIDGE, _REMOVE_BRIDGE, _SET_FLAGS = 0x89A0, 0x89A1, 0x8914
_PATIENCE = 30.0  # seconds until the engine answers
_STARTING = Path("/run/labkit-engine.lock")
"""One place for the whole machine, since two engines that start at once would choose one network."""


@pytest.fixture(scope="session")
def require() -> Require:
    """``require("skopeo", shutil.which("skopeo"))``: go on only if the program is here."""

    def check(name: str, here: bool | str | None, why: str = "is not installed") -> None:
        if here:
            return
        if is_required(name):
            pytest.fail(f"{name} {why}, and LABKIT_REQUIRE names it", pytrace=False)
        pytest.skip(f"{name} {why}")

    return check


def is_required(name: str) -> bool:
    """Whether ``LABKIT_REQUIRE`` (a list such as ``skopeo,docker``, set in CI) names it."""
    return name in os.environ.get("LABKIT_REQUIRE", "").split(",")


@pytest.fixture(scope="session")
def own_engine(require: Require) -> Iterator[str]:
    """The ``DOCKER_HOST`` of an engine of the tests' own, from what is installed."""
    why = reason_against()
    require("docker", not why, why)
    with in_short_folder() as folder, running(folder) as host:
        yield host


@contextmanager
def in_short_folder() -> Iterator[Path]:
    """A folder with a short name, since sockets are made in it; gone at the end."""
    folder = Path(tempfile.mkdtemp(prefix="lkt-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def reason_against() -> str:
    """Why no engine can be started here, or nothing."""
    missing = [name for name in ("dockerd", "docker") if not shutil.which(name)]
    if missing:
        return f"needs {' and '.join(missing)}"
    if os.geteuid() != 0:
        return "needs root for an engine of the tests' own"
    try:
        with _bridge(f"lkp{os.getpid()}"):
            return ""
    except OSError as error:
        return f"needs the right to make a network for an engine of the tests' own ({error})"


@contextmanager
def running(folder: Path, program: str = "dockerd", *, containerd: bool = False) -> Iterator[str]:
    """An engine below ``folder`` from here to the end; yields its ``DOCKER_HOST``.

    ``containerd`` says where it keeps images: in containerd's store, or in Docker's classic one.
    """
    bridge = f"lkt{os.getpid()}{'c' if containerd else ''}"
    settings = folder / "daemon.json"
    settings.write_text(json.dumps({"features": {"containerd-snapshotter": containerd}}))
    command = [program, "--data-root", f"{folder}/data", "--exec-root", f"{folder}/run", "--pidfile", f"{folder}/pid"]
    command += ["--host", f"unix://{folder}/docker.sock", "--config-file", str(settings)]
    command += ["--bridge", bridge, "--iptables=false", "--log-level=warn"]
    with _bridge(bridge), (folder / "log").open("wb") as log:
        with FileLock(_STARTING):
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            try:
                _wait(folder, process)
            except BaseException:
                _end(folder, process)
                raise
        try:
            yield f"unix://{folder}/docker.sock"
        finally:
            _end(folder, process)


def _end(folder: Path, process: subprocess.Popen[bytes]) -> None:
    """End the engine, and take away what it leaves mounted, or the folder could not be removed."""
    process.terminate()
    process.wait(60)
    mounted = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    for place in reversed(mounted):
        if place.startswith(f"{folder}/"):
            subprocess.run(["umount", place], check=True)


def _wait(folder: Path, process: subprocess.Popen[bytes]) -> None:
    latest = time.monotonic() + _PATIENCE
    while process.poll() is None and time.monotonic() < latest:
        with suppress(OSError), socket.socket(socket.AF_UNIX) as client:
            client.connect(f"{folder}/docker.sock")
            client.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
            response = http.client.HTTPResponse(client)
            response.begin()
            if response.status == http.client.OK:
                return
        time.sleep(0.02)
    raise RuntimeError(f"The Docker engine did not start: {(folder / 'log').read_text()[-2000:]}")


@contextmanager
def _bridge(name: str) -> Iterator[None]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, _ADD_BRIDGE, name.encode() + b"\0")
        try:
            yield
        finally:
            fcntl.ioctl(control, _SET_FLAGS, struct.pack("16sh", name.encode(), 0))  # one that is up stays
            fcntl.ioctl(control, _REMOVE_BRIDGE, name.encode() + b"\0")
