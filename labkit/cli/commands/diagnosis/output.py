"""How a diagnosis is printed, and the exit code that it means; shared by pull and diagnose."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labkit.errors import LabError, UsageError

if TYPE_CHECKING:
    from labkit.diagnosis.result import Diagnosis

CODES = {"can": 0, "cannot": 1, "unknown": 3}
"""The exit code of each verdict; with --expect it is 0 where the verdict is the expected one, else 1."""

FORMATS = ("json", "cli", "terraform", "cloudformation", "cdk-python", "cdk-typescript")
"""The names of `labkit.diagnosis.formats.FORMATS`, for whoever parses arguments before that is needed."""


def add_output(parser: argparse.ArgumentParser) -> None:
    """How the answer is shown."""
    group = parser.add_argument_group("the answer")
    group.add_argument("--json", action="store_true", help="print it as JSON on stdout")
    group.add_argument("--html", type=Path, metavar="FILE", help="write it as a page, too")
    group.add_argument("--redact", action="store_true", help="replace account numbers, names and ids, each time alike")
    add_format(group)
    group.add_argument("--expect", choices=tuple(CODES), help="exit with 0 if this is the verdict, else with 1")


def add_format(parser: argparse._ActionsContainer) -> None:
    """In which language what is to be changed is written."""
    parser.add_argument("--as", dest="as_", choices=FORMATS, help="in which language to write it")


class _Shown:
    """A diagnosis in the forms in which it is shown."""

    def __init__(self, diagnosis: Diagnosis) -> None:
        self._diagnosis = diagnosis

    def text(self) -> str:
        from labkit.diagnosis.words import text

        return text(self._diagnosis)

    def data(self) -> Any:
        return self._diagnosis.to_dict()

    def changes(self, language: str) -> str:
        """What is to be changed, in one of `FORMATS`. Raises LabError where nothing is."""
        from labkit.diagnosis.formats import written

        fix, function = self._diagnosis.fix, self._diagnosis.question.function
        if fix is None:
            raise LabError("There is nothing to change that could be written down; without --as it says why.")
        return written(fix.changes, language, function.region if function else "")

    def page(self) -> str:
        from labkit.show.diagnosis_html import diagnosis_html
        from labkit.show.style import standalone

        return standalone(f"Diagnosis of {self._diagnosis.question.image}", diagnosis_html(self._diagnosis))


class _Redacted(_Shown):
    """The same with made-up numbers and names, the same ones in every form."""

    def __init__(self, diagnosis: Diagnosis) -> None:
        from labkit.diagnosis.redaction import Redactor

        super().__init__(diagnosis)
        self._redactor = Redactor([super().text()], super().data())

    def text(self) -> str:
        return self._redactor.text(super().text())

    def data(self) -> Any:
        return self._redactor.data(super().data())

    def changes(self, language: str) -> str:
        return self._redactor.text(super().changes(language))

    def page(self) -> str:
        return self._redactor.html(super().page())


def answer(diagnosis: Diagnosis, args: argparse.Namespace) -> int:
    """Show the diagnosis as the options say, and return the exit code."""
    from labkit.cli.terminal.printing import say

    shown = _Redacted(diagnosis) if args.redact else _Shown(diagnosis)
    if args.html is not None:
        _write(args.html, shown.page())
    if args.as_ is not None:
        say(shown.changes(args.as_).rstrip("\n"))
    elif args.json:
        print(json.dumps(shown.data(), indent=2))
    else:
        say(shown.text())
    if args.expect is not None:
        return 0 if diagnosis.verdict == args.expect else 1
    return CODES[diagnosis.verdict]


def _write(path: Path, page: str) -> None:
    try:
        path.write_text(page, "utf-8")
    except OSError as error:
        raise UsageError(f"{path}: The page cannot be written: {error.strerror}.") from None
