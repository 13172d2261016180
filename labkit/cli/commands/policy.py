"""Print a ready policy: for a repository, the smallest that lets Lambda pull in one of the article's scenarios.

  labkit policy same-account
  labkit policy cross-account --account 592444418872
  labkit policy organization --org-id o-exampleorgid
  labkit policy organization-paths --org-path 'o-exampleorgid/r-ab12/ou-ab12-11111111/*'
  labkit policy diagnose-reader

diagnose-reader is an identity policy: the smallest that lets 'labkit diagnose' read all that it asks for, a statement
for each of the three accounts. The others are for a repository.

--account, --org-id and --org-path may be given more than once. Without --as it is the JSON document alone; with it what
sets it: a command of the aws CLI, Terraform, CloudFormation, or the CDK:

  labkit policy cross-account --account 592444418872 --repository app --as terraform
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from labkit.cli.commands.diagnosis.output import add_format
from labkit.errors import UsageError


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
        "diagnose-reader": PolicyKind(None, str, reader_policy),
    }


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``labkit policy``."""
    parser.add_argument("kind", metavar="KIND", help="one of those above, such as cross-account")
    parser.add_argument("--account", action="append", metavar="NUMBER", help="an account that owns functions")
    parser.add_argument("--org-id", action="append", metavar="ID", help="an organization, o-…")
    parser.add_argument("--org-path", action="append", metavar="PATTERN", help="an organization path, o-…/r-…/ou-…/*")
    parser.add_argument("--repository", default="my-repository", metavar="NAME", help="the repository, for --as")
    add_format(parser)


def run(args: argparse.Namespace) -> int:
    """Print the policy as JSON."""
    kinds = _kinds()
    if args.kind not in kinds:
        raise UsageError(f"There is no kind of policy {args.kind!r}. The kinds are {', '.join(kinds)}.")
    kind = kinds[args.kind]
    text = json.dumps(kind.make(*_values(args, kind)), indent=2)
    print(f"{text}\n" if args.as_ in (None, "json") else _in_format(text, args), end="")
    return 0


def _in_format(text: str, args: argparse.Namespace) -> str:
    """The policy as what sets it. Raises UsageError for the one that is no repository's."""
    from labkit.diagnosis.facts import REPOSITORY_POLICY
    from labkit.diagnosis.formats import written
    from labkit.diagnosis.result import Change

    if args.kind == "diagnose-reader":
        raise UsageError("diagnose-reader is no repository's policy: it has no --as but json.")
    return written([Change(REPOSITORY_POLICY, "", args.repository, after=text)], args.as_)


def _values(args: argparse.Namespace, kind: PolicyKind) -> Sequence[str]:
    for option in ("account", "org_id", "org_path"):
        flag = f"--{option.replace('_', '-')}"
        given = getattr(args, option)
        if given and option != kind.option:
            raise UsageError(f"{flag} does not go with {args.kind}.")
        if option == kind.option and not given:
            raise UsageError(f"{args.kind} needs {flag}.")
    return [kind.check(value) for value in (getattr(args, kind.option) if kind.option else [])]
