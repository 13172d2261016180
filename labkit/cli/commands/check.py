"""Check a policy: what AWS would refuse in it, and what AWS accepts and people regret.

Each finding says what is wrong, at which line and JSON pointer, what to write instead, and which page of AWS's
documentation says so. Nothing is asked of AWS: the check works offline. Without --kind the kind of policy is taken
from its content, and said. Exits 0 when there is no error, 1 when there is one (--strict: or a warning). Notes are
good to know and count for nothing.

  labkit check repository-policy.json
  labkit check --kind trust lambda-trust-policy.json
  aws ecr get-repository-policy --repository-name app | labkit check -
  labkit check --sarif policy.json > policy.sarif
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from labkit.errors import UsageError
from labkit.ground.text import visible

if TYPE_CHECKING:
    from labkit.check import Report

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
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print the findings as JSON")
    form.add_argument("--sarif", action="store_true", help="print the findings as SARIF 2.1.0 for code scanning")


def run(args: argparse.Namespace) -> int:
    """Check the policy and print the report; 1 when something counts against it."""
    from labkit.check import DOCUMENT_KINDS, check
    from labkit.check.sarif import sarif

    name = "standard input" if args.policy == "-" else args.policy
    report = check(_read(args.policy), DOCUMENT_KINDS[args.kind] if args.kind else None)
    passes = report.passes(strict=args.strict)
    if args.sarif:
        print(json.dumps(sarif(report, "stdin" if args.policy == "-" else Path(name).as_posix()), indent=2))
    elif args.json:
        print(json.dumps({"file": name, "ok": passes, **report.to_dict()}, indent=2))
    else:
        print(visible("\n".join(lines(report, name))))
    return 0 if passes else 1


def lines(report: Report, name: str) -> list[str]:
    """The report as lines of text: each finding as ``file:line:column``, which editors follow."""
    guessed = " (guessed from its content; --kind says otherwise)" if report.guessed else ""
    inside = f", the {report.inside} of what was given; lines are those of the policy itself" if report.inside else ""
    found = [f"{name}: read as {report.kind.label}{guessed}{inside}"]
    for each in report.findings:
        found += [
            f"{name}:{each.line}:{each.column}: {each.rule.severity}: {each.rule.title} [{each.rule.id}]",
            f"    at       {each.pointer or 'the whole policy'}",
            f"    problem  {each.problem}",
            f"    instead  {each.instead}",
            *([f"    AWS      {each.aws}"] if each.aws else []),
            f"    source   {each.rule.source}",
        ]
    return [*found, _summary(report)]


def _summary(report: Report) -> str:
    counts = [(report.count(severity), severity) for severity in ("error", "warning", "note")]
    listed = [f"{count} {severity}{'s' * (count != 1)}" for count, severity in counts if count]
    return ", ".join(listed) if listed else "nothing found"


def _read(policy: str) -> str:
    try:
        raw = sys.stdin.buffer.read() if policy == "-" else Path(policy).read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"{policy} cannot be read ({reason}); name a file with a policy, or - for input.") from None
    return raw.decode("utf-8-sig", "backslashreplace")
