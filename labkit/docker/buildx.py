"""``docker buildx build``, which makes provenance: with it an index, without it one image.

Buildx belongs to Docker's command line and not to the engine's API, so it is run as a program: on the engine that the
SDK talks to, with the builder of that engine itself, and with a folder of its own for what it remembers. An engine can
keep an index only where its images are in containerd's store (Docker documentation, "containerd image store" and
"Provenance attestations").
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from labkit.docker import base_images
from labkit.docker.building import written
from labkit.docker.daemon import SECONDS, Daemon, address
from labkit.docker.streams import EngineError, explained
from labkit.errors import LabError
from labkit.image.transfer import LineReport, silent

_FAILED = "docker buildx cannot build the image"
_CONTAINERD = "io.containerd.snapshotter.v1"
_TOLD = re.compile(r"#\d+ (\[\d+/\d+\] .+|exporting (?:attestation )?manifest .+ done)")
_LAST_WORDS = 20  # lines


class NoBuildxError(LabError):
    """Buildx cannot make an index here; the text says why, to go on in a sentence."""


@dataclass(frozen=True)
class Buildx:
    """Buildx on an engine: the ``docker`` program, and the version of its buildx."""

    daemon: Daemon = field(repr=False)
    program: str
    version: str

    @property
    def title(self) -> str:
        """What it is, such as ``docker buildx 0.13.1``."""
        return f"docker buildx {self.version}"

    def build(self, folder: Path, base: str, name: str, *, provenance: bool, progress: LineReport) -> None:
        """Build the Dockerfile of ``folder`` into the engine as ``name``.

        ``base`` is one of ``labkit.image.build.base_image.BASES``; ``progress`` gets a line for each instruction and
        each manifest. Raises DockerfileError, LabError where the base cannot be had, and EngineError with the last
        words of buildx.
        """
        read = base_images.Dockerfile.read(folder / "Dockerfile")
        dockerfile = base_images.ensure(self.daemon, read, base, silent)
        switch = f"--provenance={str(provenance).lower()}"
        with written(dockerfile) as path:
            command = [self.program, "buildx", "build", "--builder", "default", "--progress", "plain", switch]
            command += ["--tag", name, "--file", str(path), str(folder)]
            said: deque[str] = deque(maxlen=_LAST_WORDS)
            with _running(command) as process:
                assert process.stdout is not None  # noqa: S101 - asked for
                for line in filter(None, map(str.strip, process.stdout)):
                    said.append(line)
                    if told := _TOLD.fullmatch(line):
                        progress(told[1])
        if process.returncode:
            last = [f"it ended with exit code {process.returncode}", *said]
            raise EngineError(_FAILED, next((line for line in last if line.startswith("ERROR: ")), last[-1]))


def find(daemon: Daemon) -> Buildx:
    """Buildx on an engine that can keep what it makes. Raises NoBuildxError."""
    program = shutil.which("docker")
    if program is None:
        raise NoBuildxError("there is no docker command")
    version = _version(program)
    with explained("Docker does not say where it keeps images"):
        store = dict(daemon.client.info().get("DriverStatus") or ()).get("driver-type")
    if store != _CONTAINERD:
        raise NoBuildxError("this Docker Engine does not keep images in containerd's store, which indexes need")
    return Buildx(daemon, program, version)


def _version(program: str) -> str:
    """The version of docker's buildx, which says such as ``github.com/docker/buildx v0.13.1 788433953af1``."""
    try:
        asked = subprocess.run(
            [program, "buildx", "version"], capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoBuildxError(f"docker buildx does not answer ({error})") from None
    words = asked.stdout.split()
    if asked.returncode or len(words) < 2:
        raise NoBuildxError("docker has no buildx here")
    return words[1].removeprefix("v")


@contextmanager
def _running(command: list[str]) -> Iterator[subprocess.Popen[str]]:
    """A program whose output is read, ended where reading is interrupted."""
    with tempfile.TemporaryDirectory(prefix="labkit-") as state:
        environment = {**os.environ, "DOCKER_HOST": address(), "BUILDX_CONFIG": state}
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                env=environment,
            )
        except OSError as error:
            raise EngineError(_FAILED, str(error)) from None
        with process:
            try:
                yield process
            except BaseException:
                process.kill()
                raise
