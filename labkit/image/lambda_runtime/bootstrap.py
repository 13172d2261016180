"""Start of a function's process, as ``/var/runtime/bootstrap`` in AWS's base image: runs awslambdaric.

Run as a script by the lab's interpreter; its arguments are the handler and the file that takes the output. Two things
happen before AWS's runtime client takes over. A connection to the Runtime API stays open for as long as the host
lives: when it breaks, the whole process group ends at once, even in the middle of a handler that never returns, so
nothing outlives a host that was killed. And the function's code comes first on the path, this directory last, so that
``runtime_client.py`` beside this file is found only where awslambdaric has no native one (it is built for Linux alone).
"""

from __future__ import annotations

import _thread
import contextlib
import os
import signal
import socket
import sys


def _tie_to_host(address: str, log: str) -> None:
    host, _, port = address.partition(":")
    connection = socket.create_connection((host, int(port)))
    connection.sendall(f"GET /lifeline HTTP/1.1\r\nHost: {address}\r\n\r\n".encode())
    # Not a threading.Thread: handlers that list their threads shall see what they see on AWS.
    _thread.start_new_thread(_end_with_host, (connection, log))


def _end_with_host(connection: socket.socket, log: str) -> None:
    try:
        with contextlib.suppress(OSError):
            connection.recv(1)
        with contextlib.suppress(OSError):  # nobody else is left to remove it; a full folder stays
            os.unlink(log)  # noqa: PTH108
            os.rmdir(os.path.dirname(log))  # noqa: PTH106, PTH120
    finally:
        if sys.platform != "win32":
            os.killpg(0, signal.SIGKILL)
        os._exit(1)


def _set_path() -> None:
    """Order the modules as AWS does: the function's code, then layers in /opt, then the runtime's packages."""
    task_root = os.environ["LAMBDA_TASK_ROOT"]
    opt = os.path.join(task_root, "..", "..", "opt", "python")  # noqa: PTH118 - pathlib costs a cold start 5 ms
    here = sys.path.pop(0)
    sys.path[:0] = [task_root, os.path.normpath(opt)]
    sys.path.append(here)


def main() -> None:
    """Run the handler named by the argument until the host ends it."""
    _tie_to_host(os.environ["AWS_LAMBDA_RUNTIME_API"], sys.argv.pop())
    _set_path()
    from awslambdaric.__main__ import main as run  # type: ignore[import-untyped]

    run(sys.argv)


if __name__ == "__main__":
    main()
