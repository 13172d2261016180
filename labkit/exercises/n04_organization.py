"""The exercises of notebook 04: an organization but for one account, and its functions of one kind of name."""

from __future__ import annotations

from labkit.exercises.checking.answers import WrittenPolicy, membership_of_workload
from labkit.exercises.checking.pulls import (
    SECOND_ACCOUNT,
    Pull,
    image_of,
    pulls_from_outside,
    repository_policy,
)
from labkit.exercises.checking.requesters import Requester
from labkit.exercises.checking.verdict import Verdict
from labkit.lab.article import ORGANIZATION
from labkit.lab.lab import Lab


def all_but_one_account(lab: Lab, policy: WrittenPolicy) -> Verdict:
    """04: a repository policy for the whole organization, except one of its accounts."""
    name, org = ORGANIZATION.function, lab.organization_id
    inside = membership_of_workload(lab, policy)
    pulls = (
        Pull(f"functions of {lab.workload.account}", name, lab.workload.account, True, inside),
        Pull("functions of a member account that does not exist yet", name, "999999999999", True, inside),
        Pull(f"functions of the member {SECOND_ACCOUNT}", name, SECOND_ACCOUNT, False, inside),
        *pulls_from_outside(name),
    )

    def intended(requester: Requester) -> bool:
        return requester.membership.org_id == org and requester.account != SECOND_ACCOUNT

    return repository_policy(policy, image_of(lab, ORGANIZATION.repository), pulls, intended)


def only_test_functions(lab: Lab, policy: WrittenPolicy) -> Verdict:
    """04: a repository policy for the organization's functions whose name begins with test-."""
    org, account = lab.organization_id, lab.workload.account
    inside = membership_of_workload(lab, policy)
    pulls = (
        Pull("the function test-organizations of the workload account", "test-organizations", account, True, inside),
        Pull("the function test-1 of another member account", "test-1", SECOND_ACCOUNT, True, inside),
        Pull("the function billing of the workload account", "billing", account, False, inside, of_function=True),
        *pulls_from_outside("test-1"),
    )

    def intended(requester: Requester) -> bool:
        return requester.membership.org_id == org and (not requester.function or requester.name.startswith("test-"))

    return repository_policy(policy, image_of(lab, ORGANIZATION.repository), pulls, intended)
