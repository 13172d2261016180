"""How a diagnosis is printed, and the exit code that it means; shared by pull and diagnose."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from labkit.errors import UsageError

if TYPE_CHECKING:
    from labkit.diagnosis.result import Diagnosis

CODES = {"can": 0, "cannot": 1, "unknown": 3}
"""The exit code of each verdict; with --expect it is 0 where the verdict is the expected one, else 1."""


def add_output(parser: argparse.ArgumentParser) -> None:
    """How the answer is shown."""
    group = parser.add_argument_group("the answer")
    group.add_argument("--json", action="store_true", help="print it as JSON on stdout")
    group.add_argument("--html", type=Path, metavar="FILE", help="write it as a page, too")
    group.add_argument("--expect", choices=tuple(CODES), help="exit with 0 if this is the verdict, else with 1")


def answer(diagnosis: Diagnosis, args: argparse.Namespace) -> int:
    """Show the diagnosis as the options say, and return the exit code."""
    if args.html is not None:
        _write_page(diagnosis, args.html)
    if args.json:
        print(json.dumps(diagnosis.to_dict(), indent=2))
    else:
        _print(diagnosis)
    if args.expect is not None:
        return 0 if diagnosis.verdict == args.expect else 1
    return CODES[diagnosis.verdict]


def _print(diagnosis: Diagnosis) -> None:
    from labkit.cli.terminal.printing import say
    from labkit.diagnosis.words import text

    say(text(diagnosis))


def _write_page(diagnosis: Diagnosis, path: Path) -> None:
    from labkit.show.diagnosis_html import diagnosis_html
    from labkit.show.style import standalone

    try:
        path.write_text(standalone(f"Diagnosis of {diagnosis.question.image}", diagnosis_html(diagnosis)), "utf-8")
    except OSError as error:
        raise UsageError(f"{path}: The page cannot be written: {error.strerror}.") from None
