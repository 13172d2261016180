"""A terminal for tests: a real ``sh`` that stays open, so that what a command exports is there for the next one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

TOOLS = Path(sys.executable).parent


@dataclass(frozen=True)
class Said:
    """What a command printed, and its exit code."""

    out: str
    error: str
    code: int


class Terminal:
    """One ``sh`` in ``folder``. Commands print to pipes, as they do in a terminal that is recorded."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._errors = folder / ".errors"
        self._shell = subprocess.Popen(
            ["/bin/sh"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=folder, env=dict(environment), text=True
        )

    def run(self, command: str) -> Said:
        """Type a command, with its continuation lines and heredocs, and read what it says."""
        assert self._shell.stdin is not None and self._shell.stdout is not None
        # The braces keep what is exported in this shell; the command must not read the next one as its input.
        self._shell.stdin.write(f"{{ {command}\n}} </dev/null 2>.errors\nprintf '\\0%s\\n' \"$?\"\n")
        self._shell.stdin.flush()
        said = ""
        while "\0" not in (line := self._shell.stdout.readline()):
            assert line, f"the shell ended: {command}"
            said += line
        rest, _, code = line.partition("\0")
        return Said(said + rest, self._errors.read_text(), int(code))

    def succeed(self, command: str) -> str:
        """Run a command that must succeed without a word on stderr; returns what it printed."""
        said = self.run(command)
        assert (said.code, said.error) == (0, ""), said
        return said.out

    def close(self) -> None:
        """Leave the shell."""
        self._shell.communicate("exit\n", timeout=60)
