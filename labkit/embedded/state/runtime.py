"""How the running process is found: by the lab in the runtime file, by AWS clients in profiles that point at it.

Whoever serves a home holds its server lock as long as it does, so that two never do; the system lets go of it with the
process, however that ends. The runtime file holds the token for control requests, so only its owner can read it. The
AWS config and credentials files lead boto3, the aws CLI and any other tool to the lab; they are written below the lab
home and nowhere else, and ``AWS_CONFIG_FILE`` and ``AWS_SHARED_CREDENTIALS_FILE`` lead clients there. Secrets stand in
``credentials`` only (mode 0600).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from labkit.errors import EmbeddedError
from labkit.ground.files import write_atomically
from labkit.ground.home import Home

READY = "ready"
"""What the process says to who started it when it can be reached."""

_LOCK_PATIENCE = 2.0  # seconds, in which a process that is just ending lets go
_HEADER = "# Written by labkit for the embedded AWS of this lab home; rewritten whenever it starts.\n"
# Nothing is lost on the way to this machine: who does not answer twice has gone. By default boto3 asks for 10 seconds.
_RETRIES = "retry_mode = standard\nmax_attempts = 2\n"


@dataclass(frozen=True)
class Runtime:
    """The process, its port on the loopback, and the token for control requests.

    ``in_process``: it answers the program that runs in that process, and nobody else; there is no port and no token.
    """

    pid: int
    port: int
    token: str = field(repr=False)
    in_process: bool = False

    @property
    def endpoint(self) -> str:
        """The URL at which the embedded AWS answers."""
        return f"http://127.0.0.1:{self.port}"


def write_runtime(home: Home, runtime: Runtime) -> None:
    """Write the runtime file, and remember the port for the next start."""
    write_atomically(home.runtime, json.dumps(asdict(runtime)).encode())
    if not runtime.in_process:
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


@contextmanager
def only_one(home: Home) -> Iterator[None]:
    """Hold the server lock of a home. Raises `EmbeddedError` that says who holds it."""
    if sys.platform == "emscripten":  # one process, and no other can see its files
        yield
        return
    from filelock import FileLock, Timeout

    lock = FileLock(home.server_lock, mode=0o600)
    try:
        lock.acquire(timeout=_LOCK_PATIENCE, poll_interval=0.01)
    except Timeout:
        raise EmbeddedError(f"The lab home {home.root} is already served{_where(home)}.") from None
    try:
        yield
    finally:
        lock.release()


def _where(home: Home) -> str:
    runtime = read_runtime(home)
    if runtime is None:
        return ". Use that one, or stop it first"
    if runtime.in_process:
        return f" within process {runtime.pid}, for that process alone. End it, or choose another lab home"
    return f" at {runtime.endpoint}. Use that one, or stop it first"


def write_profiles(directory: Path, endpoint: str, region: str, keys: Mapping[str, tuple[str, str]]) -> None:
    """Write ``config`` and ``credentials``; ``keys`` maps a profile to its access key's id and secret."""
    config = [f"[profile {name}]\nregion = {region}\nendpoint_url = {endpoint}\n{_RETRIES}" for name in keys]
    credentials = [
        f"[{name}]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n"
        for name, (key, secret) in keys.items()
    ]
    write_atomically(directory / "config", _document(config), 0o644)
    write_atomically(directory / "credentials", _document(credentials), 0o600)


def _document(sections: list[str]) -> bytes:
    return "\n".join([_HEADER, *sections]).encode()
