"""Where accounts stand in the organization, as far as an answer asks for it."""

from __future__ import annotations

from labkit.exercises.cases import Answer, read_policy
from labkit.exercises.mentioned import at
from labkit.iam import Policy
from labkit.lab.lab import Lab, asks_for_paths
from labkit.pull.organization import Membership


def place_of_workload(lab: Lab, answer: Answer) -> Membership:
    """The place of the workload account, where the answer asks for paths: not every lab may read it.

    Otherwise some place in its organization, since which it is makes no difference.
    """
    policy = read_policy(answer)
    if isinstance(policy, Policy) and asks_for_paths(policy):
        return at(lab.organization_path.rstrip("*"))
    return somewhere(lab.organization_id)


def somewhere(organization: str) -> Membership:
    """Some place in an organization, of which nothing but the id is known."""
    return at(f"{organization}/r-root/ou-root-somewhere0/")
