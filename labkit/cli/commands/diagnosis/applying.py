"""``--apply``: shows the changes, asks, makes them, and diagnoses again."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from labkit.errors import UsageError

if TYPE_CHECKING:
    from labkit.diagnosis.asked import Asked
    from labkit.diagnosis.facts import Question
    from labkit.diagnosis.result import Change, Diagnosis
    from labkit.remedy.diagnosing import Source


def add_apply(parser: argparse.ArgumentParser) -> None:
    """The options of making the changes."""
    group = parser.add_argument_group("making the changes")
    group.add_argument(
        "--apply", action="store_true", help="show the changes, ask, and make them; labkit undo goes back"
    )
    group.add_argument("-y", "--yes", action="store_true", help="do not ask")
    group.add_argument(
        "--change-guard-rails",
        action="store_true",
        help="also change SCPs, RCPs, boundaries and explicit denies",
    )


def check_apply(args: argparse.Namespace, whom: Source | None) -> None:
    """Raises UsageError where --apply cannot be meant."""
    if args.apply and whom is None:
        raise UsageError("--apply changes accounts: give profiles, or start the lab (labkit up), and no --offline.")
    if args.apply and not (args.yes or sys.stdin.isatty()):
        raise UsageError("Nobody is there to be asked: give --yes with --apply.")
    if args.apply and args.form:
        raise UsageError("--as writes the fix for you to make, and --apply makes it: give one of them.")
    if not args.apply and (args.yes or args.change_guard_rails):
        raise UsageError("--yes and --change-guard-rails go with --apply.")


def applied(
    diagnosis: Diagnosis, asked: Asked, whom: Source, args: argparse.Namespace, again: Callable[[Asked], Diagnosis]
) -> Diagnosis:
    """Makes the fix of a diagnosis and returns the diagnosis of afterwards; the same one where nothing was made."""
    from labkit.ground.home import home_path
    from labkit.remedy import apply as making
    from labkit.remedy.reached import of_source
    from labkit.remedy.trying import tried

    if diagnosis.fix is None:
        _say("There is nothing to change.")
        return diagnosis
    region = _region(diagnosis)
    accounts = of_source(whom.openers, region)
    plan = making.plan(diagnosis.fix, accounts, change_guard_rails=args.change_guard_rails)
    _say(f"{diagnosis.sentence}\n")
    _say(making.shown(plan))
    if not plan.changes or not (args.yes or _confirmed()):
        _say("Nothing was changed.")
        return diagnosis
    kept = making.apply(plan, accounts, home_path(), _say, region)
    _say(f"What was there before is kept in {kept}; 'labkit undo' takes the changes back.")
    after = again(_asked_again(asked, diagnosis.question, plan.changes))
    if accounts.in_lab and not plan.left:
        _say(tried(after.question, accounts))
    return since(after, diagnosis)


def since(after: Diagnosis, before: Diagnosis) -> Diagnosis:
    """The diagnosis of afterwards: what was changed a moment ago is no hint at anything, and what comes next is due."""
    if after.verdict != "can":
        return after
    causes = tuple(each for each in after.causes if each.id != "not-propagated")
    return replace(after, causes=causes, next=before.next)


def _region(diagnosis: Diagnosis) -> str:
    function = diagnosis.question.function
    return function.region if function is not None else ""


def _asked_again(asked: Asked, question: Question, changes: tuple[Change, ...]) -> Asked:
    """The question as it was understood, about the image at which the function is pointed by now."""
    image, function = question.image, question.function
    for change in changes:
        parameters = change.call[2] if change.call is not None and change.call[0] == "lambda" else {}
        image = parameters.get("ImageUri") or parameters.get("Code", {}).get("ImageUri") or image
    return replace(
        asked,
        image=image,
        function=str(function) if function else asked.function,
        operation=question.operation,
        caller=str(question.caller) if question.caller else asked.caller,
        execution_role=question.execution_role or asked.execution_role,
    )


def _say(text: str) -> None:
    """On stderr, so that --json stays JSON."""
    from labkit.ground.text import visible

    print(visible(text), file=sys.stderr)


def _confirmed() -> bool:
    from labkit.cli.terminal.words import confirmed

    return confirmed("Make these changes? [y/N] ")
