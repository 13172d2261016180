"""Start of a function's process, as ``/var/runtime/bootstrap`` in AWS's base image: runs awslambdaric.

Run as a script by the lab's interpreter without its ``site`` (``-S``), which a handler has no use for and a cold start
would pay for; its arguments are the handler, the folder of AWS's runtime client, and the file that takes the output.
Two things happen before AWS's runtime client takes over. A connection to the Runtime API stays open for as long as the
host lives: when it breaks, the whole process group ends at once, even in the middle of a handler that never returns, so
nothing outlives a host that was killed. And the function's code comes first on the path, this directory last, so that
``runtime_client.py`` beside this file is found only where awslambdaric has no native one (it is built for Linux alone).

Only modules are imported that AWS's runtime client imports anyway, or that are part of the interpreter.
"""

from __future__ import annotations

import _sitebuiltins
import _socket
import _thread
import builtins
import gc
import os
import sys

TYPE_CHECKING = False  # importing it would cost a cold start
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def _tie_to_host(address: str, log: str) -> None:
    host, _, port = address.partition(":")
    connection = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
    connection.connect((host, int(port)))
    connection.send(f"GET /lifeline HTTP/1.1\r\nHost: {address}\r\n\r\n".encode())
    # Not a threading.Thread: handlers that list their threads shall see what they see on AWS.
    _thread.start_new_thread(_end_with_host, (connection, log))


def _end_with_host(connection: _socket.socket, log: str) -> None:
    try:
        _ignore_errors(connection.recv, 1)
        _ignore_errors(os.unlink, log)  # nobody else is left to remove it; a full folder stays
        _ignore_errors(os.rmdir, os.path.dirname(log))  # noqa: PTH120
    finally:
        if sys.platform != "win32":
            os.killpg(0, 9)
        os._exit(1)


def _ignore_errors(do: Callable[[Any], object], what: object) -> None:
    try:
        do(what)
    except OSError:
        return


def _complete_builtins() -> None:
    """Add what ``site`` would add and handlers may call."""
    end = "the end of a file"
    for name, value in {
        "exit": _sitebuiltins.Quitter("exit", end),
        "quit": _sitebuiltins.Quitter("quit", end),
        "help": _sitebuiltins._Helper(),
    }.items():
        setattr(builtins, name, value)


def _set_path(packages: str) -> None:
    """Order the modules as AWS does: the function's code, then layers in /opt, then the runtime's packages."""
    task_root = os.environ["LAMBDA_TASK_ROOT"]
    opt = os.path.join(task_root, "..", "..", "opt", "python")  # noqa: PTH118 - pathlib costs a cold start 5 ms
    here = sys.path.pop(0)
    sys.path[:0] = [task_root, os.path.normpath(opt)]
    sys.path += [packages, here]


def main() -> None:
    """Run the handler named by the argument until the host ends it."""
    gc.disable()  # of what the imports make nothing is garbage
    sys.dont_write_bytecode = True  # the function's code is read-only
    log, packages = sys.argv.pop(), sys.argv.pop()
    _tie_to_host(os.environ["AWS_LAMBDA_RUNTIME_API"], log)
    _complete_builtins()
    _set_path(packages)
    from awslambdaric.__main__ import main as run  # type: ignore[import-untyped]

    gc.enable()
    run(sys.argv)


if __name__ == "__main__":
    main()
