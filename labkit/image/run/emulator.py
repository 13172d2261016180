"""Runs in a container on the lab's stand-in base, in the place of AWS's Runtime Interface Emulator.

``/lambda-entrypoint.sh`` starts it where no ``AWS_LAMBDA_RUNTIME_API`` is set, as AWS's does. It listens on port 8080
and answers the one path of the emulator with the lab's own runtime (:mod:`labkit.image.run.local`); what the function
writes, and Lambda's lines around it, go to the container's standard output.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

from labkit.ground.text import visible_log
from labkit.image.format.config import ImageConfig
from labkit.image.run.function import RunnableFunction
from labkit.image.run.local import MEMORY, TIMEOUT, emulate
from labkit.image.run.loopback import Answer, RequestHandler
from labkit.image.run.runtime import Sandbox

PORT = 8080


class Server(ThreadingHTTPServer):
    """Serves ``answer`` on every address of the container, where only its published port can be reached."""

    daemon_threads = True

    def __init__(self, answer: Callable[[RequestHandler], Answer | None], port: int = PORT) -> None:
        super().__init__(("", port), RequestHandler)
        self.answer = answer


def function_of(environment: dict[str, str], directory: str) -> RunnableFunction:
    """Return the container's function: the handler in ``_HANDLER``, out of the root directory."""
    library_path = environment.get("LD_LIBRARY_PATH", "")
    return RunnableFunction(
        Path("/"),
        ImageConfig(
            environment=environment,
            entrypoint=("/lambda-entrypoint.sh",),
            command=(environment["_HANDLER"],),
            working_directory=directory,
        ),
        timeout=float(environment.get("AWS_LAMBDA_FUNCTION_TIMEOUT") or TIMEOUT),
        memory=int(environment.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE") or MEMORY),
        environment={"LD_LIBRARY_PATH": library_path},  # here the interpreter is the image's own
    )


def main() -> None:
    """Serve until the container is stopped."""
    signal.signal(signal.SIGTERM, _stop)
    with Sandbox(function_of(dict(os.environ), str(Path.cwd()))) as sandbox:
        server = Server(lambda request: emulate(sandbox, request, _write))
        server.serve_forever()


def _stop(_number: int, _frame: Any) -> None:
    raise SystemExit(0)


def _write(log: bytes) -> None:
    sys.stdout.buffer.write(visible_log(log))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
