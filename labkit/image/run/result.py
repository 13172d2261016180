"""What an invocation returns, in Lambda's words: error objects and the START, END and REPORT lines.

Texts: Lambda Developer Guide, "Troubleshoot execution issues in Lambda" and "Viewing CloudWatch logs for Lambda".
"""

from __future__ import annotations

import enum
import json
import math
import signal
from dataclasses import dataclass

LOG_TAIL = 4096
"""Bytes of log that Invoke returns with ``LogType`` Tail (Lambda API Reference, Invoke)."""


class InvocationOutcome(enum.Enum):
    """How an invocation ended."""

    ANSWERED = "answered"
    HANDLER_ERROR = "handler error"
    INIT_ERROR = "init error"
    EXITED = "exited"
    TIMED_OUT = "timed out"
    TOO_LARGE = "too large"
    NOT_STARTED = "not started"


@dataclass(frozen=True)
class InvocationResult:
    """The answer to one invocation.

    ``payload`` is the body of Invoke's response. ``log`` is all that CloudWatch would show. Durations are in
    milliseconds; ``init_duration_ms`` is None for a warm call.
    """

    request_id: str
    outcome: InvocationOutcome
    payload: bytes
    log: bytes
    duration_ms: float
    init_duration_ms: float | None

    @property
    def function_error(self) -> str | None:
        """Return Invoke's ``FunctionError``: None for an answer, else ``Unhandled``, as for every Python error."""
        return None if self.outcome is InvocationOutcome.ANSWERED else "Unhandled"

    @property
    def log_tail(self) -> bytes:
        """Return the last 4 KB of the log, not yet encoded."""
        return self.log[-LOG_TAIL:]


@dataclass(frozen=True)
class Ending:
    """How an invocation ended and what its caller gets; ``error_type`` where the host speaks, not the handler."""

    outcome: InvocationOutcome
    payload: bytes
    error_type: str = ""
    log: str = ""


def host_error(outcome: InvocationOutcome, error_type: str, message: str, log: str = "") -> Ending:
    """Return the ending in which Lambda itself, not the handler, writes the error object."""
    body = json.dumps({"errorType": error_type, "errorMessage": message}, separators=(",", ":"), ensure_ascii=False)
    return Ending(outcome, body.encode(errors="backslashreplace"), error_type, log)


def exited(request_id: str, code: int) -> Ending:
    """Return the ending of a process that is gone; ``code`` as :class:`subprocess.Popen` gives it."""
    message = f"RequestId: {request_id} Error: Runtime exited {_how(code)}"
    return host_error(InvocationOutcome.EXITED, "Runtime.ExitError", message, f"{message}\nRuntime.ExitError\n")


def _how(code: int) -> str:
    if code == 0:
        return "without providing a reason"
    if code > 0:
        return f"with error: exit status {code}"
    # Lambda names signals as Go does: "signal: killed", "signal: segmentation fault".
    return f"with error: signal: {(signal.strsignal(-code) or str(-code)).lower()}"


def timed_out(request_id: str, seconds: float) -> Ending:
    """Return the ending of an invocation that was not done after ``seconds``."""
    message = f"RequestId: {request_id} Error: Task timed out after {seconds:.2f} seconds"
    return host_error(
        InvocationOutcome.TIMED_OUT,
        "Sandbox.Timedout",
        message,
        f"{request_id} Task timed out after {seconds:.2f} seconds\n\n",
    )


def too_large(limit: int) -> Ending:
    """Return the ending of an invocation whose answer has more than ``limit`` bytes."""
    message = f"Response payload size exceeded maximum allowed payload size ({limit} bytes)."
    return host_error(InvocationOutcome.TOO_LARGE, "Function.ResponseSizeTooLarge", message)


def report(
    request_id: str, ending: Ending, duration_ms: float, init_ms: float | None, memory: int, peak: int | None
) -> str:
    """Return the END and REPORT lines. ``peak`` None (not known) leaves Max Memory Used out."""
    fields = [
        f"REPORT RequestId: {request_id}",
        f"Duration: {duration_ms:.2f} ms",
        f"Billed Duration: {math.ceil(duration_ms + (init_ms or 0))} ms",
        f"Memory Size: {memory} MB",
        *([f"Max Memory Used: {peak} MB"] if peak is not None else []),
        *([f"Init Duration: {init_ms:.2f} ms"] if init_ms is not None else []),
        *_status(ending),
    ]
    return f"END RequestId: {request_id}\n" + "\t".join(fields) + "\t\n"


def _status(ending: Ending) -> list[str]:
    if ending.outcome is InvocationOutcome.TIMED_OUT:
        return ["Status: timeout"]
    return ["Status: error", f"Error Type: {ending.error_type}"] if ending.error_type else []
