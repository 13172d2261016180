"""The exercises at the end of notebook 08: a mistake to make on purpose, and a Deny that spares AWS's services."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from labkit.check import DOCUMENT_KINDS, ERROR, check
from labkit.exercises.checking.answers import WrittenPolicy, membership_of_workload, read_policy, read_repository_policy
from labkit.exercises.checking.pulls import Intention, Pull, decide_pull, image_of, repository_cases, subjects
from labkit.exercises.checking.requesters import Requester, action_groups, effects_for, requesters_about
from labkit.exercises.checking.verdict import Verdict, unreadable, verdict_on
from labkit.exercises.n08_break_it_yourself.mistakes import FUNCTION, MISTAKES, by_organization, is_member
from labkit.iam import CheckEffect, Decision, Policy
from labkit.lab.article import OTHER_ACCOUNT
from labkit.lab.lab import Lab
from labkit.pull.policies import LAMBDA, PULL_ACTIONS
from labkit.pull.uri import ImageUri


def refuses_lambda_only(lab: Lab, policy: WrittenPolicy) -> Verdict:
    """08: ECR stores it, a statement of it is for Lambda, nothing is denied; the caller may pull, Lambda may not.

    And it is none of the mistakes of the notebook, however it is spelled.
    """
    parsed = read_policy(policy)
    if isinstance(parsed, str):
        return unreadable(parsed, 6)
    pull = Pull("the function", FUNCTION, lab.workload.account, False, membership_of_workload(lab, policy))
    decision = decide_pull(pull, image_of(lab, OTHER_ACCOUNT.repository), parsed)
    for_lambda = any(
        entry == ("Service", LAMBDA)
        for statement in parsed.statements
        if statement.allows
        for entry in statement.principal or ()
    )
    cases = (
        _stored(policy),
        "" if for_lambda else f"No statement that allows anything is for {LAMBDA}.",
        "It refuses with a Deny, which is too easy." if _denies(parsed) else "",
        "" if _may(decision.caller) else f"The administrator of {lab.workload.account} may not pull.",
        "Lambda may pull." if _may(decision.service) else "",
        "This policy stands above, with the same mistake; make one of your own." if _is_above(lab, policy) else "",
    )
    return verdict_on(cases, "It looks right, and nobody can use it.")


def _is_above(lab: Lab, policy: WrittenPolicy) -> bool:
    mistakes = (row.broken(lab) for row in MISTAKES.values())
    return any(_meant(policy) == _meant(mistake) for mistake in mistakes if mistake)


def _meant(policy: WrittenPolicy) -> Any:
    """What a policy says, so that names, order and lists of one make no difference."""
    document = json.loads(policy) if isinstance(policy, str) else policy
    statements = document["Statement"]
    return _sorted(
        [
            _sorted({name: value for name, value in statement.items() if name != "Sid"})
            for statement in (statements if isinstance(statements, list) else [statements])
        ]
    )


def _sorted(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _sorted(each) for name, each in value.items()}
    return sorted(map(_sorted, value), key=repr) if isinstance(value, list) else [value]


def deny_that_spares_services(lab: Lab, policy: WrittenPolicy) -> Verdict:
    """08: a policy with a Deny for whoever is not of the organization, with which its functions can still be made.

    Callers from outside are denied explicitly, so that nothing else could let them in, and no service is, whoever it
    pulls for.
    """
    pulls, intended = by_organization(lab, membership_of_workload(lab, policy)), is_member(lab)
    parsed, image = read_repository_policy(policy), image_of(lab, OTHER_ACCOUNT.repository)
    if isinstance(parsed, str):
        return unreadable(parsed, len(pulls) + 3)
    requesters = requesters_about(parsed, image.region, subjects(pulls, image))
    return verdict_on(
        (*_denial(parsed, image, requesters, intended), *repository_cases(parsed, image, pulls, intended))
    )


def _denial(policy: Policy, image: ImageUri, requesters: Iterable[Requester], intended: Intention) -> tuple[str, str]:
    """Whom the Deny must stop and does not, and whom it must spare and does not."""
    if not _denies(policy):
        return ("There is no Deny in it any more.",) * 2
    missed = hit = ""
    groups = action_groups(policy)
    for requester in requesters:
        effects = effects_for(requester, image, policy, groups)
        stopped = [effects.get(action) is CheckEffect.EXPLICIT_DENY for action in PULL_ACTIONS]
        if requester.who.is_iam and not intended(requester) and not all(stopped):
            missed = missed or f"The Deny does not stop the caller for functions of {requester.account} ({requester})"
        if requester.function and not requester.keys and any(stopped):
            hit = hit or f"The Deny also stops {requester}."
    return f"{missed}: whatever else allows it would let it in." if missed else "", hit


def _denies(policy: Policy) -> bool:
    return any(not statement.allows for statement in policy.statements)


def _stored(policy: WrittenPolicy) -> str:
    """Nothing where ECR would store the policy, else what it would refuse."""
    report = check(policy if isinstance(policy, str) else json.dumps(policy), DOCUMENT_KINDS["ecr-repository"])
    errors = [finding.problem for finding in report.findings if finding.rule.severity == ERROR]
    return f"ECR would not store it: {errors[0]}" if errors else ""


def _may(decisions: tuple[Decision, ...]) -> bool:
    return all(decision.allowed for decision in decisions)
