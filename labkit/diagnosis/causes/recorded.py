"""What AWS itself recorded of refusals: CloudTrail's events and the pasted text, as evidence beside the evaluation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from labkit.diagnosis.case import Case
from labkit.diagnosis.causes.sides import CHECKS
from labkit.diagnosis.facts import SOME_FUNCTION, Event, NotKnown
from labkit.diagnosis.pasted import Denial, denials, read
from labkit.diagnosis.result import Cause
from labkit.ground.text import visible
from labkit.iam import arn as arns
from labkit.iam.words.denial import policy_name
from labkit.pull.policies import PULL_ACTIONS

_CREATING = ("CreateFunction", "UpdateFunctionCode")
_NO_PERMISSION = "Lambda does not have permission to access the ECR image"


class Refusal(NamedTuple):
    """A refusal that somebody recorded: when (None: not known), who was refused by what, where AWS says it."""

    sentence: str
    time: datetime | None = None
    denial: Denial | None = None


def refusals(case: Case) -> tuple[Refusal, ...]:
    """The refusals of this pull that CloudTrail or the pasted text tells of, the latest first."""
    told = sorted(_of_history(case), key=lambda each: (each.time is None, each.time), reverse=True)
    return (*_of_text(case), *told)


def _of_history(case: Case) -> Iterator[Refusal]:
    history, uri = case.facts.history, case.uri
    if isinstance(history, NotKnown) or uri is None:
        return
    for event in history:
        if not event.error_code:
            continue
        at = f"CloudTrail: {event.time:%Y-%m-%d %H:%M:%S} UTC, {event.name}: {event.error_message}"
        for denial in denials(event.error_message):
            about_pull = denial.action in PULL_ACTIONS and denial.resource == uri.repository_arn
            if about_pull and _is_callers(case, denial.principal or event.principal):
                yield Refusal(at, event.time, denial)
        if event.name.startswith(_CREATING) and _NO_PERMISSION in event.error_message and _is_ours(case, event):
            yield Refusal(at, event.time)


def _is_ours(case: Case, event: Event) -> bool:
    """Whether a call is about the function that is asked about, or may be."""
    function, named = case.facts.question.function, str(event.parameters.get("functionName") or "")
    known = function is not None and function.name != SOME_FUNCTION
    return not named or not known or function is None or named.rpartition(":")[2] == function.name


def _is_callers(case: Case, who: str) -> bool:
    """Whether a refused principal is the caller, or may be: others' refusals, such as of who diagnoses, say nothing."""
    found, caller, function = arns.split(who), case.caller, case.facts.question.function
    if found is None:
        return True  # a service, or somebody whom the record does not name
    if caller is None:
        return function is None or found.account == function.account
    own = arns.split(caller.role_arn or caller.arn)
    if own is None or found.account != own.account:
        return False
    role = found.resource_id.partition("/")[0] if found.resource_type == "assumed-role" else found.name
    return role == own.name


def _of_text(case: Case) -> Iterator[Refusal]:
    text, uri = case.facts.error, case.uri
    if not text or uri is None:
        return
    denial = read(text).denial
    if denial and denial.action in PULL_ACTIONS and denial.resource in (None, uri.repository_arn):
        yield Refusal(f"The text says: {_quoted(denial)}", None, denial)
    elif _NO_PERMISSION in " ".join(text.split()):
        yield Refusal(f"The text says: {_NO_PERMISSION}.")


def _quoted(denial: Denial) -> str:
    why = (
        f" ({'an explicit deny in' if denial.explicit else 'nothing allows it in'} {_policy(denial)})"
        if denial.kind
        else ""
    )
    return f"{denial.principal or 'somebody'} is not authorized to perform {denial.action}{why}"


def _policy(denial: Denial) -> str:
    return policy_name(denial.kind) if denial.kind else "a policy"


def beside(case: Case, causes: Sequence[Cause]) -> list[Cause]:
    """The causes with the recorded denials that confirm them, or that speak of another policy, in their evidence."""
    found = [each for each in refusals(case) if each.denial and each.denial.kind]
    return [_with(cause, found) for cause in causes] if found else list(causes)


def _with(cause: Cause, found: Sequence[Refusal]) -> Cause:
    if cause.party != "caller" or cause.stops != "pull":
        return cause
    kind, added = CHECKS.get(cause.where.kind), []
    for each in found[:1]:
        assert each.denial is not None  # noqa: S101 - see beside
        agrees = each.denial.kind is kind
        verdict = (
            "AWS recorded the same"
            if agrees
            else "AWS recorded another kind of policy, which can have been first or have changed since"
        )
        added.append(visible(f"{verdict}: {each.sentence}"))
    return cause._replace(evidence=(*cause.evidence, *added))
