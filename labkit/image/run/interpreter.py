"""A function's handler in this very interpreter: for a browser tab, which has no processes, or where it is chosen.

AWS's runtime client handles each event, as in a process, within the function's own surroundings
(:mod:`labkit.image.run.surroundings`). A handler that calls AWS may thereby run another one, inside its own.

This is no sandbox. There is no timeout, since nothing here could end a handler that goes on; what it does to the
interpreter otherwise, it does to the lab, and ``os._exit`` ends both. One handler runs at a time, and while one runs,
all threads of the process see its environment.
"""

from __future__ import annotations

import importlib
import logging
import os
import sys
import tempfile
import threading
import traceback
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from labkit.ground.files import discard
from labkit.image.format.errors import Throttled
from labkit.image.run.function import RunnableFunction
from labkit.image.run.runtime_api import RESPONSE_LIMIT, InvocationRequest, ProcessEvent, ProcessEventKind
from labkit.image.run.surroundings import Surroundings

CONDITIONS = "in the lab's own process: no timeout, no isolation"
"""What whoever runs functions this way is told."""

_NO_ADDRESS = "127.0.0.1:0"
_ONE = threading.RLock()  # taken again by a handler inside a handler


class InterpreterProcess:
    """A handler in this interpreter, as `labkit.image.run.runtime.Process` wants it: it is its own ``api``.

    Raises :class:`~labkit.image.run.function.Fault` when the image names nothing that can be started.
    """

    def __init__(self, function: RunnableFunction) -> None:
        function.check_architecture()
        handler, directory = function.handler(), function.directory()
        self._timeout = function.timeout
        self._scratch = Path(tempfile.mkdtemp(prefix="labkit-"))
        environment = function.process_environment(handler, _NO_ADDRESS, self._scratch)
        task_root = Path(environment["LAMBDA_TASK_ROOT"])
        paths = [task_root, task_root.parent.parent / "opt" / "python"]
        self._surroundings = Surroundings(environment, paths, directory, self._scratch)
        self._events: deque[ProcessEvent] = deque()
        self._handler: Any = None
        self._over = False
        try:
            with self._running():
                self._load(handler)
        except BaseException:
            self.close()
            raise

    @property
    def api(self) -> InterpreterProcess:
        """Return where events are delivered: here."""
        return self

    @property
    def pid(self) -> int:
        """Return the process id: that of the lab."""
        return os.getpid()

    @property
    def is_waiting(self) -> bool:
        """Tell whether the next event can be delivered."""
        return not self._over

    def deliver(self, invocation: InvocationRequest) -> None:
        """Run the handler for an event; it has ended when this returns."""
        with self._running(invocation.request_id):
            self._handle(invocation)

    def next_event(self, seconds: float) -> ProcessEvent | None:
        """Return what has happened next; nothing is waited for, since all has happened."""
        return self._events.popleft() if self._events else None

    def output(self) -> bytes:
        """Return what the handler has written since the last call, at most the last mebibyte."""
        return self._surroundings.written.taken()

    def forget_output(self) -> None:
        """Leave what has been written so far out of what :meth:`output` returns."""
        self._surroundings.written.taken()

    def peak_memory(self) -> int | None:
        """Return None: the lab's own memory is not the function's."""
        return None

    def kill(self) -> None:
        """Let no further event reach the handler; one that runs goes on."""
        self._over = True

    def close(self) -> None:
        """Forget the function and remove what belonged to it."""
        self._over = True
        discard(self._scratch)

    @contextmanager
    def _running(self, request_id: str | None = None) -> Iterator[None]:
        """Run something of the function's; that it ends the process, as it may, becomes an event.

        Raises `Throttled` where another thread's handler does not end within the function's timeout.
        """
        if not _ONE.acquire(timeout=self._timeout):
            raise Throttled(1)
        try:
            with self._surroundings.laid(), _logged_as(request_id):
                try:
                    yield
                except SystemExit as end:
                    self._end(_exit_code(end.code))
                except Exception:  # of AWS's runtime client itself, which would end its process
                    traceback.print_exc()
                    self._end(1)
        finally:
            _ONE.release()

    def _load(self, handler: str) -> None:
        bootstrap, literals = _runtime_client("bootstrap"), _runtime_client("lambda_literals")
        sink = bootstrap.StandardLogSink()
        bootstrap._setup_logging(bootstrap._AWS_LAMBDA_LOG_FORMAT, bootstrap._AWS_LAMBDA_LOG_LEVEL, sink)
        try:
            self._handler = bootstrap._get_handler(handler)
        except bootstrap.FaultException as fault:
            problem = bootstrap.make_error(fault.msg, fault.exception_type, fault.trace)
        except Exception as error:  # it is told from the first frame that is not AWS's own; this one comes before it
            trace = error.__traceback__.tb_next if error.__traceback__ else None
            problem = bootstrap.build_fault_result((type(error), error, trace), None)
        else:
            self._events.append(ProcessEvent(ProcessEventKind.READY))
            return
        logging.warning(literals.lambda_unhandled_exception_warning_message)
        bootstrap.log_error(problem, sink)
        self._events.append(ProcessEvent(ProcessEventKind.FAILED_TO_INIT, bootstrap.to_json(problem).encode()))

    def _handle(self, invocation: InvocationRequest) -> None:
        bootstrap, headers = _runtime_client("bootstrap"), invocation.headers
        bootstrap.update_xray_env_variable(headers.get("Lambda-Runtime-Trace-Id"))
        bootstrap.handle_event_request(
            self._client(),
            self._handler,
            invocation.request_id,
            invocation.payload,
            "application/json",
            headers.get("Lambda-Runtime-Client-Context"),
            headers.get("Lambda-Runtime-Cognito-Identity"),
            headers["Lambda-Runtime-Invoked-Function-Arn"],
            int(headers["Lambda-Runtime-Deadline-Ms"]),
            None,
            bootstrap.StandardLogSink(),
        )
        self._events.append(ProcessEvent(ProcessEventKind.READY))

    def _client(self) -> Any:
        """What AWS's runtime client reads events with and posts answers to."""

        def post(kind: ProcessEventKind, body: str | bytes) -> None:
            content = body if isinstance(body, bytes) else body.encode()
            if kind is ProcessEventKind.ANSWERED and len(content) > RESPONSE_LIMIT:
                kind, content = ProcessEventKind.ANSWERED_TOO_MUCH, b""
            self._events.append(ProcessEvent(kind, content))

        return SimpleNamespace(
            marshaller=_runtime_client("lambda_runtime_marshaller").LambdaMarshaller(),
            post_invocation_result=lambda _id, body, *_: post(ProcessEventKind.ANSWERED, body),
            post_invocation_error=lambda _id, body, *_: post(ProcessEventKind.FAILED, body),
        )

    def _end(self, code: int) -> None:
        self._over = True
        self._events.append(ProcessEvent(ProcessEventKind.EXITED, code=code))


@contextmanager
def _logged_as(request_id: str | None) -> Iterator[None]:
    """Let what the handler logs carry the id of its request."""
    bootstrap = _runtime_client("bootstrap")
    before, bootstrap._GLOBAL_AWS_REQUEST_ID = bootstrap._GLOBAL_AWS_REQUEST_ID, request_id
    try:
        yield
    finally:
        bootstrap._GLOBAL_AWS_REQUEST_ID = before


def _exit_code(given: object) -> int:
    """What the process would end with; a text is written, as the interpreter does it."""
    if given is None or isinstance(given, int):
        return int(given or 0)
    print(given, file=sys.stderr)
    return 1


def _runtime_client(module: str) -> Any:
    """A module of AWS's runtime client, which is never to speak to a Runtime API from here."""
    if "awslambdaric.bootstrap" not in sys.modules:
        sys.modules["runtime_client"] = None  # type: ignore[assignment]  # its native part cannot be imported
        try:
            importlib.import_module("awslambdaric.bootstrap")
        finally:
            del sys.modules["runtime_client"]
    return importlib.import_module(f"awslambdaric.{module}")
