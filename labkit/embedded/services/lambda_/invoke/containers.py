"""Functions in containers: the image as it was pushed, with its own interpreter, under Lambda's conditions.

A container runs what the image names, with ``AWS_LAMBDA_RUNTIME_API`` set as on Lambda, so that the image's own runtime
client talks to the lab's Runtime API: errors, timeouts, log lines and limits are made by the same code as for a
process, and images without an emulator inside work too. The image comes out of the lab's own blob store
(``docker load``) and not by a pull: what a function runs must not depend on the repository or its policy any more, it
takes no login, and an engine that built the image has it already.

As on Lambda (Lambda Developer Guide, "Create a Lambda function using a container image" and "Lambda quotas"): the file
system is read-only but for ``/tmp``, memory is limited, the image's USER does not count and the user has no
privileges, there is no ``/dev/shm``, and at most 1,024 processes and threads. Not as there: ``/tmp`` counts as memory,
the processor is not rationed, and the handler is process 1, to which its own signals do nothing.

Whatever the lab makes in an engine carries the label ``labkit.home`` and says of which run or which trial it is, or has
a name of its own (`labkit.embedded.services.lambda_.invoke.container_images`). Nothing else is touched.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import threading
import time
from collections.abc import Container, Iterable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

from labkit.docker.daemon import HOME_LABEL, NoEngine
from labkit.docker.trial_marks import TRIAL_LABEL
from labkit.embedded.services.lambda_.invoke.container_engine import ContainerEngine
from labkit.image.run.function import Fault, RunnableFunction
from labkit.image.run.process import peak_memory
from labkit.image.run.runtime_api import ProcessEvent, ProcessEventKind, RuntimeApi

_LOG = logging.getLogger(__name__)

FUNCTION_LABEL, RUN_LABEL = "labkit.function", "labkit.run"
"""Labels of a function's container: the function's ARN, and which run of the embedded AWS made it."""

RUN = uuid4().hex
"""This run of the embedded AWS."""

_SANDBOX_USER = (993, 990)  # Lambda's own, where the lab is root's
_LOG_LIMIT = 1 << 20
_QUIET = 0.02  # seconds without another word, after which a container has said all
_PROCESSES = 1024
_SIGNALLED = frozenset({132, 134, 135, 136, 137, 139, 143})
"""Exit codes with which an engine reports a signal (128 and its number) that ends programs."""

_NOT_EXECUTABLE = re.compile(rb"exec (/\S+): (exec format error)\s*$")
_NOT_STARTED = re.compile(r'exec: "([^"]+)": (?:stat \S+: )?([a-z ]+)')


def leftovers(client: Any, home: Path, run: str, trials: Container[str]) -> list[str]:
    """The containers of a lab home that belong to another run than ``run``, or to one of these trials."""
    found = client.containers(all=True, filters={"label": f"{HOME_LABEL}={home}"})
    labels = {each["Id"]: each["Labels"] for each in found}
    return [each for each, on in labels.items() if on.get(RUN_LABEL, run) != run or on.get(TRIAL_LABEL) in trials]


def user_of_containers() -> tuple[int, int]:
    """Return user and group of the handlers: the lab's own, without privileges; never root's."""
    return (os.getuid(), os.getgid()) if os.getuid() else _SANDBOX_USER


class ContainerProcess:
    """A started container, as :class:`labkit.image.run.runtime.Process` wants it.

    ``image`` is its name in the engine. Raises :class:`Fault` for an entrypoint or a directory that the image does not
    have, and when the engine fails.
    """

    def __init__(self, engine: ContainerEngine, image: str, home: Path, function: RunnableFunction) -> None:
        function.check_architecture()
        function.directory()
        self._client = engine.client
        user, group = user_of_containers()
        self.api = RuntimeApi(user)
        self._output = _Output()
        self._over = threading.Event()
        try:
            self._id = self._create(image, home, function, f"{user}:{group}")
            self._start()
        except BaseException:
            self.api.close()
            raise
        self._watcher = threading.Thread(target=self._watch, daemon=True, name=f"container-{self._id[:12]}")
        self._watcher.start()

    @property
    def pid(self) -> int:
        """Return the process id of the container's first process; 0 when it has ended."""
        return int(self._client.inspect_container(self._id)["State"]["Pid"])

    @property
    def is_waiting(self) -> bool:
        """Tell whether the container, READY once, still waits for an event: it may have died since."""
        return not self._over.is_set() and self.api.is_polled

    def output(self) -> bytes:
        """Return what the container has written since the last call, at most the last mebibyte.

        The engine hands it on with a short delay, so it has to have been quiet for a moment.
        """
        return self._output.taken()

    def forget_output(self) -> None:
        """Leave what has arrived so far out of what :meth:`output` returns."""
        self._output.drop()

    def peak_memory(self) -> int | None:
        """Return the most memory that the container's first process has used so far in MB."""
        with contextlib.suppress(*engine_errors()):
            return peak_memory(self.pid)
        return None

    def kill(self) -> None:
        """End the container at once."""
        with contextlib.suppress(*engine_errors()):
            self._client.kill(self._id)

    def close(self) -> None:
        """End the container and remove it."""
        if remove(self._client, self._id):  # else the engine may never tell the watcher how it ended
            self._watcher.join()
        self.api.close()

    def _create(self, image: str, home: Path, function: RunnableFunction, user: str) -> str:
        entrypoint, command = function.arguments
        with _explained():
            made = self._client.create_container(
                image,
                entrypoint=entrypoint,
                command=command,
                working_dir=function.working_directory or function.config.working_directory or "/",
                environment=function.container_environment(self.api.address),
                user=user,
                labels={HOME_LABEL: str(home), FUNCTION_LABEL: function.arn, RUN_LABEL: RUN},
                host_config=self._client.create_host_config(**conditions(function)),
                use_config_proxy=False,
            )
        return str(made["Id"])

    def _start(self) -> None:
        try:
            with _explained():
                self._output.read(self._client.attach(self._id, stream=True))  # before there is anything to miss
                self._client.start(self._id)
        except BaseException:
            remove(self._client, self._id)
            raise

    def _watch(self) -> None:
        try:
            code = int(self._client.wait(self._id, timeout=None)["StatusCode"])
        except engine_errors():
            code = 137  # it has been removed, or the engine is gone
        self._output.end()
        self._over.set()
        self.api.events.put(_ending(code, self._output.last))


