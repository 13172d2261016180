"""What a learner hands in, read: the policy that it is, or the sentence why it is none; and the places it asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labkit.errors import PolicyError
from labkit.exercises.checking.mentions import membership_at
from labkit.exercises.checking.verdict import kind_of
from labkit.iam import Policy
from labkit.lab.lab import Lab, asks_for_paths
from labkit.pull.organization import Membership

WrittenPolicy = Mapping[str, Any] | str
"""A policy as a dict or as JSON text. What else a learner may give is refused with a sentence."""


def read_repository_policy(answer: WrittenPolicy) -> Policy | str:
    """The policy, or the reason why it is none that a repository can have."""
    policy = read_policy(answer)
    if isinstance(policy, str):
        return policy
    if any(statement.resource is not None for statement in policy.statements):
        return "ECR takes no Resource in a repository policy: the repository is the resource."
    if any(statement.principal is None for statement in policy.statements):
        return "A statement of a repository policy must say whom it is for, in Principal."
    return policy


def read_policy(answer: WrittenPolicy) -> Policy | str:
    """The policy, or the reason why it is none."""
    if not isinstance(answer, str | Mapping):
        return f"A policy is a dict or JSON text, and this is {kind_of(answer)}."
    if not answer:
        return "There is nothing to check: the answer is empty."
    try:
        return Policy.parse(answer, "your policy")
    except PolicyError as error:
        return str(error)


def membership_of_workload(lab: Lab, answer: WrittenPolicy) -> Membership:
    """The place of the workload account, where the answer asks for paths: not every lab may read it.

    Otherwise some place in its organization, since which it is makes no difference.
    """
    policy = read_policy(answer)
    if isinstance(policy, Policy) and asks_for_paths(policy):
        return membership_at(lab.organization_path.rstrip("*"))
    return somewhere_in(lab.organization_id)


def somewhere_in(organization: str) -> Membership:
    """Some place in an organization, of which nothing but the id is known."""
    return membership_at(f"{organization}/r-root/ou-root-somewhere0/")
