"""Where the running process is: a file of the lab home that only its owner can read, because it holds the token."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field

from labkit.ground.files import write_atomically
from labkit.ground.home import Home


@dataclass(frozen=True)
class Runtime:
    """The process, its port on the loopback, and the token for control requests."""

    pid: int
    port: int
    token: str = field(repr=False)

    @property
    def endpoint(self) -> str:
        """The URL at which the embedded AWS answers."""
        return f"http://127.0.0.1:{self.port}"


def write_runtime(home: Home, runtime: Runtime) -> None:
    """Write the runtime file, and remember the port for the next start."""
    write_atomically(home.runtime, json.dumps(asdict(runtime)).encode())
    write_atomically(home.port, str(runtime.port).encode())


def read_runtime(home: Home) -> Runtime | None:
    """What the runtime file says; None where there is none, or none that can be read."""
    try:
        return Runtime(**json.loads(home.runtime.read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def last_port(home: Home) -> int | None:
    """The port of the last start, for a restart to take again."""
    try:
        return int(home.port.read_bytes())
    except (OSError, ValueError):
        return None
