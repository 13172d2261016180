"""A text to hand to the registry's owner, where whoever has the error may not mend it: across accounts.

It says which account, repository and statement, the command, why, and what it opens. Nothing in it is secret: account
numbers and names of the two sides, and nothing of anybody's credentials or other policies.
"""

from __future__ import annotations

from collections.abc import Sequence

from labkit.diagnosis.case import Case
from labkit.diagnosis.formats.shell import command
from labkit.diagnosis.result import Cause, Change, Probe
from labkit.ground.text import visible


def letter(case: Case, causes: Sequence[Cause], changes: Sequence[Change], opens: Sequence[Probe]) -> str:
    """The text; empty where all that is to be changed is in the account of whoever has the error."""
    uri, function = case.uri, case.facts.question.function
    if uri is None or function is None or not case.crosses:
        return ""
    theirs = [each for each in changes if each.account == uri.account]
    if not theirs:
        return ""
    reasons = [f"- {each.sentence}" for each in causes if any(each.id in change.causes for change in theirs)]
    opened = [f"- {each.probe}" for each in opens if each.after and not each.before]
    parts = [
        f"Please let AWS Lambda in account {function.account} pull from the ECR repository {uri.repository} in account "
        f"{uri.account}, region {uri.region}. It is for {case.facts.question.whose}; the image is {uri}.",
        "Why it is refused now:\n" + "\n".join(reasons),
        *(_change(each, uri.region) for each in theirs),
        "What this opens:\n" + ("\n".join(opened) if opened else "- nothing but this pull"),
    ]
    return visible("\n\n".join(parts))


def _change(change: Change, region: str) -> str:
    what = change.kind.replace("-", " ")
    head = (
        f"What to change in account {change.account}: the {what} of {change.name}."
        if change.call is None
        else (f"What to do in account {change.account}:")
    )
    shown = "" if change.before is None else change.diff
    return "\n\n".join(part for part in (head, shown, command(change, region)) if part)
