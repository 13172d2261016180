"""Whether a Docker engine answers, and what it is.

The SDK looks where ``DOCKER_HOST`` says, else at the usual socket. An engine that hangs would keep it for a minute, one
that answers a byte a second for ever; so somebody else waits for it, and after three seconds nobody does.
"""

from __future__ import annotations

import os
import queue
import threading
from dataclasses import dataclass, field
from typing import Any

from labkit.errors import LabError

SECONDS = 3.0
"""How long an engine may take to say what it is."""

HOME_LABEL = "labkit.home"
"""The label of every container that the lab starts; its value is the lab home. Others are never touched."""

_WORK_SECONDS = 600
_USUAL = "unix:///var/run/docker.sock"
_ADVICE = "Start one (DOCKER_HOST says where), or take the embedded way: --engine embedded, in notebook 00 Engine."

# What the SDK's errors contain, and what it means.
_REASONS = {
    "No such file or directory": "there is none",
    "Permission denied": "this user may not talk to it",
    "Connection refused": "nothing listens there",
    "timed out": f"it did not answer within {SECONDS:.0f} seconds",
}


class NoEngine(LabError):  # noqa: N818 - said as it is
    """No Docker engine answers; ``reason`` is the same without advice, to go on in a sentence."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"No Docker engine answers at {reason}. {_ADVICE}")
        self.reason = f"no Docker engine answers at {reason}"


@dataclass(frozen=True)
class Daemon:
    """A Docker engine that answers: its SDK ``client``, its version, and its architecture (amd64 or arm64)."""

    client: Any = field(repr=False)
    version: str
    architecture: str

    @property
    def title(self) -> str:
        """What it is, such as ``Docker Engine 28.2.2 (linux/amd64)``."""
        return f"Docker Engine {self.version} (linux/{self.architecture})"


def find(seconds: float = SECONDS) -> Daemon:
    """The engine of this machine, after at most so many seconds. Raises NoEngine."""
    answers: queue.SimpleQueue[Daemon | NoEngine] = queue.SimpleQueue()
    threading.Thread(target=_ask, args=(seconds, answers), daemon=True, name="docker-engine").start()
    try:
        answer = answers.get(timeout=seconds)
    except queue.Empty:
        answer = NoEngine(_because("timed out"))
    if isinstance(answer, NoEngine):
        raise answer
    return answer


def _ask(seconds: float, answers: queue.SimpleQueue[Daemon | NoEngine]) -> None:
    import docker  # costs more than all the rest, so only where an engine is asked for

    try:
        client = docker.from_env(timeout=seconds)
        facts = client.version()
        client.api.timeout = _WORK_SECONDS  # asking is quick, building is not
    except Exception as error:  # the SDK also lets errors of requests and of its configuration through
        answers.put(NoEngine(_because(str(error))))
        return
    if facts["Os"] != "linux":
        answers.put(NoEngine(_because(f"it runs {facts['Os']} containers, and Lambda's are Linux")))
        return
    answers.put(Daemon(client, facts["Version"], facts["Arch"]))


def _because(said: str) -> str:
    reason = next((sentence for text, sentence in _REASONS.items() if text in said), said.rstrip("."))
    return f"{os.environ.get('DOCKER_HOST') or _USUAL} ({reason})"
