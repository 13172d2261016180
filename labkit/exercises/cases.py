"""Checking a policy that a learner wrote: it is decided for a list of cases, as the embedded AWS would decide it.

All cases are decided; the first that comes out wrong gives the reason, in the words of the decision.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labkit import pull
from labkit.errors import PolicyError
from labkit.exercises.verdict import Verdict, kind_of, unreadable, weighed
from labkit.iam import Policies, Policy, Principal, Request, evaluate
from labkit.organization import OUTSIDER, Membership
from labkit.pull import ImageUri

Answer = Mapping[str, Any] | str
"""A policy as a dict or as JSON text. What else a learner may give is refused with a sentence."""

_EVERYTHING = Policy.parse({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})


@dataclass(frozen=True, slots=True)
class Pull:
    """A pull for a function of an account, made by its administrator; ``admit`` is what the policy must come to."""

    what: str
    function: str
    account: str
    admit: bool
    membership: Membership = OUTSIDER


@dataclass(frozen=True, slots=True)
class Call:
    """One action on one resource by the owner of an identity policy; ``allow`` is what the policy must come to."""

    action: str
    resource: str
    allow: bool


def repository_policy(answer: Answer, image: ImageUri, pulls: Sequence[Pull]) -> Verdict:
    """Decides each pull with the answer as the repository's policy."""
    policy = read_policy(answer)
    if isinstance(policy, Policy) and any(statement.resource is not None for statement in policy.statements):
        policy = "ECR takes no Resource in a repository policy: the repository is the resource."
    if isinstance(policy, Policy) and any(statement.principal is None for statement in policy.statements):
        policy = "A statement of a repository policy must say whom it is for, in Principal."
    if isinstance(policy, str):
        return unreadable(policy, len(pulls))
    return weighed(_pulled(each, image, policy) for each in pulls)


def identity_policy(answer: Answer, account: str, calls: Sequence[Call]) -> Verdict:
    """Decides each call with the answer as the only identity policy of a role in the account."""
    policy = read_policy(answer)
    if isinstance(policy, Policy) and any(statement.principal is not None for statement in policy.statements):
        policy = "An identity policy has no Principal: it is for whoever it is attached to."
    if isinstance(policy, str):
        return unreadable(policy, len(calls))
    return weighed(_called(each, account, policy) for each in calls)


def read_policy(answer: Answer) -> Policy | str:
    """The policy, or the reason why it is none."""
    if not isinstance(answer, str | Mapping):
        return f"A policy is a dict or JSON text, and this is {kind_of(answer)}."
    if not answer:
        return "There is nothing to check: the answer is empty."
    try:
        return Policy.parse(answer, "your policy")
    except PolicyError as error:
        return str(error)


def _pulled(case: Pull, image: ImageUri, policy: Policy) -> str:
    """Nothing where the pull comes out as it must, else the reason."""
    decision = decide_pull(case, image, policy)
    if decision.allowed is case.admit:
        return ""
    if decision.allowed:
        return f"It must refuse {case.what}, and admits it."
    return f"It must admit {case.what}, and does not. {_why(decision)}"


def _called(call: Call, account: str, policy: Policy) -> str:
    """Nothing where the call comes out as it must, else the reason."""
    who = Principal.aws(f"arn:aws:iam::{account}:role/Deployer")
    request = Request(who, call.action, call.resource, account)
    if evaluate(request, Policies(identity=[policy])).allowed is call.allow:
        return ""
    may = "may" if call.allow else "must not"
    return f"The role {may} {call.action} on {call.resource}; with this policy it is the other way."


def decide_pull(case: Pull, image: ImageUri, policy: Policy) -> pull.PullDecision:
    """The decision on a pull with this policy of the repository."""
    return pull.decide(
        caller=Principal.aws(f"arn:aws:iam::{case.account}:user/admin"),
        caller_policies=Policies(identity=[_EVERYTHING]),
        caller_context=case.membership.context("Principal"),
        function_arn=f"arn:aws:lambda:{image.region}:{case.account}:function:{case.function}",
        image=image,
        repository_policy=policy,
        membership=lambda _account: case.membership,
    )


def _why(decision: pull.PullDecision) -> str:
    """The nearest miss of the side that refuses: the statement that came closest."""
    first = decision.denied[0]
    side = "Lambda" if first in decision.service else "The caller"
    miss = first.nearest_miss
    return f"{side} is refused. {miss.sentence if miss else 'No statement of the policy is for it.'}"
