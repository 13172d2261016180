"""Takes back what ``labkit diagnose --apply`` wrote: the latest run, its last change first.

A document is restored only where what AWS has is still what was written; where somebody has changed it since, nothing
is taken back, and they are told.
"""

from __future__ import annotations

from collections.abc import Callable

from botocore.exceptions import ClientError

from labkit.diagnosis.facts import CALL
from labkit.diagnosis.result import Change
from labkit.errors import LabError
from labkit.remedy import there
from labkit.remedy.kept import KeptChange, KeptRun
from labkit.remedy.there import Accounts


def undo(run: KeptRun, accounts: Accounts, report: Callable[[str], None] = lambda _sentence: None) -> None:
    """Takes back a run (`labkit.remedy.kept.newest` finds the latest one).

    Raises LabError where a document is no longer what was written, before anything is changed, and where AWS does not
    take an old document back: what was there stays kept then.
    """
    for change in run.changes:
        _check(accounts, change)
    while run.changes:
        change = run.changes[-1]
        if _check(accounts, change):
            _take_back(run, change, accounts)
        run.changes.pop()
        run.save()
        report(_done(change))
    run.forget()


def _take_back(run: KeptRun, change: KeptChange, accounts: Accounts) -> None:
    try:
        for call in change.back:
            there.make(accounts, change.account, call)
    except ClientError as error:
        said, what = error.response["Error"]["Message"], f"the {change.kind.replace('-', ' ')} {change.name}"
        raise LabError(
            f"AWS does not take {what} in account {change.account} back: {said} It stays as --apply wrote it, "
            f"and {run.path} keeps the old text."
        ) from None


def _done(change: KeptChange) -> str:
    if change.kind == CALL:
        return f"What was done with {change.name} in account {change.account} has been taken back."
    return f"The {change.kind.replace('-', ' ')} {change.name} in account {change.account} is as it was before."


def _check(accounts: Accounts, change: KeptChange) -> bool:
    """Whether there is something to take back: not where the change was never made. Raises LabError."""
    if change.written is None:
        return True
    where = Change(*(change.kind, change.account, change.name), attached_to=change.attached_to, inline=change.inline)
    now = there.read(accounts, where)
    if there.is_same(now, change.written):
        return True
    if there.is_same(now, change.before):
        return False
    raise LabError(
        f"The {change.kind.replace('-', ' ')} {change.name} in account {change.account} is not what --apply wrote: "
        "somebody has changed it since. It was left as it is."
    )
