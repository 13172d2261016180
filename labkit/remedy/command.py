"""A command of the aws CLI, run as it stands; where it is refused, what a diagnosis needs of its arguments.

``labkit diagnose -- aws lambda create-function …`` runs the program ``aws`` and no other, without a shell: its standard
input and output are those of the terminal, its error output passes through and is kept, its exit code is handed on, and
signals reach it. What was asked for is read from the arguments: AWS CLI Command Reference, ``aws lambda
create-function``, ``update-function-code``, ``update-function-configuration``; User Guide, "Command line options",
"Using shorthand syntax", "Loading a parameter from a file" and "Skeletons and input files".
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from labkit.diagnosis.pasted import PastedError, read
from labkit.errors import UsageError
from labkit.remedy.arguments import AwsArguments

_NAMES = frozenset({"aws", "aws.exe", "aws.cmd"})
_KEPT_BYTES = 1_000_000
_PASSED_ON = ("SIGTERM", "SIGHUP", "SIGQUIT")


@dataclass(frozen=True, slots=True)
class CommandRun:
    """A command that was run: its exit code, its error output as text and read, and what its arguments say.

    The exit code of a command that a signal has ended is 128 and the signal's number, as in a shell.
    """

    exit_code: int
    stderr: str
    pasted: PastedError
    arguments: AwsArguments

    @property
    def is_refused(self) -> bool:
        """Whether it failed with something that is to be diagnosed: a call about a function, or an error we know."""
        return self.exit_code != 0 and bool(self.arguments.operation or self.pasted.looks_like)

    @property
    def operation(self) -> str | None:
        """``create`` or ``update``, by the command, else by the error; None for a command about something else."""
        return self.arguments.operation or self.pasted.operation

    @property
    def image(self) -> str | None:
        """The image's URI as it was given, else as the error names it."""
        return self.arguments.image or self.pasted.image

    @property
    def function(self) -> str | None:
        """The function's name or ARN as it was given, else as the error names it."""
        return self.arguments.function or self.pasted.function

    @property
    def execution_role(self) -> str | None:
        """The ARN of the role that the function is to run as."""
        return self.arguments.role or self.pasted.execution_role

    @property
    def profile(self) -> str | None:
        """The profile that the command used; None for the default one."""
        return self.arguments.profile

    @property
    def region(self) -> str | None:
        """The region of the call; None where the profile's configuration says it."""
        return self.arguments.region or self.pasted.region


def run(words: Sequence[str], environment: Mapping[str, str] = os.environ) -> CommandRun:
    """Run a command such as ``["aws", "lambda", "create-function", …]``. Raises UsageError for any other program."""
    program = _program(words, environment)
    asked = AwsArguments.parse(words[1:], environment)
    exit_code, stderr = _run([program, *words[1:]], environment)
    text = stderr.decode("utf-8", "backslashreplace")
    return CommandRun(exit_code, text, read(text), asked)


def _program(words: Sequence[str], environment: Mapping[str, str]) -> str:
    """Where the program is. Raises UsageError where it is not ``aws``, or not there."""
    name = words[0] if words else ""
    if Path(name).name not in _NAMES:
        said = f"not {name!r}" if name else "such as: labkit diagnose -- aws lambda create-function …"
        raise UsageError(f"After -- stands a command of the program aws, {said}.")
    found = shutil.which(name, path=environment.get("PATH"))
    if found is None:
        raise UsageError(f"There is no program {name!r} here: install the AWS CLI, or give its path.")
    return found


def _run(command: list[str], environment: Mapping[str, str]) -> tuple[int, bytes]:
    """Run it to its end; its exit code, and the last megabyte of what it wrote to its error output."""
    with _passing_signals_on() as children:
        child = subprocess.Popen(command, stderr=subprocess.PIPE, env=dict(environment))
        children.append(child)
        kept = b"".join(_copied(child))
        code = child.wait()
    return (code if code >= 0 else 128 - code), kept


def _copied(child: subprocess.Popen[bytes]) -> Iterator[bytes]:
    """The error output, copied to ours while it comes; of very much (``--debug``) the end, where the error stands."""
    kept: list[bytes] = []
    size = 0
    assert child.stderr is not None  # noqa: S101 (it was opened as a pipe)
    with child.stderr as pipe:
        while chunk := os.read(pipe.fileno(), 65_536):
            _show(chunk)
            kept.append(chunk)
            size += len(chunk)
            while size - len(kept[0]) > _KEPT_BYTES:
                size -= len(kept.pop(0))
    yield from kept


def _show(chunk: bytes) -> None:
    buffer = getattr(sys.stderr, "buffer", None)
    if buffer is None:  # a notebook's
        sys.stderr.write(chunk.decode("utf-8", "replace"))
    else:
        buffer.write(chunk)
    sys.stderr.flush()


@contextmanager
def _passing_signals_on() -> Iterator[list[subprocess.Popen[bytes]]]:
    """While the body runs, what asks us to end is passed on, and the command decides.

    A Ctrl-C reaches the command from the terminal, since both are in its foreground: here it does nothing.
    """
    children: list[subprocess.Popen[bytes]] = []

    def passed_on(number: int, _frame: FrameType | None) -> None:
        for child in children:
            child.send_signal(number)

    def left_to_the_command(_number: int, _frame: FrameType | None) -> None:
        """Not SIG_IGN, which the command would inherit."""

    if threading.current_thread() is not threading.main_thread():
        yield children
        return
    handlers = {"SIGINT": left_to_the_command} | dict.fromkeys(_PASSED_ON, passed_on)
    before = {
        name: signal.signal(getattr(signal, name), each) for name, each in handlers.items() if hasattr(signal, name)
    }
    try:
        yield children
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)
