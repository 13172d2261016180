"""The image in a container, behind the emulator's URL: the article's ``docker run -p 9000:8080`` and curl."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from labkit.docker.building import DockerImage
from labkit.docker.daemon import HOME_LABEL
from labkit.docker.streams import EngineError, explained
from labkit.docker.trial_marks import TRIAL_LABEL, marked
from labkit.image.run.local import PATH

_FAILED = "Docker cannot run the image"
_PORT = "8080/tcp"
_SECONDS, _STEP = 10.0, 0.02
_PYTHON = "import platform as p; print(p.python_implementation(), p.python_version())"


@contextmanager
def _container(image: DockerImage, home: Path, **options: Any) -> Iterator[Any]:
    """A container of the image, not started, that carries the lab's labels and is removed at the end."""
    from docker.errors import NotFound

    with marked(home) as mark:
        labels = {HOME_LABEL: str(home), TRIAL_LABEL: mark.name}
        with explained(_FAILED):
            container = image.daemon.client.containers.create(image.id, labels=labels, **options)
        try:
            yield container
        finally:
            with explained("Docker cannot remove the container"), suppress(NotFound):
                container.remove(force=True, v=True)
            mark.unlink(missing_ok=True)  # the whole lab home may have been deleted


def python_inside(image: DockerImage, home: Path) -> str:
    """Which Python the image has, such as ``CPython 3.12.9``; empty where it has none by the name of python3."""
    with _container(image, home, entrypoint=["python3", "-c", _PYTHON]) as container:
        try:
            with explained(_FAILED):
                container.start()
                code, said = container.wait()["StatusCode"], container.logs().decode(errors="replace").strip()
        except EngineError:  # what starts a container finds no such program
            return ""
    return "" if code else said


class LocalContainer:
    """A container of the image on a port of 127.0.0.1, 0 for a free one; gone when it is left, also by Ctrl-C.

    Raises EngineError where it cannot be started or ends before it listens, with what it has printed.
    """

    def __init__(self, image: DockerImage, home: Path, port: int = 0) -> None:
        self._image, self._home = image, home
        with ExitStack() as undo:
            self._container = undo.enter_context(_container(image, home, ports={_PORT: ("127.0.0.1", port or None)}))
            with explained(_FAILED):
                self._container.start()
            self.port = self._published()
            self._wait()
            self._undo = undo.pop_all()

    @property
    def url(self) -> str:
        """Return the URL to post an event to."""
        return f"http://127.0.0.1:{self.port}{PATH}"

    @property
    def interpreter(self) -> str:
        """Return which Python is inside, in words, such as ``CPython 3.12.9 of the image (linux/amd64)``."""
        python = python_inside(self._image, self._home) or "no Python"
        return f"{python} of the image (linux/{self._image.architecture})"

    def close(self) -> None:
        """Stop and remove the container; later calls do nothing."""
        self._undo.close()

    def __enter__(self) -> LocalContainer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _published(self) -> int:
        with explained(_FAILED):
            self._container.reload()
        published: Any = self._container.ports.get(_PORT)
        if not published:
            raise self._ended()
        return int(published[0]["HostPort"])

    def _wait(self) -> None:
        """Until somebody inside answers: the engine accepts connections before the emulator listens."""
        deadline = time.monotonic() + _SECONDS
        while not self._answers():
            with explained(_FAILED):
                self._container.reload()
            if self._container.status != "running":
                raise self._ended()
            if time.monotonic() > deadline:
                raise EngineError(_FAILED, f"nothing inside listened on port 8080 within {_SECONDS:.0f} seconds")
            time.sleep(_STEP)

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_SECONDS)
        try:
            connection.request("GET", "/")  # not the emulator's path, so no event for the handler
            connection.getresponse()
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
        return True

    def _ended(self) -> EngineError:
        with explained(_FAILED):
            log = self._container.logs(tail=5).decode(errors="replace").strip()
        return EngineError(_FAILED, f"its container has ended. {log}".strip())
