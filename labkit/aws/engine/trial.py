"""The image in a container, behind the emulator's URL: the article's ``docker run -p 9000:8080`` and curl."""

from __future__ import annotations

import http.client
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from labkit.aws.engine.building import DockerImage
from labkit.aws.engine.finding import HOME_LABEL
from labkit.aws.engine.streams import EngineError, explained
from labkit.image.local import PATH

_PORT = "8080/tcp"
_SECONDS, _STEP = 10.0, 0.02
_PYTHON = "import platform as p; print(p.python_implementation(), p.python_version())"


class LocalContainer:
    """A container of the image on a port of 127.0.0.1, 0 for a free one; gone when it is left, also by Ctrl-C.

    Raises EngineError where it cannot be started or ends before it listens, with what it has printed.
    """

    def __init__(self, image: DockerImage, home: Path, port: int = 0) -> None:
        self._failed = "Docker cannot run the image"
        self._architecture = image.architecture
        with explained(self._failed):
            self._container = image.daemon.client.containers.create(
                image.id,
                ports={_PORT: ("127.0.0.1", port or None)},
                labels={HOME_LABEL: str(home), "labkit.part": "trial"},
            )
        try:
            with explained(self._failed):
                self._container.start()
            self.port = self._published()
            self._wait()
        except BaseException:
            self.close()
            raise

    @property
    def url(self) -> str:
        """Return the URL to post an event to."""
        return f"http://127.0.0.1:{self.port}{PATH}"

    @property
    def interpreter(self) -> str:
        """Return which Python is inside, in words, such as ``CPython 3.12.9 of the image (linux/amd64)``."""
        with explained(self._failed):
            code, said = self._container.exec_run(["python3", "-c", _PYTHON])
        if code:
            raise EngineError("The image does not say which Python it has", said.decode(errors="replace").strip())
        return f"{said.decode().strip()} of the image (linux/{self._architecture})"

    def close(self) -> None:
        """Stop and remove the container; later calls do nothing."""
        from docker.errors import NotFound

        with explained("Docker cannot remove the container"), suppress(NotFound):
            self._container.remove(force=True, v=True)

    def __enter__(self) -> LocalContainer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _published(self) -> int:
        with explained(self._failed):
            self._container.reload()
        published: Any = self._container.ports.get(_PORT)
        if not published:
            raise self._ended()
        return int(published[0]["HostPort"])

    def _wait(self) -> None:
        """Until somebody inside answers: the engine accepts connections before the emulator listens."""
        deadline = time.monotonic() + _SECONDS
        while not self._answers():
            with explained(self._failed):
                self._container.reload()
            if self._container.status != "running":
                raise self._ended()
            if time.monotonic() > deadline:
                raise EngineError(self._failed, f"nothing inside listened on port 8080 within {_SECONDS:.0f} seconds")
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
        with explained(self._failed):
            log = self._container.logs(tail=5).decode(errors="replace").strip()
        return EngineError(self._failed, f"its container has ended. {log}".strip())
