"""The exercises at the end of notebook 08: a mistake to make on purpose, and a Deny that spares AWS's services."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from labkit.check import ERROR, KINDS, check
from labkit.exercises.breaks import BREAKS, FUNCTION, at, by_organization, place_of_workload
from labkit.exercises.cases import (
    Answer,
    Pull,
    decide_pull,
    read_policy,
    read_repository_policy,
    repository_cases,
)
from labkit.exercises.verdict import Verdict, unreadable, weighed
from labkit.iam import Decision, Policy
from labkit.lab import OTHER_ACCOUNT, Lab, asks_for_paths
from labkit.policies import LAMBDA
from labkit.pull import ImageUri


def refuses_lambda_only(lab: Lab, policy: Answer) -> Verdict:
    """08: ECR stores it, a statement of it is for Lambda, nothing is denied; the caller may pull, Lambda may not.

    And it is none of the mistakes of the notebook, however it is spelled.
    """
    parsed = read_policy(policy)
    if isinstance(parsed, str):
        return unreadable(parsed, 6)
    # Where the account stands is read only for policies that ask for it: not every lab may read it.
    place = at(lab.organization_path.rstrip("*")) if asks_for_paths(parsed) else place_of_workload(lab)
    pull = Pull("the function", FUNCTION, lab.workload.account, False, place)
    decision = decide_pull(pull, _image(lab), parsed)
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
    return weighed(cases, "It looks right, and nobody can use it.")


def _is_above(lab: Lab, policy: Answer) -> bool:
    mistakes = (row.broken(lab) for row in BREAKS.values())
    return any(_meant(policy) == _meant(mistake) for mistake in mistakes if mistake)


def _meant(policy: Answer) -> Any:
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


def deny_that_spares_services(lab: Lab, policy: Answer) -> Verdict:
    """08: a policy with a Deny for whoever is not of the organization, with which its functions can still be made.

    What the Deny does is seen beside a statement that allows everything: callers from outside are denied by it also
    then, and Lambda is not, whoever it pulls for.
    """
    pulls = by_organization(lab)
    parsed, image = read_repository_policy(policy), _image(lab)
    if isinstance(parsed, str):
        return unreadable(parsed, len(pulls) + 3)
    return weighed((*repository_cases(parsed, image, pulls), *_denial(parsed, image, pulls)))


_WIDE = Policy.parse(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": principal, "Action": "ecr:*"} for principal in ("*", {"Service": LAMBDA})
        ],
    }
)


def _denial(policy: Policy, image: ImageUri, pulls: Sequence[Pull]) -> tuple[str, str]:
    """Whom the Deny must stop and does not, and whom it must spare and does not."""
    if not _denies(policy):
        return ("There is no Deny in it any more.",) * 2
    opened = policy._replace(statements=(*policy.statements, *_WIDE.statements))
    decided = [(pull, decide_pull(pull, image, opened)) for pull in pulls]
    missed = [pull.what for pull, decision in decided if not pull.admit and any(d.allowed for d in decision.caller)]
    hit = [pull.what for pull, decision in decided if not _may(decision.service)]
    return (
        f"The Deny does not stop the caller for {missed[0]}: whatever else allows it would let it in."
        if missed
        else "",
        f"The Deny also stops Lambda, when it pulls for {hit[0]}." if hit else "",
    )


def _denies(policy: Policy) -> bool:
    return any(not statement.allows for statement in policy.statements)


def _image(lab: Lab) -> ImageUri:
    return ImageUri.parse(lab.image_uri(OTHER_ACCOUNT.repository))


def _stored(policy: Answer) -> str:
    """Nothing where ECR would store the policy, else what it would refuse."""
    report = check(policy if isinstance(policy, str) else json.dumps(policy), KINDS["ecr-repository"])
    errors = [finding.problem for finding in report.findings if finding.rule.severity == ERROR]
    return f"ECR would not store it: {errors[0]}" if errors else ""


def _may(decisions: tuple[Decision, ...]) -> bool:
    return all(decision.allowed for decision in decisions)
