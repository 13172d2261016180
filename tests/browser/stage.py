"""The stage: a copy of the project, on which ``labkit lab`` runs as a learner starts it.

``labkit lab`` serves the folder that it stands in, and a learner's notebooks are saved by themselves. So the tests play
on a copy, and the checkout is left as it was. The copy has no ``.venv``; the Python of the tests has all that it needs.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from labkit.ground.processes import end

ROOT = Path(__file__).resolve().parents[2]
_PARTS = ("labkit", "notebooks", "lambda_image", "README.md")
_NOT_COPIED = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
_SECONDS_TO_STOP = 30


@dataclass(frozen=True)
class Stage:
    """A running ``labkit lab``: its copy of the project, its environment, and the address that it has printed."""

    root: Path
    environment: Mapping[str, str]
    url: str
    seconds: float  # from the command to the printed address

    @property
    def notebooks(self) -> Path:
        """The folder of the notebooks that are served."""
        return self.root / "notebooks"

    def labkit(self, *arguments: str) -> str:
        """What a command of the lab prints in a terminal beside JupyterLab."""
        command = [sys.executable, "-m", "labkit", *arguments]
        answer = subprocess.run(
            command, cwd=self.root, env=self.environment, capture_output=True, text=True, check=True
        )
        return answer.stdout

    def status(self) -> dict[str, Any]:
        """``labkit status --json``."""
        answer: dict[str, Any] = json.loads(self.labkit("status", "--json"))
        return answer

    def kill_aws(self) -> None:
        """End the embedded AWS as a crash would, and wait until it is gone."""
        process = psutil.Process(self.status()["pid"])
        process.kill()
        process.wait()


@contextmanager
def playing(folder: Path) -> Iterator[Stage]:
    """Copy the project into ``folder`` and run its lab there while the body runs."""
    root = folder / "project"
    root.mkdir(parents=True)
    for part in _PARTS:
        _copy(ROOT / part, root / part)
    with running(root, folder / "lab", sys.executable, {"LABKIT_NO_VENV": "1"}) as stage:
        yield stage


@contextmanager
def running(root: Path, home: Path, python: str, more: Mapping[str, str]) -> Iterator[Stage]:
    """``labkit lab`` of the project in ``root`` by this ``python``, with ``more`` environment variables."""
    environment = {**os.environ, "LABKIT_HOME": str(home), "PYTHONPATH": str(root), **more}
    began = time.monotonic()
    with (root / "stderr.txt").open("w+") as log:
        process = subprocess.Popen(
            [python, "-m", "labkit", "lab", "--no-browser"],
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
        )
        assert process.stdout is not None
        with process.stdout:
            try:
                url = _printed_url(process.stdout)
                if not url:
                    log.seek(0)
                    raise AssertionError(f"labkit lab has opened nothing: {log.read()}")
                yield Stage(root, environment, url, time.monotonic() - began)
            finally:
                end(process, _SECONDS_TO_STOP)


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=_NOT_COPIED)
    else:
        shutil.copy(source, target)


def _printed_url(output: Iterable[str]) -> str:
    """The address among the lines of ``labkit lab``; empty when it ended before it printed one."""
    words = (line.strip() for line in output)
    return next((word for word in words if word.startswith("http://")), "")
