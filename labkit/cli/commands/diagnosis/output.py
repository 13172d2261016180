"""How a diagnosis is printed, and the exit code that it means; shared by pull and diagnose."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labkit.diagnosis.formats import FORMATS
from labkit.errors import UsageError

if TYPE_CHECKING:
    from labkit.diagnosis.result import Change, Diagnosis

CODES = {"can": 0, "cannot": 1, "unknown": 3}
"""The exit code of each verdict; with --expect it is 0 where the verdict is the expected one, else 1."""


def add_output(parser: argparse.ArgumentParser) -> None:
    """How the answer is shown."""
    group = parser.add_argument_group("the answer")
    forms = group.add_mutually_exclusive_group()
    forms.add_argument("--json", action="store_true", help="print it as JSON on stdout")
    add_form(forms, "print the fix alone, in this form, on stdout")
    forms.add_argument(
        "--letter", action="store_true", help="print a text for the registry's owner, who has to mend it"
    )
    group.add_argument("--html", type=Path, metavar="FILE", help="write it as a page, too")
    group.add_argument("--redact", action="store_true", help="replace account numbers, names and ids, each time alike")
    group.add_argument("--expect", choices=tuple(CODES), help="exit with 0 if this is the verdict, else with 1")


def add_form(parser: argparse._ActionsContainer, help: str) -> None:
    """The option ``--as``, as ``form``; None where it was not given."""
    parser.add_argument("--as", dest="form", choices=FORMATS, help=help)


class _Shown:
    """A diagnosis in the forms in which it is shown."""

    def __init__(self, diagnosis: Diagnosis) -> None:
        self._diagnosis = diagnosis

    def text(self) -> str:
        from labkit.diagnosis.words import text

        return text(self._diagnosis)

    def data(self) -> Any:
        return self._diagnosis.to_dict()

    def changes(self) -> tuple[Change, ...]:
        return self._diagnosis.fix.changes if self._diagnosis.fix else ()

    def letter(self) -> str:
        found = self._diagnosis.fix.letter if self._diagnosis.fix else ""
        return found or f"{self._diagnosis.sentence}\nThere is nothing to hand over to the registry's owner."

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

    def changes(self) -> tuple[Change, ...]:
        return tuple(
            each._replace(**{name: self._replaced(value) for name, value in each._asdict().items()})
            for each in super().changes()
        )

    def _replaced(self, value: Any) -> Any:
        found = self._redactor.data(value)
        return tuple(found) if isinstance(value, tuple) else found

    def letter(self) -> str:
        return self._redactor.text(super().letter())

    def page(self) -> str:
        return self._redactor.html(super().page())


def answer(diagnosis: Diagnosis, args: argparse.Namespace) -> int:
    """Show the diagnosis as the options say, and return the exit code."""
    from labkit.cli.terminal.printing import say

    shown = _Redacted(diagnosis) if args.redact else _Shown(diagnosis)
    if args.html is not None:
        _write(args.html, shown.page())
    if args.form is not None:
        print_form(shown.changes(), args.form, _region(diagnosis), shown.data()["sentence"])
    elif args.letter:
        say(shown.letter())
    elif args.json:
        print(json.dumps(shown.data(), indent=2))
    else:
        say(shown.text())
    if args.expect is not None:
        return 0 if diagnosis.verdict == args.expect else 1
    return CODES[diagnosis.verdict]


def print_form(changes: tuple[Change, ...], form: str, region: str, sentence: str = "") -> None:
    """The changes in a form of ``--as`` on stdout, where it can be taken from; what is said of them on stderr."""
    from labkit.diagnosis.formats.snippets import beside, snippet
    from labkit.ground.text import visible

    said = beside(changes, form, region) if changes else ["There is no change that could be written."]
    for line in filter(None, (sentence, *said)):
        print(visible(line), file=sys.stderr)
    if changes:
        print(snippet(changes, form, region))


def _region(diagnosis: Diagnosis) -> str:
    """The region of the function, which is the image's: Lambda pulls from no other one."""
    from labkit.pull.uri import ImageUri, InvalidImageUri

    question = diagnosis.question
    try:
        return question.function.region if question.function else ImageUri.parse(question.image).region
    except InvalidImageUri:
        return ""


def _write(path: Path, page: str) -> None:
    try:
        path.write_text(page, "utf-8")
    except OSError as error:
        raise UsageError(f"{path}: The page cannot be written: {error.strerror}.") from None
