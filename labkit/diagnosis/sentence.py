"""The one sentence of a diagnosis, as one would say it to a colleague."""

from __future__ import annotations

from collections.abc import Sequence

from labkit.diagnosis.case import Case
from labkit.diagnosis.cause_table import OF_MOMENTS, RUN
from labkit.diagnosis.causes import times
from labkit.diagnosis.facts import CREATE, RESTORE, NotKnown
from labkit.diagnosis.result import CAN, CANNOT, POSSIBLE, Cause
from labkit.ground.text import visible


def bars(cause: Cause) -> bool:
    """Whether a cause stands in the way of the call or the pull as everything is now."""
    return cause.certainty != POSSIBLE and cause.stops != RUN and cause.id not in OF_MOMENTS


def sentence(case: Case, verdict: str, causes: Sequence[Cause], not_known: Sequence[NotKnown]) -> str:
    """What comes of the operation, and why."""
    named = [each for each in causes if each.certainty != POSSIBLE]
    if verdict == CANNOT:
        return visible(_refused(case, list(filter(bars, named))))
    if verdict == CAN:
        return visible(_let_in(case, named, explained=bool(causes)))
    what = f": {not_known[0].what} is not known" if not_known else ""
    return visible(f"It cannot be told whether {_lambda_gets(case)}{what}.{_only_now(case)}")


def _refused(case: Case, barring: Sequence[Cause]) -> str:
    if not barring:
        return f"{_who(case)} does not get {_image(case)}."
    more = len(barring) - 1
    others = (
        f" That is not all: {more if more > 1 else 'one'} more thing{'s' * (more > 1)} must be mended." if more else ""
    )
    return f"{barring[0].sentence}{others}"


def _let_in(case: Case, named: Sequence[Cause], *, explained: bool) -> str:
    said = f"{_lambda_gets(case, capital=True)}."
    if case.adds:
        said += (
            " That depends on this caller: the repository's policy does not let Lambda in, and Lambda adds its "
            f"statement because {case.caller} is allowed to set the policy."
        )
    recorded = [] if explained else [f"AWS recorded a refusal: {each}" for each in times.unexplained(case)[:1]]
    return " ".join([said, *(each.sentence for each in named), *recorded])


def _only_now(case: Case) -> str:
    if case.crosses or case.restores or case.adds is not None or case.facts.question.function is None:
        return ""
    return " Not as the policy is now: only a caller who is allowed to set the policy makes it work."


def _who(case: Case) -> str:
    function = case.facts.question.function
    return f"Lambda in account {function.account}" if function else "Lambda"


def _lambda_gets(case: Case, *, capital: bool = False) -> str:
    function, operation = case.facts.question.whose, case.facts.question.operation
    goal = f" for {function}" if function else ""
    verb = {CREATE: "when the function is created", RESTORE: "when it restores the function"}
    return f"Lambda gets {_image(case)}{goal} {verb.get(operation, 'when the function is updated')}"


def _image(case: Case) -> str:
    return case.facts.question.image
