"""The embedded AWS in this very process: no socket, no thread, no child process of its own.

It answers at an address that only this process knows (`labkit.ground.addresses`), through the same gateway and the
same control requests as one that is a process of its own. It holds the home's server lock as that does, so that two
never serve one home, and leaves a runtime file without a port that says whose process it is. It ends with the process,
or when it is stopped.

It is chosen by `wanted`: for a lab home, by the environment variable ``LABKIT_RUN_AS``, and of itself where the
platform has neither processes nor sockets (a browser tab).
"""

from __future__ import annotations

import atexit
import json
import os
import secrets
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labkit.embedded.state.runtime import Runtime, only_one, write_runtime
from labkit.errors import EmbeddedError, UsageError
from labkit.ground import addresses
from labkit.ground.home import Home, read_choices

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded
    from labkit.embedded.state.clock import Clock

OWN_PROCESS, IN_PROCESS = "process", "in-process"
KINDS = (OWN_PROCESS, IN_PROCESS)
"""How the embedded AWS runs: as a process of its own that answers HTTP, or in the process of who uses it."""

VARIABLE = "LABKIT_RUN_AS"


def check_kind(name: str) -> str:
    """Return how to run as it is. Raises UsageError where it is none of `KINDS`."""
    if name not in KINDS:
        raise UsageError(f"The embedded AWS cannot run as {name!r}: choose {' or '.join(KINDS)}.")
    return name


def wanted(home: Home, choice: str | None = None) -> str | None:
    """How the embedded AWS of a home is to run: the choice, else the home's, else the environment's, else the
    platform's; None where all leave it open. Raises UsageError."""
    chosen = choice or read_choices(home).get("run_as") or os.environ.get(VARIABLE)
    if chosen:
        return check_kind(chosen)
    return IN_PROCESS if sys.platform == "emscripten" else None


@dataclass(frozen=True)
class Served:
    """An embedded AWS in this process; ``address`` is where this process reaches it, such as ``127.0.0.1:1``."""

    embedded: Embedded
    address: str
    token: str
    pid: int
    undo: ExitStack


_served: dict[Path, Served] = {}


def served(home: Home) -> Served | None:
    """The embedded AWS of a home where it runs in this process, which is not a fork of the one that started it."""
    found = _served.get(home.root.resolve())
    return found if found and found.pid == os.getpid() else None


def start(home: Home, clock: Clock | None = None) -> Served:
    """Let the embedded AWS of a home come up in this process. Raises what `labkit.embedded.core.Embedded` raises, and
    `EmbeddedError` where somebody serves the home already."""
    from labkit.embedded.core import Embedded
    from labkit.embedded.http.control import Control
    from labkit.embedded.http.gateway import Gateway

    with ExitStack() as undo:
        undo.enter_context(only_one(home))
        address = addresses.free_address()
        embedded = Embedded(home, clock, f"http://{address}")
        undo.callback(embedded.close)
        embedded.begin()
        embedded.tidy()
        token = secrets.token_urlsafe(32)
        addresses.answer_at(address, Gateway(embedded, Control(embedded, token, partial(_asked_to_stop, home))))
        undo.callback(addresses.leave, address)
        write_runtime(home, Runtime(os.getpid(), 0, "", in_process=True))
        undo.callback(home.runtime.unlink, missing_ok=True)
        made = Served(embedded, address, token, os.getpid(), undo.pop_all())
    _served[home.root.resolve()] = made
    _end_with_the_process()
    return made


def stop(home: Home) -> bool:
    """End the embedded AWS of a home in this process; False where there is none."""
    found = served(home)
    if found is None:
        return False
    del _served[home.root.resolve()]
    found.undo.close()
    return True


def _asked_to_stop(home: Home) -> None:
    stop(home)


def request(served: Served, method: str, path: str, content: Any = None) -> tuple[int, bytes]:
    """Send a control request; returns the status and the body of the answer."""
    url, headers = f"http://{served.address}{path}", {"Authorization": f"Bearer {served.token}"}
    application = addresses.application_at(url)
    if application is None:
        raise EmbeddedError("The embedded AWS in this process has just stopped. Try again.")
    body = None if content is None else json.dumps(content).encode()
    answer = addresses.exchange(application, method, url, headers, body)
    return answer.status, answer.body.read()


@cache
def _end_with_the_process() -> None:
    atexit.register(_stop_all)


def _stop_all() -> None:
    for found in [each for each in _served.values() if each.pid == os.getpid()]:
        found.undo.close()
    _served.clear()
