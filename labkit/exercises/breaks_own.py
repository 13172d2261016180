"""The exercises at the end of notebook 08: a mistake to make on purpose, and a Deny that spares AWS's services."""

from __future__ import annotations

import json
from dataclasses import replace

from labkit.check import ERROR, KINDS, check
from labkit.exercises.breaks import FUNCTION, by_organization
from labkit.exercises.cases import Answer, Pull, decide_pull, read_policy, repository_policy
from labkit.exercises.verdict import Verdict, unreadable, weighed
from labkit.iam import Decision, Policy
from labkit.lab import OTHER_ACCOUNT, Lab
from labkit.policies import LAMBDA
from labkit.pull import ImageUri


def refuses_lambda_only(lab: Lab, policy: Answer) -> Verdict:
    """08: ECR stores it, a statement of it is for Lambda, nothing is denied; the caller may pull, Lambda may not."""
    parsed = read_policy(policy)
    if isinstance(parsed, str):
        return unreadable(parsed, 5)
    pull = Pull("the function", FUNCTION, lab.workload.account, admit=False)
    decision = decide_pull(pull, _image(lab), parsed)
    for_lambda = any(
        entry == ("Service", LAMBDA)
        for statement in parsed.statements
        if statement.allows
        for entry in statement.principal or ()
    )
    denies = any(not statement.allows for statement in parsed.statements)
    cases = (
        _stored(policy),
        "" if for_lambda else f"No statement that allows anything is for {LAMBDA}.",
        "It refuses with a Deny, which is too easy." if denies else "",
        "" if _may(decision.caller) else f"The administrator of {lab.workload.account} may not pull.",
        "Lambda may pull." if _may(decision.service) else "",
    )
    return weighed(cases, "It looks right, and nobody can use it.")


def deny_that_spares_services(lab: Lab, policy: Answer) -> Verdict:
    """08: a policy with a Deny for whoever is not of the organization, with which its functions can still be made."""
    verdict = repository_policy(policy, _image(lab), by_organization(lab))
    more = replace(verdict, cases=verdict.cases + 1)
    if not verdict.solved:
        return more
    parsed = read_policy(policy)
    if isinstance(parsed, Policy) and all(statement.allows for statement in parsed.statements):
        return replace(more, reason="There is no Deny in it any more.")
    return replace(more, held=more.cases)


def _image(lab: Lab) -> ImageUri:
    return ImageUri.parse(lab.image_uri(OTHER_ACCOUNT.repository))


def _stored(policy: Answer) -> str:
    """Nothing where ECR would store the policy, else what it would refuse."""
    report = check(policy if isinstance(policy, str) else json.dumps(policy), KINDS["ecr-repository"])
    errors = [finding.problem for finding in report.findings if finding.rule.severity == ERROR]
    return f"ECR would not store it: {errors[0]}" if errors else ""


def _may(decisions: tuple[Decision, ...]) -> bool:
    return all(decision.allowed for decision in decisions)
