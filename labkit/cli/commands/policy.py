"""Print a ready policy: for a repository, the smallest that lets Lambda pull in one of the article's scenarios.

  labkit policy same-account
  labkit policy cross-account --account 592444418872
  labkit policy organization --org-id o-exampleorgid
  labkit policy organization-paths --org-path 'o-exampleorgid/r-ab12/ou-ab12-11111111/*'
  labkit policy diagnose-reader

diagnose-reader is an identity policy: the smallest that lets 'labkit diagnose' read all that it asks for, a statement
for each of the three accounts. The others are for a repository.

--account, --org-id and --org-path may be given more than once. --as writes it as a command, or as code for the tool
that keeps your infrastructure; --repository says for which repository:

  labkit policy same-account --as terraform --repository arn:aws:ecr:eu-central-1:813835382529:repository/app
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labkit.cli.commands.diagnosis.output import add_form, print_form
from labkit.errors import UsageError

if TYPE_CHECKING:
    from labkit.diagnosis.result import Change

_READER = "diagnose-reader"
_SOME_REPOSITORY = "my-repository"
_NOT_KNOWN = ""  # what the policy is now


@dataclass(frozen=True, slots=True)
class PolicyKind:
    """A kind of policy: the option that it needs (None: none), how a value is checked, and what makes the document."""

    option: str | None
    check: Callable[[str], str]
    make: Callable[..., dict[str, object]]


def _kinds() -> dict[str, PolicyKind]:
    from labkit.diagnosis.evidence.plan.reader import reader_policy
    from labkit.pull import organization, policies

    return {
        "same-account": PolicyKind(None, str, policies.same_account),
        "cross-account": PolicyKind("account", organization.check_account, policies.cross_account),
        "organization": PolicyKind("org_id", organization.check_organization_id, policies.organization),
        "organization-paths": PolicyKind("org_path", organization.check_organization_path, policies.organization_paths),
        _READER: PolicyKind(None, str, reader_policy),
    }


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``labkit policy``."""
    parser.add_argument("kind", metavar="KIND", help="one of those above, such as cross-account")
    parser.add_argument("--account", action="append", metavar="NUMBER", help="an account that owns functions")
    parser.add_argument("--org-id", action="append", metavar="ID", help="an organization, o-…")
    parser.add_argument("--org-path", action="append", metavar="PATTERN", help="an organization path, o-…/r-…/ou-…/*")
    parser.add_argument("--repository", metavar="NAME|ARN", help="the repository, for the forms of --as that name it")
    add_form(parser, "print it in this form; else as JSON")


def run(args: argparse.Namespace) -> int:
    """Print the policy, as JSON or in the form that was asked for."""
    kinds = _kinds()
    if args.kind not in kinds:
        raise UsageError(f"There is no kind of policy {args.kind!r}. The kinds are {', '.join(kinds)}.")
    kind = kinds[args.kind]
    if args.repository and args.kind == _READER:
        raise UsageError(f"--repository does not go with {args.kind}.")
    text = json.dumps(kind.make(*_values(args, kind)), indent=2)
    if args.form is None:
        print(text)
    else:
        print_form(*_written(args, text))
    return 0


def _written(args: argparse.Namespace, text: str) -> tuple[tuple[Change, ...], str, str, str]:
    """The policy as a change, the form, its region, and what is to be said beside it."""
    from labkit.diagnosis import facts
    from labkit.diagnosis.result import Change
    from labkit.iam import arn as arns

    if args.kind == _READER:
        return (Change(facts.IDENTITY_POLICY, "", "LabkitDiagnoseReader", after=text),), args.form, "", ""
    named = args.repository or _SOME_REPOSITORY
    arn = arns.split(named)
    if arn is not None and not (arn.is_a("ecr", "repository") and arn.resource_id):
        raise UsageError(f"{named!r} is not the ARN of a repository, such as {_EXAMPLE}.")
    account, region, name = (arn.account, arn.region, arn.resource_id) if arn else ("", "", named)
    change = Change(facts.REPOSITORY_POLICY, account, name, _NOT_KNOWN, text)
    hint = (
        ""
        if args.repository or args.form == "json"
        else f"Put your repository's name for {name}, or give --repository."
    )
    return (change,), args.form, region, hint


_EXAMPLE = "arn:aws:ecr:eu-central-1:813835382529:repository/app"


def _values(args: argparse.Namespace, kind: PolicyKind) -> Sequence[str]:
    for option in ("account", "org_id", "org_path"):
        flag = f"--{option.replace('_', '-')}"
        given = getattr(args, option)
        if given and option != kind.option:
            raise UsageError(f"{flag} does not go with {args.kind}.")
        if option == kind.option and not given:
            raise UsageError(f"{args.kind} needs {flag}.")
    return [kind.check(value) for value in (getattr(args, kind.option) if kind.option else [])]
