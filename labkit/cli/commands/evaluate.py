"""Decide requests from a file, and compare the answers with what is expected of them.

FILE holds a case, or a list of cases, in JSON; - is standard input. A case has a request (principal, action, resource,
context), policies (identity, resource, boundary, session, scp, rcp) and, if you want it checked, expect:

  {"request": {"principal": {"Service": "lambda.amazonaws.com"}, "action": "ecr:BatchGetImage",
               "resource": "arn:aws:ecr:eu-central-1:813835382529:repository/lambda-another-account",
               "context": {"aws:SourceArn": "arn:aws:lambda:eu-central-1:592444418872:function:f"}},
   "policies": {"resource": {"Version": "2012-10-17", "Statement": [ ... ]}},
   "expect": {"decision": "allowed"}}

  labkit evaluate cases.json
  labkit evaluate cases.json --json --expect denied
  cat case.json | labkit evaluate -

Exits with 0 if every expectation is met, and where nothing is expected, if the request is allowed; else with 1.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from labkit.errors import UsageError
from labkit.ground.text import visible

if TYPE_CHECKING:
    from labkit.iam import Decision
    from labkit.iam.cases import Case


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``labkit evaluate``."""
    parser.add_argument(
        "file", metavar="FILE", help="a JSON file with one case or a list of cases; - for standard input"
    )
    parser.add_argument("--json", action="store_true", help="print the answers as JSON on stdout")
    parser.add_argument("--expect", choices=("allowed", "denied"), help="what every case must be decided as")


def run(args: argparse.Namespace) -> int:
    """Decide the cases; 0 when all came out as expected."""
    from labkit.iam.cases import read_cases

    try:
        cases = read_cases(read_file(args.file))
    except UsageError as error:
        raise UsageError(f"{args.file}: {error}") from None
    if args.expect:
        cases = [case._replace(expect={**case.expect, "decision": args.expect}) for case in cases]
    answers = [(case, case.decide()) for case in cases]
    if args.json:
        print(json.dumps([_data(*answer) for answer in answers], indent=2))
    else:
        _show(answers)
    return 0 if all(_good(*answer) for answer in answers) else 1


def read_file(name: str) -> str:
    """The text of a file, or of standard input for ``-``. Raises UsageError for what cannot be read."""
    try:
        if name == "-":
            return sys.stdin.read()
        with open(name, encoding="utf-8") as file:  # noqa: PTH123  # a name that the caller typed, as it is
            return file.read()
    except UnicodeDecodeError:
        raise UsageError("It is not a text in UTF-8.") from None
    except OSError as error:
        raise UsageError(f"It cannot be read: {error.strerror}.") from None


def _good(case: Case, decision: Decision) -> bool:
    return not case.missed(decision) if case.expect else decision.allowed


def _data(case: Case, decision: Decision) -> dict[str, Any]:
    expected = {"missed": case.missed(decision)} if case.expect else {}
    return {"id": case.id, **decision.to_dict(), **expected}


def _show(answers: Sequence[tuple[Case, Decision]]) -> None:
    """A line for each case; the whole tree for the only one, and for one that came out other than expected."""
    from rich.console import Console

    from labkit.cli.terminal.decisions import decision_tree

    console = Console(highlight=False, emoji=False)
    for case, decision in answers:
        missed = case.missed(decision)
        verdict = "allowed" if decision.allowed else "denied"
        title = f" {case.title}" if case.title else ""
        if len(answers) > 1:
            mark = "✗" if missed else "✓" if case.expect else "·"
            console.print(visible(f"{mark} {case.id}: {verdict}.{title}"), markup=False)
        if missed or len(answers) == 1:
            console.print(decision_tree(decision))
        for sentence in missed:
            console.print(visible(f"  not as expected: {sentence}"), markup=False)
    if len(answers) > 1:
        console.print(f"{len(answers)} cases, {sum(bool(c.missed(d)) for c, d in answers)} not as expected.")
