"""A side that no statement of the resource's documents lets in, though one is aimed at it: what that one misses by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from labkit.diagnosis.causes import beside
from labkit.diagnosis.causes.naming import begun, label, listed, mended, named, place, title
from labkit.diagnosis.causes.sides import Side
from labkit.diagnosis.causes.statements.conditions import identify
from labkit.diagnosis.causes.statements.doubts import Doubt
from labkit.diagnosis.causes.statements.targets import Change
from labkit.diagnosis.facts import REPOSITORY_POLICY
from labkit.diagnosis.result import LIKELY, POSSIBLE, Cause
from labkit.iam.parts import Part
from labkit.iam.patterns import UNKNOWN
from labkit.iam.request import Request
from labkit.iam.words.reasons import change as change_of
from labkit.iam.words.reasons import reason


def causes(side: Side, changes: Sequence[Change], doubt: Doubt) -> Iterator[Cause]:
    """A cause for each change that has to be made."""
    for change in changes:
        yield _condition(side, change, doubt) if change.part.key else _action(side, change, doubt)


def _condition(side: Side, change: Change, doubt: Doubt) -> Cause:
    statement, part, request = change.target.statement, change.part, side.requests[0]
    where = place(change.target.document, statement)
    why = reason(part, request)
    sentence = f"{refused(side)}: in {label(statement)}{_elsewhere(change)} {why}."
    cause = identify(side, statement, part)
    shown = beside.lines(part) or (f"in the policy:  {', '.join(part.wanted)}",)
    said = f"{begun(label(statement))} of {title(where)}: {part.operator} {part.key}."
    evidence = (said, *shown, _advice(cause, part, request))
    return named(
        cause,
        where,
        doubt.told(sentence),
        evidence,
        certainty=LIKELY if part.got is UNKNOWN and doubt.certainty != POSSIBLE else doubt.certainty,
        party=side.name,
        statement=statement.index,
        key=part.key,
    )


def _advice(cause: str, part: Part, request: Request) -> str:
    return mended(cause) if cause == "one-statement-for-both" else f"To mend it: {change_of(part, request)}."


def _action(side: Side, change: Change, doubt: Doubt) -> Cause:
    statement, action = change.target.statement, change.action
    wrong = change.target.misspells([each.action for each in side.requests].index(action))
    where = place(change.target.document, statement)
    of = f"{label(statement)} of {title(where)}"
    if wrong:
        sentence = f"{begun(side.who)} is not allowed to call {action}: {of} says {wrong}, which is no action of ECR."
    else:
        sentence = (
            f"{begun(side.who)} is not allowed to call {action}: {of} lets it call only half of what a pull needs."
        )
    evidence = (
        f"Action is {', '.join(statement.action.wanted)}; a pull needs {listed(e.action for e in side.requests)}.",
    )
    mend = mended("misspelt-action", meant=action, action=wrong) if wrong else mended("half-of-the-actions")
    shown = (*evidence, *(spelled(wrong, action) if wrong else ()), mend)
    return named(
        "misspelt-action" if wrong else "half-of-the-actions",
        where,
        doubt.told(sentence),
        shown,
        certainty=doubt.certainty,
        party=side.name,
        statement=statement.index,
    )


def _elsewhere(change: Change) -> str:
    """The document's name, where it is not the policy of the repository that the sentence has named."""
    where = place(change.target.document)
    return "" if where.kind == REPOSITORY_POLICY else f" of {title(where)}"


def spelled(wrong: str, right: str) -> tuple[str, str]:
    """What stands in the policy beside what the request has."""
    one, other = beside.beside(wrong, right)
    return (f"in the policy:  {one}", f"in the request: {other}")


def refused(side: Side) -> str:
    """Who is not allowed to call what on which repository."""
    uri, actions = side.case.uri, [each.request.action for each in side.decisions if not each.allowed]
    on = f" on repository {uri.repository} of account {uri.account}" if uri else ""
    return f"{begun(side.who)} is not allowed to call {listed(actions)}{on}"
