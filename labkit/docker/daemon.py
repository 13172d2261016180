"""Whether a Docker engine answers, and what it is.

The SDK looks where ``DOCKER_HOST`` says, else at the usual socket. An engine that hangs would keep it for a minute, one
that answers a byte a second for ever; so somebody else waits for it, and after three seconds nobody does. That is one
time budget for all that an engine is asked before it is used, by whomever: an engine that says what it is and then
hangs is found to hang like any other. The SDK is imported only where somebody is there, since that costs more than all
the rest; a busy machine takes seconds for it, which are not counted against the engine.
"""

from __future__ import annotations

import os
import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NoReturn, TypeVar
from urllib.parse import urlsplit

from labkit.errors import LabError

T = TypeVar("T")

SECONDS = 3.0
"""How long an engine may take for its answers, all together, before it is used."""

HOME_LABEL = "labkit.home"
"""The label of every container that the lab starts; its value is the lab home. Others are never touched."""

_WORK_SECONDS = 600
_USUAL = "unix:///var/run/docker.sock"
_ADVICE = "Start one (DOCKER_HOST says where), or take the embedded way: --engine embedded, in notebook 00 Engine."

_REASONS: dict[type[OSError], str] = {
    FileNotFoundError: "there is none",
    PermissionError: "this user may not talk to it",
    ConnectionRefusedError: "nothing listens there",
}


class NoEngine(LabError):  # noqa: N818 - said as it is
    """No Docker engine answers; ``reason`` is the same without advice, to go on in a sentence."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"No Docker engine answers at {reason}. {_ADVICE}")
        self.reason = f"no Docker engine answers at {reason}"


class TimeBudget:
    """How long an engine is waited for: so many seconds, by default `SECONDS`, for all that it is asked together."""

    def __init__(self, seconds: float | None = None) -> None:
        self._all = self.left = SECONDS if seconds is None else seconds

    def __call__(self, ask: Callable[[], T]) -> T:
        """What somebody else gets answered, who may be kept for longer.

        Raises what ``ask`` raises, and NoEngine when no time is left.
        """
        done: queue.SimpleQueue[Callable[[], T]] = queue.SimpleQueue()
        began = time.monotonic()
        threading.Thread(target=_answer, args=(ask, done), daemon=True, name="docker-engine").start()
        try:
            answer = done.get(timeout=self.left)
        except queue.Empty:
            raise _none(_too_late(self._all)) from None
        finally:
            self.left = max(0.0, self.left - (time.monotonic() - began))
        return answer()


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

    @contextmanager
    def impatient(self, seconds: float) -> Iterator[None]:
        """Within, the client waits for an answer only so long."""
        before, self.client.api.timeout = self.client.api.timeout, seconds
        try:
            yield
        finally:
            self.client.api.timeout = before


def repository_and_tag(name: str) -> tuple[str, str]:
    """A name as an engine takes it apart; without a tag it means ``latest``. A registry's port is no tag."""
    before, _, tag = name.rpartition(":") if ":" in name.rpartition("/")[2] else (name, "", "latest")
    return before, tag


def address() -> str:
    """Where the engine is looked for."""
    return os.environ.get("DOCKER_HOST") or _USUAL


def find(budget: TimeBudget | None = None) -> Daemon:
    """The engine of this machine, asked within the usual time budget or within this one. Raises NoEngine."""
    budget = budget or TimeBudget()
    try:
        budget(_knock)
        _load_sdk()
        return budget(_introduced)
    except NoEngine:
        raise
    except Exception as error:  # the SDK also lets errors of requests and of its configuration through
        raise _none(_said_of(error)) from None


def _answer(ask: Callable[[], T], done: queue.SimpleQueue[Callable[[], T]]) -> None:
    try:
        result = ask()
    except Exception as error:
        done.put(partial(_fail, error))
    else:
        done.put(lambda: result)


def _fail(error: Exception) -> NoReturn:
    raise error


def _load_sdk() -> None:
    """Import the SDK, which on a busy machine takes longer than an engine may take."""
    import docker  # noqa: F401


def _knock() -> None:
    """Raises OSError where nobody is there: sooner, and with a better reason, than the SDK."""
    host = urlsplit(address())
    if host.scheme == "unix" and hasattr(socket, "AF_UNIX"):
        with socket.socket(socket.AF_UNIX) as door:
            door.settimeout(SECONDS)
            door.connect(address().removeprefix("unix://"))
    elif host.scheme == "tcp" and host.hostname and host.port:
        socket.create_connection((host.hostname, host.port), SECONDS).close()


def _introduced() -> Daemon:
    import docker

    client = docker.from_env(timeout=SECONDS)
    facts = client.version()
    client.api.timeout = _WORK_SECONDS  # asking is quick, building is not
    if facts["Os"] != "linux":
        raise _none(f"it runs {facts['Os']} containers, and Lambda's are Linux")
    return Daemon(client, facts["Version"], facts["Arch"])


def _said_of(error: Exception) -> str:
    if isinstance(error, OSError) and type(error) in _REASONS:
        return _REASONS[type(error)]
    return _too_late(SECONDS) if "timed out" in str(error) else str(error).rstrip(".")


def _too_late(seconds: float) -> str:
    return f"it did not answer within {seconds:g} seconds"


def _none(why: str) -> NoEngine:
    return NoEngine(f"{address()} ({why})")
