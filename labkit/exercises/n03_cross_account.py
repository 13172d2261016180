"""The exercises of notebook 03: two accounts and no third, and the least that a caller needs."""

from __future__ import annotations

from labkit.exercises.checking.answers import WrittenPolicy
from labkit.exercises.checking.identity_policies import identity_policy, repository_arns
from labkit.exercises.checking.pulls import (
    SECOND_ACCOUNT,
    Pull,
    image_of,
    repository_policy,
)
from labkit.exercises.checking.requesters import Requester
from labkit.exercises.checking.verdict import Verdict
from labkit.lab.article import ORGANIZATION, OTHER_ACCOUNT
from labkit.lab.lab import Lab
from labkit.pull.policies import PULL_ACTIONS


def two_accounts(lab: Lab, policy: WrittenPolicy) -> Verdict:
    """03: a repository policy that admits the workload account and a second one, and no third."""
    name, first = OTHER_ACCOUNT.function, lab.workload.account
    pulls = (
        Pull(f"functions of {first}", name, first, admit=True),
        Pull(f"functions of {SECOND_ACCOUNT}", name, SECOND_ACCOUNT, admit=True),
        Pull("functions of 999999999999", name, "999999999999", admit=False),
    )

    def intended(requester: Requester) -> bool:
        return requester.account in (first, SECOND_ACCOUNT)

    return repository_policy(policy, image_of(lab, OTHER_ACCOUNT.repository), pulls, intended)


def least_caller(lab: Lab, policy: WrittenPolicy) -> Verdict:
    """03: the ECR part of the identity policy that a caller in the workload account needs, and nothing more."""
    own, refusal_of_others = repository_arns(image_of(lab, OTHER_ACCOUNT.repository), ORGANIZATION.repository)
    return identity_policy(policy, lab.workload.account, PULL_ACTIONS, own, refusal_of_others)
