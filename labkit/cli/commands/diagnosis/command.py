"""``labkit diagnose -- aws …``: the command runs as it stands, and where it is refused, that is diagnosed.

The command's output and exit code are its own, so that it can stand in a script; the diagnosis goes to the error
output, unless a page or a redacted or JSON form of it is asked for, which are printed likewise.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import redirect_stdout
from dataclasses import replace
from typing import TYPE_CHECKING

from labkit.cli.commands.diagnosis.options import asked
from labkit.cli.commands.diagnosis.output import answer
from labkit.cli.commands.diagnosis.sources import live, source
from labkit.errors import LabError
from labkit.ground.text import visible

if TYPE_CHECKING:
    from labkit.diagnosis.asked import Asked
    from labkit.remedy.command import CommandRun
    from labkit.remedy.diagnosing import Source


def run_words(args: argparse.Namespace) -> int:
    """Run the command after ``--``; its exit code. Raises UsageError for a program that is not aws."""
    from labkit.remedy.command import run

    done = run(args.words)
    if not done.is_refused:
        return done.exit_code
    question = asked(args, region=args.region or done.region or "")
    question = replace(
        question,
        image=question.image or done.image or "",
        function=question.function or done.function or "",
        operation=question.operation or done.operation or "",
        execution_role=question.execution_role or done.execution_role or "",
    )
    with redirect_stdout(sys.stderr):
        print()
        try:
            _diagnose(args, question, done)
        except LabError as error:
            print(visible(f"labkit: {error}"))
    return done.exit_code


def _diagnose(args: argparse.Namespace, question: Asked, done: CommandRun) -> None:
    from labkit.diagnosis.offline import diagnose_offline

    by_environment = not any((args.workload_profile, args.registry_profile, args.management_profile))
    args.workload_profile = args.workload_profile or done.profile
    whom = source(args, question, beside_lab=by_environment) or _default_source(question)
    answer(live(question, whom, done.stderr) if whom else diagnose_offline(question, None, done.stderr), args)


def _default_source(question: Asked) -> Source | None:
    """Whoever the command was where it named no profile."""
    from labkit.remedy.diagnosing import source_of
    from labkit.remedy.profiles import default_session

    session = default_session(question.region)
    return source_of({"workload": session}, question) if session else None
