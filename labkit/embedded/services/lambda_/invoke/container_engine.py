"""The container engine of this machine, where one answers that can run functions.

It is asked for when the first function is invoked that needs it, never while the lab starts, and an engine that hangs
costs three seconds (`labkit.docker.daemon.TimeBudget`). A handler in a container must reach the Runtime API and the
embedded AWS, and both listen on the loopback of this machine only; so the container shares the machine's network, and
an engine that runs somewhere else (Docker Desktop's virtual machine, another host, rootless in a network of its own)
cannot be used. Functions then run with the lab's own Python.
"""

from __future__ import annotations

import logging
import platform
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from labkit.docker.daemon import Daemon, NoEngine, TimeBudget, find

_LOG = logging.getLogger(__name__)

_WORK_WITHIN = 60  # seconds for one request, once it has answered
_ASK_AGAIN = 30.0  # seconds after which an engine that did not answer is asked for again


@dataclass(frozen=True)
class ContainerEngine:
    """An engine that answers: its client (``docker.APIClient``), its name, and its architecture as Docker says it."""

    client: Any
    name: str
    architecture: str


class EngineFinder:
    """Finds the engine and remembers the answer.

    ``find`` finds an engine as `labkit.docker.daemon.find` does, ``now`` is a clock in seconds.
    """

    def __init__(
        self,
        find: Callable[[TimeBudget], Daemon] = find,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._find = find
        self._now = now
        self._lock = threading.Lock()
        self._engine: ContainerEngine | None = None
        self._asked: float | None = None

    def find(self) -> ContainerEngine | None:
        """Return the engine, or None where none answers that can run functions; the log then says why."""
        with self._lock:
            if self._engine is None and (self._asked is None or self._now() - self._asked >= _ASK_AGAIN):
                self._engine = self._look()
                self._asked = self._now()
            return self._engine

    def forget(self) -> None:
        """Forget an engine that has failed; it is asked for again after a while."""
        with self._lock:
            self._engine, self._asked = None, self._now()

    def _look(self) -> ContainerEngine | None:
        budget = TimeBudget()
        try:
            daemon = self._find(budget)
            client = daemon.client.api
            reason = unreachable(budget(client.info))
        except NoEngine as error:
            reason = error.reason
        except Exception as error:  # the SDK lets errors of requests and of the system through
            reason = f"the engine fails: {error}"
        if reason:
            _LOG.warning("functions are not run in containers: %s", reason)
            return None
        client.timeout = _WORK_WITHIN
        return ContainerEngine(client, f"Docker {daemon.version}", daemon.architecture)


def unreachable(info: Mapping[str, Any], host: str = "", system: str = sys.platform) -> str:
    """Return why a container of this engine could not reach the loopback of this machine; empty where it can.

    ``info`` is what the engine says about itself, ``host`` this machine's name.
    """
    elsewhere = info.get("OperatingSystem") == "Docker Desktop" or info.get("Name") != (host or platform.node())
    if system != "linux" or elsewhere:
        return f"the engine runs on another machine ({info.get('Name')}), whose network is not this one's"
    if any("rootless" in option for option in info.get("SecurityOptions") or []):
        return "the engine is rootless and has a network of its own"
    return ""
