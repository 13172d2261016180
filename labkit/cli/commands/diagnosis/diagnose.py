"""Why can Lambda not pull my image, and what is the smallest change? From accounts, the lab, files, or a pasted error.

  labkit diagnose 813835382529.dkr.ecr.eu-central-1.amazonaws.com/app:1 --function my-function \\
      --workload-profile dev --registry-profile shared
  labkit diagnose --error-file failed-deployment.log --workload-profile dev
  labkit diagnose 813835382529.dkr.ecr.eu-central-1.amazonaws.com/app:1 --function my-function --offline evidence
  labkit diagnose -- aws lambda create-function --function-name my-function ...

After -- stands a command of the program aws: it is run as it stands, its output and exit code are handed on, and where
it is refused that is diagnosed, with the very arguments.

--offline reads a folder that 'labkit collect' wrote, or answers of the aws CLI that you saved yourself, and asks AWS
nothing. --plan prints every read, in their order, and makes none. What may not be read is "not known", and the verdict
comes from the rest. Nothing is changed without --apply, which shows what it changes and asks.

Exits with 0 if Lambda can pull, with 1 if it cannot, with 3 if that cannot be told, and with 2 where what was typed is
wrong; with --expect with 0 if the answer is the expected one, else with 1.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from labkit.cli.commands.diagnosis.applying import add_apply, applied, check_apply
from labkit.cli.commands.diagnosis.lacking import completed
from labkit.cli.commands.diagnosis.options import add_documents, add_question, asked
from labkit.cli.commands.diagnosis.output import add_output, answer
from labkit.cli.commands.diagnosis.sources import (
    add_error,
    add_profiles,
    error_of,
    live,
    print_plan,
    required,
    source,
)
from labkit.errors import UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``labkit diagnose``."""
    parser.add_argument("image", metavar="IMAGE_URI", nargs="?", help="the image as CreateFunction takes it")
    add_question(parser)
    group = parser.add_argument_group("where the answer comes from")
    add_profiles(group)
    group.add_argument("--offline", type=Path, metavar="DIR", help="a folder of answers; AWS is asked nothing")
    add_error(group)
    add_documents(parser)
    add_output(parser)
    add_apply(parser)
    parser.set_defaults(words=())


def run(args: argparse.Namespace) -> int:
    """Diagnose, and return the exit code of the verdict."""
    from labkit.diagnosis.offline import diagnose_offline

    if args.words:
        from labkit.cli.commands.diagnosis.command import run_words

        return run_words(args)
    question, error = asked(args, region=args.region), error_of(args)
    if not (error or args.offline or question.image or question.function):
        raise UsageError("Give an IMAGE_URI and --function, the error (--error, --error-file), or --function alone.")
    whom = None if args.offline else source(args, question)
    if args.plan:
        print_plan(question, required(whom))
        return 0
    check_apply(args, whom)
    if args.offline is None:
        question = completed(question, error, by_profile=whom is not None, quotes=not args.redact)
    if whom is None:
        return answer(diagnose_offline(question, args.offline, error), args)
    found = live(question, whom, error)
    if args.apply:
        found = applied(found, question, whom, args, lambda again: live(again, whom, ""))
    return answer(found, args)
