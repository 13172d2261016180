"""Decide requests from a file, and compare the answers with what is expected of them.

FILE holds a case, or a list of cases, in JSON; - is standard input. A case has a request (principal, action, resource,
context), policies (identity, resource, registry, boundary, session, scp, rcp, vpc_endpoint) and, if you want it
checked, expect:

  {"request": {"principal": {"Service": "lambda.amazonaws.com"}, "action": "ecr:BatchGetImage",
               "resource": "arn:aws:ecr:eu-central-1:813835382529:repository/lambda-another-account",
               "context": {"aws:SourceArn": "arn:aws:lambda:eu-central-1:592444418872:function:f"}},
   "policies": {"resource": {"Version": "2012-10-17", "Statement": [ ... ]}},
   "expect": {"decision": "allowed"}}

  labkit evaluate cases.json
  labkit evaluate cases.json --json --expect denied
  cat case.json | labkit evaluate -

Keys that every request carries on AWS need not be given: the principal's ARN and account, and whose resource it is.
Where AWS would not store one of the policies, the answer says so.

Exits with 0 if every expectation is met, and where nothing is expected, if the request is allowed with policies that
AWS would store; else with 1, and with 2 where a case cannot be read; the others are decided all the same.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from labkit.cli.documents import LONGEST_LIST, read_file
from labkit.errors import UsageError

if TYPE_CHECKING:
    from labkit.iam import Decision
    from labkit.iam.cases import Case, UnreadableCase


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

    text = read_file(args.file, LONGEST_LIST)
    try:
        cases = read_cases(text)
    except UsageError as error:
        raise UsageError(f"{args.file}: {error}") from None
    answers = [_answer(case, args.expect) for case in cases]
    if args.json:
        print(json.dumps([answer.data() for answer in answers], indent=2))
    else:
        _show(answers)
    return max(answer.code for answer in answers)


def _answer(case: Case | UnreadableCase, expected: str | None) -> Answer:
    from labkit.check.stored import refusals
    from labkit.iam.cases import UnreadableCase

    if isinstance(case, UnreadableCase):
        return Answer(case.id, error=case.error)
    if expected:
        case = case._replace(expect={**case.expect, "decision": expected})
    decision = case.decide()
    refused = refusals(case.request, case.policies)
    return Answer(case.id, case, decision, case.missed(decision), refused)


class Answer(NamedTuple):
    """What came of one case: decided as it should be or not, with policies that AWS refuses, or not readable at all."""

    id: str
    case: Case | None = None
    decision: Decision | None = None
    missed: Sequence[str] = ()
    refused: Sequence[str] = ()
    error: str = ""

    @property
    def code(self) -> int:
        """What a file with this case alone exits with."""
        if self.case is None or self.decision is None:
            return 2
        good = not self.missed if self.case.expect else self.decision.allowed and not self.refused
        return 0 if good else 1

    def data(self) -> dict[str, Any]:
        """As JSON data."""
        if self.case is None or self.decision is None:
            return {"id": self.id, "error": self.error}
        expected = {"missed": self.missed} if self.case.expect else {}
        refused = {"refused": self.refused} if self.refused else {}
        found = self.decision.to_dict()
        return {"id": self.id, **found, "reasons": [*found["reasons"], *self.refused], **refused, **expected}

    @property
    def line(self) -> str:
        """In one line, with a mark before it."""
        if self.case is None or self.decision is None:
            return f"✗ {self.id}: {self.error}"
        mark = "✗" if self.missed else "✓" if self.case.expect else "·"
        verdict, title = "allowed" if self.decision.allowed else "denied", self.case.title
        return f"{mark} {self.id}: {verdict}.{f' {title}' if title else ''}"


def _show(answers: Sequence[Answer]) -> None:
    """A line for each case; the whole tree for the only one, and for one that came out other than expected."""
    from labkit.cli.terminal.printing import say, show
    from labkit.iam.words.outline import outline

    for answer in answers:
        if len(answers) > 1:
            say(answer.line)
        if answer.decision and (answer.missed or len(answers) == 1):
            show(outline(answer.decision))
        for sentence in answer.missed:
            say(f"  not as expected: {sentence}")
        for sentence in answer.refused:
            say(f"  {sentence}")
    if len(answers) > 1:
        missed, unreadable = sum(bool(each.missed) for each in answers), sum(bool(each.error) for each in answers)
        unread = f", {unreadable} that cannot be read" if unreadable else ""
        say(f"{len(answers)} cases, {missed} not as expected{unread}.")
