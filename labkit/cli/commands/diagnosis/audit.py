"""Hold every repository of a registry against every account: who can create functions from it, pull, push.

It finds what should not stay: repositories that are open to everyone or to the whole organization, accounts that are
foreign or closed, statements that lock services out, images that Lambda refuses, images in use that a lifecycle rule
will take. It reads only: a folder of saved answers (--offline, nothing is asked and nothing need be installed), or an
account by its profile. What may not be read is listed as not known, and the rest is told.

Exits 0 without findings of severity error, 1 with one, 2 where what was typed is wrong. With --baseline only findings
count that the earlier report (--json) has not.

  labkit audit --offline saved-answers
  labkit audit --registry-profile registry --management-profile organization --html audit.html
  labkit audit --offline saved-answers --json > audit.json
  labkit audit --offline saved-answers --baseline audit.json
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from labkit.errors import UsageError
from labkit.ground.text import visible

if TYPE_CHECKING:
    from labkit.diagnosis.audit.report import Report
    from labkit.diagnosis.evidence.answers import Answers
    from labkit.ground.progress import Progress


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``labkit audit``."""
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--offline", metavar="DIR", type=Path, help="read the answers saved in a folder")
    source.add_argument("--registry-profile", metavar="P", help="the AWS profile of the registry's account")
    parser.add_argument(
        "--management-profile", metavar="M", help="the profile of the organization's management account"
    )
    parser.add_argument(
        *("--workload-profile",),
        metavar="W",
        action="append",
        default=[],
        help="a profile of an account with functions, for the images in use (may be given again)",
    )
    parser.add_argument(
        "--registry-account", metavar="ACCOUNT", default="", help="which registry, where a folder has several"
    )
    parser.add_argument("--region", default="", help="the registry's region (default: the profile's, or the folder's)")
    parser.add_argument("--baseline", metavar="FILE", help="an earlier --json report: only what is new counts")
    parser.add_argument("--save", metavar="DIR", type=Path, help="keep the answers in a folder, for --offline")
    parser.add_argument("--html", metavar="FILE", type=Path, help="write the report with a heat map as one HTML file")
    parser.add_argument("--redact", action="store_true", help="replace account numbers, names and ids, each time alike")
    form = parser.add_mutually_exclusive_group()
    for name, what in (("json", "JSON"), ("csv", "CSV"), ("sarif", "SARIF 2.1.0 for code scanning")):
        form.add_argument(
            f"--{name}", dest="form", action="store_const", const=name, default="text", help=f"print {what}"
        )


def run(args: argparse.Namespace) -> int:
    """Audit, print the report, and return 1 where there is an error in it."""
    from labkit.check.rules import ERROR
    from labkit.cli.documents import LONGEST_LIST, read_file
    from labkit.diagnosis.audit.baseline import known_before, only_new
    from labkit.diagnosis.audit.reading import estate
    from labkit.diagnosis.audit.report import audit
    from labkit.ground.progress import Progress

    known = known_before(read_file(args.baseline, LONGEST_LIST), args.baseline) if args.baseline else None
    progress = Progress()
    with progress.step("reading", after=2):
        evidence = _evidence(args, progress)
    with progress.step("asking every repository about every account", after=2):
        found = estate(evidence.answers, args.registry_account, args.region)
        report = audit(found, evidence.time, progress.activity).having_not_read(evidence.bad)
    if known is not None:
        report = only_new(report, known)
    if args.redact:
        from labkit.diagnosis.audit.redacting import redacted

        report = redacted(report)
    if args.html:
        _write_page(args.html, report)
    sys.stdout.writelines(f"{line}\n" for line in _printed(report, args))
    return 1 if report.count(ERROR) else 0


class _Evidence(NamedTuple):
    """What was read: answers, when, and a sentence for each file that could not be."""

    answers: Answers
    time: datetime
    bad: tuple[str, ...] = ()


def _evidence(args: argparse.Namespace, progress: Progress) -> _Evidence:
    from labkit.diagnosis.evidence.folder import read

    if args.offline is None:
        return _live(args, progress)
    if args.management_profile or args.workload_profile or args.save:
        raise UsageError("--offline reads a folder and asks nobody: leave the profiles and --save out.")
    folder = read(args.offline)
    return _Evidence(folder.answers, folder.time or datetime.now(UTC), folder.bad)


def _live(args: argparse.Namespace, progress: Progress) -> _Evidence:
    from labkit.diagnosis.evidence.answers import Answers
    from labkit.remedy.auditing import collect, open_accounts

    accounts = open_accounts(args.registry_profile, args.management_profile, args.workload_profile, args.region or None)
    found = _Evidence(Answers(collect(accounts, progress.activity)), datetime.now(UTC))
    if args.save:
        _save(args.save, found, {"registry": accounts.registry.account, "region": accounts.registry.region})
    return found


def _save(path: Path, found: _Evidence, question: Mapping[str, str]) -> None:
    from labkit.diagnosis.evidence.folder import write

    try:
        write(path, found.answers, question, found.time)
    except OSError as error:
        raise UsageError(f"{path}: It cannot be written: {error.strerror}.") from None


def _printed(report: Report, args: argparse.Namespace) -> Iterator[str]:
    from labkit.diagnosis.audit import shown

    if args.form == "json":
        yield json.dumps(report.to_dict(), indent=2, ensure_ascii=True)
    elif args.form == "sarif":
        yield json.dumps(shown.sarif(report, (args.offline or Path("audit")).as_posix()), indent=2)
    elif args.form == "csv":
        yield shown.table(report).rstrip("\n")
    else:
        yield from map(visible, shown.lines(report))


def _write_page(path: Path, report: Report) -> None:
    from labkit.diagnosis.audit.shown.page import page
    from labkit.ground.files import write_atomically

    try:
        write_atomically(path, page(report).encode())
    except OSError as error:
        raise UsageError(f"{path} cannot be written ({(error.strerror or str(error)).lower()}).") from None
