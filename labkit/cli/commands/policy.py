"""Print a ready policy: for a repository, the smallest that lets Lambda pull in one of the article's scenarios.

  labkit policy same-account
  labkit policy cross-account --account 592444418872
  labkit policy organization --org-id o-exampleorgid
  labkit policy organization-paths --org-path 'o-exampleorgid/r-ab12/ou-ab12-11111111/*'
  labkit policy diagnose-reader

diagnose-reader is an identity policy: the smallest that lets 'labkit diagnose' read all that it asks for, a statement
for each of the three accounts. The others are for a repository.

--account, --org-id and --org-path may be given more than once. Apply it with
aws ecr set-repository-policy --repository-name NAME --policy-text file://policy.json
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

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


def run(args: argparse.Namespace) -> int:
    """Print the policy as JSON."""
    kinds = _kinds()
    if args.kind not in kinds:
        raise UsageError(f"There is no kind of policy {args.kind!r}. The kinds are {', '.join(kinds)}.")
    kind = kinds[args.kind]
    print(json.dumps(kind.make(*_values(args, kind)), indent=2))
    return 0


def _values(args: argparse.Namespace, kind: PolicyKind) -> Sequence[str]:
    for option in ("account", "org_id", "org_path"):
        flag = f"--{option.replace('_', '-')}"
        given = getattr(args, option)
        if given and option != kind.option:
            raise UsageError(f"{flag} does not go with {args.kind}.")
        if option == kind.option and not given:
            raise UsageError(f"{args.kind} needs {flag}.")
    return [kind.check(value) for value in (getattr(args, kind.option) if kind.option else [])]
