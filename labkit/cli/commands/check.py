"""Check a policy: what AWS would refuse in it, and what AWS accepts and people regret.

Each finding says what is wrong, at which line and JSON pointer, what to write instead, and which page of AWS's
documentation says so. Nothing is asked of AWS: the check works offline. Without --kind the kind of policy is taken
from its content, and said. Exits 0 when there is no error, 1 when there is one (--strict: or a warning). Notes are
good to know and count for nothing: a repository policy may be right for another purpose than functions. With --for
lambda it is for them, and whatever keeps Lambda from getting the image for a function of --function-account is an
error: Lambda and, across accounts, a caller who creates the function must both be let in. Where --registry-account, or
the answer of aws ecr get-repository-policy, does not say whose the repository is, the caller is asked for too.

  labkit check repository-policy.json
  labkit check --kind trust lambda-trust-policy.json
  labkit check --for lambda --function-account 592444418872 repository-policy.json
  aws ecr get-repository-policy --repository-name app | labkit check -
  labkit check --sarif policy.json > policy.sarif
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from labkit.cli.documents import read_file
from labkit.errors import UsageError
from labkit.ground.text import visible

if TYPE_CHECKING:
    from labkit.check import LambdaPull, Report

# The names stand here too, so that --help and wrong usage answer without loading the check; a test compares them.
KIND_NAMES = (
    "ecr-repository",
    "ecr-registry",
    "identity",
    "managed",
    "session",
    "trust",
    "scp",
    "rcp",
    "vpc-endpoint",
    "resource",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``labkit check``."""
    parser.add_argument("policy", metavar="POLICY.json", help="the policy's file, or - for standard input")
    parser.add_argument("--kind", choices=KIND_NAMES, help="what kind of policy it is (default: guessed)")
    parser.add_argument(
        "--strict", action="store_true", help="warnings count as well: exit 1 for any finding but notes"
    )
    parser.add_argument(
        "--for",
        dest="purpose",
        choices=("lambda",),
        help="what a repository policy is for: whatever keeps Lambda from getting an image is an error",
    )
    parser.add_argument("--function-account", metavar="NUMBER", help="whose functions (default: all that it names)")
    parser.add_argument("--registry-account", metavar="NUMBER", help="who owns the repository (default: not known)")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print the findings as JSON")
    form.add_argument("--sarif", action="store_true", help="print the findings as SARIF 2.1.0 for code scanning")


def run(args: argparse.Namespace) -> int:
    """Check the policy and print the report; 1 when something counts against it."""
    from labkit.check import DOCUMENT_KINDS, check
    from labkit.check.sarif import sarif

    pull = _pull(args)
    name = "standard input" if args.policy == "-" else args.policy
    report = check(read_file(args.policy), DOCUMENT_KINDS[args.kind] if args.kind else None, pull)
    passes = report.passes(strict=args.strict)
    if args.sarif:
        print(json.dumps(sarif(report, "stdin" if args.policy == "-" else Path(name).as_posix()), indent=2))
    elif args.json:
        print(json.dumps({"file": name, "ok": passes, **report.to_dict()}, indent=2))
    else:
        print(visible("\n".join(lines(report, name))))
    return 0 if passes else 1


def _pull(args: argparse.Namespace) -> LambdaPull | None:
    """What the policy is said to be for. Raises UsageError for options that do not go together."""
    from labkit.check import LambdaPull
    from labkit.pull.organization import ACCOUNT_ID

    given = {"--function-account": args.function_account, "--registry-account": args.registry_account}
    for option, account in given.items():
        if account and not args.purpose:
            raise UsageError(f"{option} says for whom Lambda pulls: write it with --for lambda.")
        if account and not ACCOUNT_ID.fullmatch(account):
            raise UsageError(f"{option} is an account of 12 digits, not {account!r}.")
    if not args.purpose:
        return None
    if args.kind not in (None, "ecr-repository"):
        raise UsageError(f"--for lambda is asked of a repository policy, and --kind says {args.kind}.")
    return LambdaPull(args.function_account or "", args.registry_account or "")


def lines(report: Report, name: str) -> list[str]:
    """The report as lines of text: each finding as ``file:line:column``, which editors follow."""
    found = [f"{name}: {_read_as(report)}"]
    for each in report.findings:
        found += [
            f"{name}:{each.line}:{each.column}: {each.severity}: {each.rule.title} [{each.rule.id}]",
            f"    at       {each.pointer or 'the whole policy'}",
            f"    problem  {each.problem}",
            f"    instead  {each.instead}",
            *([f"    AWS      {each.aws}"] if each.aws else []),
            f"    source   {each.rule.source}",
        ]
    return [*found, _summary(report)]


def _read_as(report: Report) -> str:
    """What the text was taken for, and why."""
    if report.kind is None:
        return "no JSON, so no policy could be read"
    why = f", because {report.why}" if report.why else ""
    guessed = " (--kind says otherwise)" if report.guessed else ""
    inside = "; lines are those of the policy itself" if report.inside else ""
    asked = f", for functions of {', '.join(report.functions_of)}" if report.functions_of else ""
    return f"read as {report.kind.label}{asked}{why}{guessed}{inside}"


def _summary(report: Report) -> str:
    counts = [(report.count(severity), severity) for severity in ("error", "warning", "note")]
    listed = [f"{count} {severity}{'s' * (count != 1)}" for count, severity in counts if count]
    return ", ".join(listed) if listed else "nothing found"
