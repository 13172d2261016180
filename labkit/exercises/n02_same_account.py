"""The exercises of notebook 02: one function alone, and the least with which Lambda adds its statement."""

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
from labkit.lab.article import OTHER_ACCOUNT, SAME_ACCOUNT
from labkit.lab.lab import Lab


def one_function(lab: Lab, policy: WrittenPolicy) -> Verdict:
    """02: a repository policy that lets Lambda pull for the function test-same-account, and for no other."""
    account, name = lab.registry.account, SAME_ACCOUNT.function
    pulls = (
        Pull(f"the function {name} of {account}", name, account, admit=True),
        Pull(f"another function of {account}", "another-function", account, admit=False),
        Pull(f"the function {name}-2, whose name only begins the same", f"{name}-2", account, admit=False),
        Pull(f"the function {name} of another account", name, SECOND_ACCOUNT, admit=False),
    )

    def intended(requester: Requester) -> bool:
        return (requester.account, requester.name) == (account, name)

    return repository_policy(policy, image_of(lab, SAME_ACCOUNT.repository), pulls, intended)


def lets_lambda_add(lab: Lab, policy: WrittenPolicy) -> Verdict:
    """02: an identity policy with which Lambda adds its statement to lambda-same-account, and nothing more of ECR."""
    needed = ("ecr:GetRepositoryPolicy", "ecr:SetRepositoryPolicy")
    own, refusal_of_others = repository_arns(image_of(lab, SAME_ACCOUNT.repository), OTHER_ACCOUNT.repository)
    return identity_policy(policy, lab.registry.account, needed, own, refusal_of_others)
