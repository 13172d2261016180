"""The smallest change that mends the causes of a case, proved and bounded.

    layout        a changed document in its text, and a diff        drafts       documents that are being mended
    asking        the requests that a cause bars                    conditions   a condition of an Allow that fails
    statements    statements that let a party in                    denies       statements that deny, narrowed
    mending       the table: how a document mends each cause        calls        causes that a call mends
    proof         the decision before and after, and what opens     alternatives other legitimate ways
    letter        a text for the registry's owner                   next_steps   what comes after

A round mends what was found; the question is asked again with what has been changed, and what is found then is mended
in the next round, until nothing is left or nothing changes.
"""

from __future__ import annotations

from collections.abc import Iterable

from labkit.diagnosis.case import Case
from labkit.diagnosis.facts import Facts
from labkit.diagnosis.fixing.alternatives import alternatives
from labkit.diagnosis.fixing.calls import calls, is_last, made
from labkit.diagnosis.fixing.drafts import Drafts, changed, fits
from labkit.diagnosis.fixing.letter import letter
from labkit.diagnosis.fixing.mending import mend
from labkit.diagnosis.fixing.next_steps import next_steps
from labkit.diagnosis.fixing.proof import is_proved, probes, remaining
from labkit.diagnosis.result import LAMBDA_SIDE, POSSIBLE, Cause, Change, Fix

__all__ = ["after", "fix", "next_steps"]

_ROUNDS = 5


def fix(case: Case, causes: tuple[Cause, ...]) -> Fix | None:
    """The changes that mend these causes; None where no change does.

    In one account it may hang on a caller whom nobody knows: what lets Lambda in whoever calls is a fix there, too.
    """
    hangs_on_caller = case.adds is None
    wanted = (each for each in causes if each.certainty != POSSIBLE or (hangs_on_caller and each.party == LAMBDA_SIDE))
    changes = _changes(case, tuple(wanted))
    if not changes:
        return None
    then = Case(after(case.facts, changes))
    changes = _naming(changes, causes, remaining(then))
    opens = probes(case, then)
    return Fix(
        changes,
        is_proved(then) and all(map(fits, changes)),
        opens,
        alternatives(case, changes),
        letter(case, causes, changes, opens),
    )


def _naming(changes: tuple[Change, ...], causes: Iterable[Cause], left: Iterable[Cause]) -> tuple[Change, ...]:
    """The changes, each with every cause that it mends: mending a statement for one may mend another with it."""
    still = {(each.id, each.where) for each in left}
    gone = [each for each in causes if each.certainty != POSSIBLE and (each.id, each.where) not in still]
    return tuple(
        each._replace(causes=tuple(dict.fromkeys((*each.causes, *(cause.id for cause in gone if _is_in(cause, each))))))
        for each in changes
    )


def _is_in(cause: Cause, change: Change) -> bool:
    where = cause.where
    place = (change.kind, change.account, change.name)
    return change.call is None and (where.kind, where.account, where.name) == place


def after(facts: Facts, changes: tuple[Change, ...]) -> Facts:
    """The facts as they are once all changes are made."""
    return changed(made(facts, changes), changes)


def _changes(case: Case, causes: tuple[Cause, ...]) -> tuple[Change, ...]:
    drafts, made_calls, state = Drafts(case.facts), list[Change](), case
    changes: tuple[Change, ...] = ()
    for _ in range(_ROUNDS):
        for cause in causes:
            mend(drafts, state, cause)
            made_calls += [each for each in calls(state, cause) if each not in made_calls]
        found = _ordered(made_calls, drafts)
        if found == changes:
            break
        changes, state = found, Case(after(case.facts, found))
        causes = remaining(state)
        drafts.settle()
    return changes


def _ordered(made_calls: list[Change], drafts: Drafts) -> tuple[Change, ...]:
    """Calls that make what is missing, documents, and what is done with the function."""
    first = (each for each in made_calls if not is_last(each))
    return (*first, *drafts.changes(), *(each for each in made_calls if is_last(each)))
