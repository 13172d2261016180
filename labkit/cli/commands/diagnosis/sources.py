"""Where the answers come from: profiles, the lab, a folder, a pasted error; shared by diagnose and collect."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from labkit.cli.documents import LONGEST_LIST, read_file
from labkit.errors import UsageError

if TYPE_CHECKING:
    from labkit.diagnosis.asked import Asked
    from labkit.diagnosis.result import Diagnosis
    from labkit.remedy.diagnosing import Source

_PROFILES = (
    ("workload", "of the function's account (--profile is the same)"),
    ("registry", "of the repository's account"),
    ("management", "that may read the organization"),
)


def add_profiles(group: argparse._ArgumentGroup) -> None:
    """The profiles of the accounts, the region, and what would be asked of them."""
    add_sides(group)
    group.add_argument("--region", default="", help="the function's region (default: the image's)")
    group.add_argument("--plan", action="store_true", help="print every call that would be made, and make none")


def add_sides(group: argparse._ArgumentGroup) -> None:
    """The profiles of the accounts."""
    for side, whose in _PROFILES:
        options = [f"--{side}-profile", *(["--profile"] if side == "workload" else [])]
        group.add_argument(*options, dest=f"{side}_profile", metavar="NAME", help=f"the AWS profile {whose}")


def add_error(group: argparse._ArgumentGroup) -> None:
    """A pasted error."""
    text = group.add_mutually_exclusive_group()
    text.add_argument("--error", metavar="TEXT", help="the error as your tool printed it")
    text.add_argument("--error-file", metavar="FILE", help="a file with it, - for standard input")


def error_of(args: argparse.Namespace) -> str:
    """The pasted error; empty where there is none. Raises UsageError for a file that cannot be read."""
    return read_file(args.error_file, LONGEST_LIST) if args.error_file else args.error or ""


def source(args: argparse.Namespace, asked: Asked, *, beside_lab: bool = False) -> Source | None:
    """Whom to ask: the profiles that were given, else the lab that runs; None where there is neither."""
    from labkit.remedy.diagnosing import source_of

    given = {side: getattr(args, f"{side}_profile") for side, _ in _PROFILES}
    return source_of({side: name for side, name in given.items() if name}, asked, beside_lab=beside_lab)


def required(found: Source | None) -> Source:
    """The source. Raises UsageError where there is none."""
    if found is None:
        raise UsageError(
            "There is nobody to ask: give --workload-profile and --registry-profile (one is enough to begin), or start "
            "the lab (labkit up)."
        )
    return found


def print_plan(asked: Asked, source: Source) -> None:
    """Every call that would be made, in order."""
    from labkit.cli.terminal.printing import say
    from labkit.diagnosis.evidence.plan.expected import planned
    from labkit.remedy.diagnosing import expected_question

    for each in planned(expected_question(asked), tuple(source.openers)):
        say(str(each))


def progress() -> Callable[[str], None]:
    """Shows on a terminal what is being read, on one line."""
    if not sys.stderr.isatty():
        return lambda _detail: None
    return lambda detail: print(f"\r\x1b[Kreading: {detail}", end="", file=sys.stderr, flush=True)


def end_progress() -> None:
    """Takes that line away."""
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def live(question: Asked, whom: Source, error: str) -> Diagnosis:
    """The diagnosis by asking, with what is being read shown meanwhile."""
    from labkit.remedy.diagnosing import diagnose_live

    try:
        return diagnose_live(question, whom, error, progress())
    finally:
        end_progress()
