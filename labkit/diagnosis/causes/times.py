"""What only time shows: everything allows now, and the records tell of a refusal in a moment when it did not.

    parallel-creates   Lambda set the policy for two callers within seconds: who reads before the other writes loses
    not-propagated     a policy or role was changed shortly before the refusal

Sources: aws/aws-sam-cli, issue 8190; IAM User Guide, "Changes that I make are not always immediately visible".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import pairwise

from labkit.diagnosis import facts
from labkit.diagnosis.case import Case
from labkit.diagnosis.causes.earlier import SET, events
from labkit.diagnosis.causes.naming import named
from labkit.diagnosis.causes.recorded import Refusal, refusals
from labkit.diagnosis.facts import Event, NotKnown
from labkit.diagnosis.result import LIKELY, POSSIBLE, Cause, Where
from labkit.iam import arn as arns
from labkit.pull.policies import LAMBDA

_TOGETHER = timedelta(seconds=15)
_SHORTLY = timedelta(minutes=5)
_OF_REPOSITORIES = ("SetRepositoryPolicy", "DeleteRepositoryPolicy", "PutRegistryPolicy")
_OF_ROLES = (
    *("CreateRole", "UpdateAssumeRolePolicy", "PutRolePolicy", "AttachRolePolicy", "DetachRolePolicy"),
    *("DeleteRolePolicy", "PutUserPolicy", "AttachUserPolicy", "CreatePolicyVersion", "SetDefaultPolicyVersion"),
)


def causes(case: Case) -> Iterator[Cause]:
    """The causes of a refusal that nothing explains any more."""
    if case.decision is None or not case.decision.allowed:
        return
    found = refusals(case)
    crowded = tuple(_crowded(list(events(case, SET))))
    if crowded and (found or _lost(crowded)):
        yield _parallel(case, crowded)
        return
    for refusal in found:
        fresh = _changed_before(case, refusal)
        if fresh:
            yield _not_propagated(case, refusal, fresh)
            return


_UNEXPLAINED = (
    "{} What is there now does not explain it: something has changed since, or stands in the way and was not read."
)


def unexplained(case: Case) -> tuple[str, ...]:
    """Recorded refusals of a pull that everything allows now, the latest first, where no change since is known."""
    if case.decision is None or not case.decision.allowed:
        return ()
    last = max((each.time for each in _changes(case)), default=None)
    found = (each for each in refusals(case) if each.time is None or last is None or each.time > last)
    return tuple(_UNEXPLAINED.format(f"{each.sentence.rstrip('.')}.") for each in found)


def _changes(case: Case) -> list[Event]:
    """What was done to the repository's policy, the registry's, and the roles, as far as it is recorded."""
    history = () if isinstance(case.facts.history, NotKnown) else case.facts.history
    return [*events(case, *_OF_REPOSITORIES), *(each for each in history if _is_about_roles(case, each))]


def _crowded(sets: Sequence[Event]) -> Iterator[tuple[Event, Event]]:
    by_lambda = [each for each in sets if each.invoked_by == LAMBDA]
    yield from ((one, other) for one, other in pairwise(by_lambda) if other.time - one.time <= _TOGETHER)


def _lost(crowded: Sequence[tuple[Event, Event]]) -> bool:
    """Whether a statement of the earlier text is not in the later one."""
    return any(set(_sids(one)) - set(_sids(other)) for one, other in crowded)


def _sids(event: Event) -> Iterator[str]:
    from labkit.errors import PolicyError
    from labkit.iam import Policy

    try:
        policy = Policy.parse(str(event.parameters.get("policyText", "")))
    except PolicyError:
        return
    yield from (repr(each) for each in policy.statements)


def _place(case: Case) -> Where:
    uri = case.uri
    return Where(uri.account if uri else "", facts.REPOSITORY_POLICY, uri.repository if uri else "")


def _parallel(case: Case, crowded: Sequence[tuple[Event, Event]]) -> Cause:
    one, other = crowded[0]
    shown = [
        f"CloudTrail: {each.time:%Y-%m-%d %H:%M:%S} UTC, Lambda calls SetRepositoryPolicy for {each.principal or '?'}."
        for each in (one, other)
    ]
    sentence = (
        "Functions were created at the same time, and Lambda set the repository's policy for each without regard to "
        "the others, so that a statement was lost for a moment; the same call goes through now."
    )
    return named("parallel-creates", _place(case), sentence, shown, certainty=LIKELY)


def _changed_before(case: Case, refusal: Refusal) -> Event | None:
    """The last change of a policy or of the caller shortly before a refusal, or soon after it."""
    if refusal.time is None:
        return None
    start, end = refusal.time - _SHORTLY, refusal.time + _SHORTLY
    near = (each for each in _changes(case) if start <= each.time <= end)
    return max(near, key=lambda each: each.time, default=None)


def _is_about_roles(case: Case, event: Event) -> bool:
    if event.name not in _OF_ROLES or event.error_code:
        return False
    question = case.facts.question
    arns_of = (
        question.caller.role_arn or question.caller.arn if question.caller else "",
        question.execution_role or "",
    )
    names = {found.name for found in map(arns.split, arns_of) if found}
    return bool(names & {event.parameters.get("roleName"), event.parameters.get("userName")})


def _not_propagated(case: Case, refusal: Refusal, change: Event) -> Cause:
    when = "after" if refusal.time and change.time > refusal.time else "before"
    sentence = (
        f"Everything allows it now; a policy or role was changed shortly {when} the refusal, and changes take a moment "
        "to reach all of AWS: try again."
    )
    shown = (f"CloudTrail: {change.time:%Y-%m-%d %H:%M:%S} UTC, {change.name}.", refusal.sentence)
    return named("not-propagated", _place(case), sentence, shown, certainty=POSSIBLE)
