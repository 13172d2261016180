"""Collect what a diagnosis would read, into a folder: to look at it, to send it on, to diagnose it elsewhere.

  labkit collect evidence 813835382529.dkr.ecr.eu-central-1.amazonaws.com/app:1 --function my-function \\
      --workload-profile dev --registry-profile shared
  labkit diagnose --offline evidence

Only reads are made, with whatever rights there are, on one side only if need be; what could not be read is named. The
files are readable for you alone: they hold policies, names and account numbers, and no secrets.

Exits with 0 where anything was read, with 1 where nothing was.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from labkit.cli.commands.diagnosis.options import add_documents, add_question, asked
from labkit.cli.commands.diagnosis.sources import (
    add_error,
    add_profiles,
    end_progress,
    error_of,
    print_plan,
    progress,
    required,
    source,
)
from labkit.errors import UsageError

if TYPE_CHECKING:
    from labkit.diagnosis.asked import Asked
    from labkit.diagnosis.evidence.answers import Answers


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``labkit collect``."""
    parser.add_argument("folder", type=Path, metavar="DIR", help="where to; it is made where it is not there")
    parser.add_argument("image", metavar="IMAGE_URI", nargs="?", help="the image as CreateFunction takes it")
    add_question(parser)
    group = parser.add_argument_group("whom to ask")
    add_profiles(group)
    add_error(group)
    add_documents(parser)


def run(args: argparse.Namespace) -> int:
    """Collect, say what could not be read, and return 0 where anything could."""
    from labkit.cli.terminal.printing import say
    from labkit.diagnosis import pasted
    from labkit.diagnosis.evidence import folder
    from labkit.diagnosis.evidence.gathering import question_from, with_error
    from labkit.remedy.diagnosing import collected

    question = with_error(asked(args, region=args.region), pasted.read(error_of(args)))
    whom = required(source(args, question))
    if not (question.image or question.function):
        raise UsageError("Give an IMAGE_URI and --function, or --function alone.")
    if args.plan:
        print_plan(question, whom)
        return 0
    try:
        question, answers = collected(question, whom, progress())
    finally:
        end_progress()
    try:
        count = folder.write(args.folder, answers, question_from(question, answers).to_dict(), whom.clock())
    except OSError as error:
        raise UsageError(f"{args.folder}: It cannot be written: {error.strerror}.") from None
    say(f"{count} answers are in {args.folder}. Now: labkit diagnose --offline {args.folder}")
    for line in (*unread(answers), *unasked(question, answers)):
        say(f"  not read: {line}")
    return 0 if any(each.answer is not None for each in answers) else 1


def unread(answers: Answers) -> list[str]:
    """What could not be read, and why, each once."""
    from labkit.diagnosis.evidence.missing import Call, is_not_there, reason

    refused = [each for each in answers if each.error is not None and not is_not_there(each)]
    calls = [(Call(each.service, each.operation, each.account), each) for each in refused]
    return list(dict.fromkeys(f"{call.action}{call.where}: {reason(each, call)}" for call, each in calls))


def unasked(question: Asked, answers: Answers) -> list[str]:
    """What nobody was asked for, since there is no profile for its account, and who could tell."""
    from labkit.diagnosis.evidence.gathering import facts_from
    from labkit.diagnosis.evidence.missing import NOT_COLLECTED
    from labkit.diagnosis.facts import NOT_GIVEN, NotKnown

    facts = facts_from(question, answers)
    found = [getattr(facts, name) for name in NOT_GIVEN]
    left = [each for each in found if isinstance(each, NotKnown) and each.why == NOT_COLLECTED]
    return [f"{each.what}: {each.who_could_tell}" for each in left]
