"""Makes the changes of a fix: what was shown is written byte for byte, and nothing else.

    plan     which changes are made and which are left, each with the reason
    apply    reads each document again just before, refuses where it is another one, keeps the old one, writes

ECR has no conditional write, so that a change which somebody else makes between that reading and the writing is lost;
the gap is one call long.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from labkit.diagnosis import facts as f
from labkit.diagnosis.fixing.drafts import fits
from labkit.diagnosis.result import Change, Fix
from labkit.errors import LabError, UsageError
from labkit.ground.text import visible
from labkit.remedy import kept, lab_calls, there
from labkit.remedy.kept import KeptChange, KeptRun
from labkit.remedy.there import Accounts

GAP = "ECR cannot be told to write only where nothing has changed: what others write within that moment is lost."
"""What is said of the gap between reading and writing."""


class Left(NamedTuple):
    """A change that is not made, and why."""

    change: Change
    reason: str


class Plan(NamedTuple):
    """The changes that are made, in their order, and those that are left."""

    changes: tuple[Change, ...]
    left: tuple[Left, ...]


def plan(fix: Fix, accounts: Accounts, *, change_guard_rails: bool = False) -> Plan:
    """Which changes of a fix are made. Nothing is read or changed."""
    reasons = [(each, _reason_to_leave(each, accounts, change_guard_rails)) for each in fix.changes]
    return Plan(
        tuple(change for change, reason in reasons if reason is None),
        tuple(Left(change, reason) for change, reason in reasons if reason is not None),
    )


def _reason_to_leave(change: Change, accounts: Accounts, guard_rails: bool) -> str | None:
    if change.guard_rail and not guard_rails:
        return "It is a guard rail, which others keep: --change-guard-rails lets --apply change it."
    if change.kind == f.CALL and not accounts.in_lab:
        return "It is more than a policy: make this call yourself."
    if not fits(change):
        return f"It would be {len(change.after):,} characters long, which is more than ECR takes."
    if change.kind == f.SESSION_POLICY:
        return "A session keeps its policy: pass the changed one when the role is assumed again."
    if change.call is not None and change.call[0] == "docker":
        return None
    if change.call is not None and change.call[1] == "create-function" and "Role" not in change.call[2]:
        return "The function's execution role is not known: give --execution-role."
    service = change.call[0] if change.call is not None else "sts"
    try:
        accounts.client(change.account, service)
    except UsageError as error:
        return str(error)
    return None


def shown(changes: Plan) -> str:
    """What is about to be made and what is left, as text to be confirmed."""
    made = [f"{_what(each)}\n{each.diff}" if each.call is None else _what(each) for each in changes.changes]
    left = [f"Left: {_what(each.change)}. {each.reason}" for each in changes.left]
    gap = [GAP] if any(each.kind == f.REPOSITORY_POLICY for each in changes.changes) else []
    return visible("\n\n".join([*made, *left, *gap]))


def _what(change: Change) -> str:
    if change.call is not None:
        service, operation, parameters = change.call
        return f"{service} {operation} in account {change.account}: {dict(parameters)}"
    verb = "Make" if change.before is None else "Change"
    return f"{verb} the {change.kind.replace('-', ' ')} {change.name} in account {change.account}"


def apply(
    changes: Plan,
    accounts: Accounts,
    home: Path,
    report: Callable[[str], None] = lambda _sentence: None,
    region: str = "",
) -> Path | None:
    """Makes the planned changes, in a region; returns the file that keeps what was there, None where there was none.

    Everything is read first: where any document is another one than that which was shown, nothing is changed. Raises
    LabError then, and ClientError for what AWS refuses; what had been written by then is kept for ``labkit undo``.
    """
    if not changes.changes:
        return None
    for change in changes.changes:
        _check(accounts, change)
    run = kept.begin(home, region)
    for change in changes.changes:
        _check(accounts, change)
        _make(accounts, change, run)
        report(f"{_what(change)}: done.")
    return run.path


def _check(accounts: Accounts, change: Change) -> None:
    if change.call is None and not there.is_same(there.read(accounts, change), change.before):
        raise LabError(
            f"The {change.kind.replace('-', ' ')} {change.name} in account {change.account} has changed since it was "
            "read, and was left as it is. Diagnose again; 'labkit undo' takes back what had been written before."
        )


def _make(accounts: Accounts, change: Change, run: KeptRun) -> None:
    """Makes one change, which is kept before it is made and once it is."""
    where = (change.kind, change.account, change.name)
    if change.call is not None:
        run.changes.append(KeptChange(*where, lab_calls.way_back(accounts, change)))
        run.save()
        lab_calls.make_in_lab(accounts, change)
        return
    back, whose = there.way_back(accounts, change), (change.attached_to, change.inline)
    run.changes.append(KeptChange(*where, back, change.before, change.after, *whose))
    run.save()
    run.changes[-1].back += there.write(accounts, change)
    run.save()
    if not there.is_same(there.read(accounts, change), change.after):
        raise LabError(f"The {change.kind} {change.name} was written, and AWS shows another one now. Diagnose again.")