class _Output:
    """What a container writes, as the engine hands it on."""

    def __init__(self) -> None:
        self.last = b""
        self._text = b""
        self._changed = threading.Condition()
        self._reader: threading.Thread | None = None
        self._heard = 0.0

    def read(self, stream: Iterable[bytes]) -> None:
        """Start to read."""
        self._reader = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self._reader.start()

    def end(self) -> None:
        """Wait until all has been read of a container that has ended."""
        if self._reader:
            self._reader.join()

    def taken(self) -> bytes:
        """Return what has come, after a moment of quiet, and forget it."""
        asked = time.monotonic()
        while self._reader and self._reader.is_alive() and max(asked, self._heard) + _QUIET > time.monotonic():
            self._reader.join(_QUIET / 4)
        with self._changed:
            text, self._text = self._text, b""
        return text

    def drop(self) -> None:
        """Forget what has come."""
        with self._changed:
            self._text = b""

    def _read(self, stream: Iterable[bytes]) -> None:
        with contextlib.suppress(*engine_errors(), ValueError):
            for piece in stream:
                with self._changed:
                    self._text = (self._text + piece)[-_LOG_LIMIT:]
                    self.last = (self.last + piece)[-200:]
                    self._heard = time.monotonic()


def conditions(function: RunnableFunction) -> dict[str, Any]:
    """Return the conditions under which a function's container runs, as the docker SDK names them."""
    memory = f"{function.memory}m"
    return {
        "network_mode": "host",
        "userns_mode": "host",  # with the machine's network there is no other
        "ipc_mode": "none",
        "read_only": True,
        "tmpfs": {"/tmp": f"size={function.scratch}m,mode=1777,exec"},  # noqa: S108 - Lambda's own
        "mem_limit": memory,
        "memswap_limit": memory,
        "pids_limit": _PROCESSES,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "log_config": {"Type": "none"},
    }


def _ending(code: int, said: bytes) -> ProcessEvent:
    if found := _NOT_EXECUTABLE.search(said):
        return ProcessEvent(ProcessEventKind.NOT_EXECUTABLE, b"fork/exec %s: %s" % found.groups())
    return ProcessEvent(ProcessEventKind.EXITED, code=128 - code if code in _SIGNALLED else code)


@contextlib.contextmanager
def _explained() -> Iterator[None]:
    """Turn what the engine says into the fault that Lambda would see."""
    try:
        yield
    except engine_errors() as error:
        said = str(getattr(error, "explanation", None) or error)
        if found := _NOT_STARTED.search(said):
            raise Fault("Runtime.InvalidEntrypoint", f"fork/exec {found[1]}: {found[2].strip()}") from None
        raise Fault("Runtime.Unknown", f"The container engine cannot run the image: {said}") from None


def remove(client: Any, container: str) -> bool:
    """End a container and remove it; False where the engine fails, and the log says how."""
    try:
        client.remove_container(container, force=True, v=True)
    except engine_errors() as error:
        if getattr(error, "status_code", None) not in (404, 409):  # it is gone, or just going
            _LOG.warning("the container %s could not be removed: %s", container[:12], error)
            return False
    return True


def engine_errors() -> tuple[type[Exception], ...]:
    """Return what is raised when an engine refuses, fails or hangs; the SDK is worth waiting for the first use."""
    import docker.errors
    import requests

    return NoEngine, docker.errors.DockerException, requests.RequestException, OSError
