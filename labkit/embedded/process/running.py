"""What runs for a lab home, asked of the process itself: by HTTP with the token of its runtime file, or in-process.

A file that was left behind, or another program on the port, does not count. A process that is there and does not answer
is reported in a sentence.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labkit.embedded.process import child, here
from labkit.embedded.state.runtime import Runtime, read_runtime
from labkit.errors import EmbeddedError, UsageError
from labkit.ground.home import Home

_ANSWER_WITHIN = 10.0  # seconds for a control request


class _StrangerError(EmbeddedError):
    """What answers is not the embedded AWS."""


class ElsewhereError(EmbeddedError):
    """The embedded AWS of the home runs within another process, for that process alone; ``pid`` is its id."""

    def __init__(self, home: Home, pid: int) -> None:
        super().__init__(
            f"The embedded AWS of {home.root} runs within process {pid}, for that process alone. End that process (a "
            "notebook's kernel, say), or choose another lab home."
        )
        self.pid = pid


NO_ANSWER = (OSError, http.client.HTTPException, ValueError, TypeError, KeyError, _StrangerError)
"""What shows that nothing of use answers."""
_REFUSALS = {http.client.BAD_REQUEST: UsageError, http.client.SERVICE_UNAVAILABLE: EmbeddedError}


@dataclass(frozen=True)
class Running:
    """A running embedded AWS. ``accounts`` maps profiles to account numbers; ``started``: by this very call.

    ``details`` has what else the process says of itself (`labkit.embedded.http.control`). ``run_as`` is one of
    `labkit.embedded.process.here.KINDS`: a process of its own (``pid``), or in-process.
    """

    home: Path
    endpoint: str
    pid: int
    accounts: Mapping[str, str]
    organization: str
    region: str
    versions: Mapping[str, Any]
    details: Mapping[str, Any] = field(default_factory=dict)
    run_as: str = here.OWN_PROCESS
    started: bool = False

    @property
    def where(self) -> str:
        """Where it is, to go on in a sentence."""
        return (
            "the embedded AWS in this process"
            if self.run_as == here.IN_PROCESS
            else f"the embedded AWS at {self.endpoint}"
        )

    @property
    def registry(self) -> str:
        """What stands in front of an image's ECR name for container clients, such as ``127.0.0.1:43121``."""
        return self.endpoint.partition("://")[2]


def find(home: Home) -> Running | None:
    """The embedded AWS of a home, or None where it does not run. Raises `EmbeddedError` where it is of no use."""
    if here.served(home):
        return read(home, ask(home, "GET", "/_labkit/status"))
    runtime = read_runtime(home)
    if runtime is None:
        return None
    if runtime.in_process:
        _check_elsewhere(home, runtime)
        return None
    try:
        return read(home, ask(home, "GET", "/_labkit/status"))
    except NO_ANSWER:
        hung = child.holder(home)
    if hung is not None:
        raise EmbeddedError(
            f"The embedded AWS of {home.root} (process {hung.pid}) does not answer. Run 'labkit down' to end it; what "
            "was made in it is kept."
        )
    return None


def _check_elsewhere(home: Home, runtime: Runtime) -> None:
    """Raises `ElsewhereError` where another process serves the home for itself."""
    if child.is_served(home):
        raise ElsewhereError(home, runtime.pid)


def read(home: Home, answer: Mapping[str, Any]) -> Running:
    """What a control request has answered, as what runs."""
    names = ("endpoint", "pid", "accounts", "organization", "region", "versions")
    details = {name: value for name, value in answer.items() if name not in names}
    kind = here.IN_PROCESS if here.served(home) else here.OWN_PROCESS
    return Running(home.root, **{name: answer[name] for name in names}, details=details, run_as=kind)


def ask(home: Home, method: str, path: str, content: Any = None, within: float | None = None) -> dict[str, Any]:
    """Send a control request; what was answered. Raises what the process refuses it with, or one of `NO_ANSWER`.

    ``within``: seconds, where it may take longer than others.
    """
    served = here.served(home)
    if served:
        status, body = here.request(served, method, path, content)
    else:
        status, body = _over_http(home, method, path, content, within or _ANSWER_WITHIN)
    answer = json.loads(body)
    if status in _REFUSALS:
        raise _REFUSALS[status](answer["error"])
    if status != http.client.OK:
        raise _StrangerError(f"What answers is not the embedded AWS of the lab home {home.root}.")
    return dict(answer)


def _over_http(home: Home, method: str, path: str, content: Any, within: float) -> tuple[int, bytes]:
    runtime = read_runtime(home)
    if runtime is None:
        raise EmbeddedError(f"The embedded AWS of {home.root} has just stopped. Try again.")
    connection = http.client.HTTPConnection("127.0.0.1", runtime.port, timeout=within)
    try:
        body = None if content is None else json.dumps(content)
        connection.request(method, path, body, {"Authorization": f"Bearer {runtime.token}"})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()
