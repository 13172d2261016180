"""A newer Docker engine with buildx, where the machine's own is older or has none: out of Debian's packages.

They are unpacked into a folder for caches, once, and never installed. That happens only where ``LABKIT_FETCH`` names
``buildx``, as in CI: it is a download of 36 MB. Where they cannot be had, the tests that need them are skipped, and say
so.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import filelock

from .emulator import CACHE

OLDEST = 24
"""The first version of the engine that can keep images in containerd's store."""

_SUITE = "trixie"
_PACKAGES = ("docker.io", "docker-buildx")
_PLUGIN = "usr/libexec/docker/cli-plugins/docker-buildx"
_SOURCE = re.compile(r"'(\S+/debian/?)dists/\S+'")  # of Debian itself, not of its security team or of others
_KEYS = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


@dataclass(frozen=True)
class Newer:
    """The engine's program, and the folder of docker's plugins that has buildx; None where docker finds it itself."""

    dockerd: str
    plugins: Path | None


def newer() -> Newer | str:
    """The machine's own, where it is new enough, else Debian's; or why there is none."""
    own = shutil.which("dockerd")
    if own and _version_of(own) >= OLDEST and _succeeds("docker", "buildx", "version"):
        return Newer(own, None)
    folder = CACHE / f"docker-{_SUITE}"
    if not folder.exists():
        if "buildx" not in os.environ.get("LABKIT_FETCH", "").split(","):
            return f"needs Docker Engine {OLDEST} or newer with buildx"
        if why := _fetch(folder):
            return why
    program = str(folder / "usr/sbin/dockerd")
    if _version_of(program) < OLDEST:
        return "needs a machine on which Debian's Docker Engine runs"
    return Newer(program, folder / Path(_PLUGIN).parent)


def _version_of(program: str) -> int:
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    except OSError:
        return 0
    found = re.search(r"version (\d+)\.", said)
    return int(found[1]) if found else 0


def _succeeds(*command: str) -> bool:
    return shutil.which(command[0]) is not None and not subprocess.run(command, capture_output=True).returncode


def _fetch(folder: Path) -> str:
    """Unpack the packages, from where the machine's own packages come from; returns why they cannot be had."""
    if not shutil.which("apt-get"):
        return "needs Debian's apt-get"
    CACHE.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(CACHE / "docker.lock"):
        if folder.exists():
            return ""
        place = folder.with_suffix(".new")
        shutil.rmtree(place, ignore_errors=True)
        (place / "lists").mkdir(parents=True)
        (place / "archives").mkdir()
        settings = {**os.environ, "APT_CONFIG": str(_apt(place))}
        for command in (["update", "-qq"], ["download", "-qq", *_PACKAGES]):
            got = _run(["apt-get", *command], place / "archives", settings)
            if got.returncode:
                return f"cannot be had from Debian's packages: {got.stderr.strip()[-200:]}"
        for package in (place / "archives").glob("*.deb"):
            _run(["dpkg-deb", "--extract", package.name, str(place)], place / "archives", settings)
        shutil.rmtree(place / "archives")
        shutil.rmtree(place / "lists")
        place.rename(folder)
    return ""


def _run(command: list[str], folder: Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def _apt(place: Path) -> Path:
    """Settings of apt with which it reads the other suite's list, and writes only below ``place``."""
    asked = subprocess.run(["apt-get", "update", "--print-uris"], capture_output=True, text=True, check=False).stdout
    sources = _SOURCE.findall(asked)
    keys = f" [signed-by={_KEYS}]" if _KEYS.exists() else ""
    (place / "sources.list").write_text(f"deb{keys} {sources[0] if sources else ''} {_SUITE} main\n")
    settings = {
        "Dir::Etc::sourcelist": place / "sources.list",
        "Dir::Etc::sourceparts": "-",
        "Dir::State::lists": place / "lists",
        "Dir::Cache": place / "archives",
        "APT::Sandbox::User": "root",
        "Acquire::Retries": "3",
    }
    path = place / "apt.conf"
    path.write_text("".join(f'{name} "{value}";\n' for name, value in settings.items()))
    return path
