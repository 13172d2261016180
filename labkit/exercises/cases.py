"""Checking a policy that a learner wrote: it is decided for a list of cases, as the embedded AWS would decide it.

The first case that comes out wrong gives the reason, in the words of the decision.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from labkit import pull
from labkit.errors import PolicyError
from labkit.exercises.verdict import Verdict, not_yet, solved
from labkit.iam import Policies, Policy, Principal, Request, evaluate
from labkit.organization import OUTSIDER, Membership
from labkit.pull import ImageUri

Answer = Mapping[str, Any]

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


def repository_policy(answer: Answer, image: ImageUri, pulls: Iterable[Pull]) -> Verdict:
    """Decides each pull with the answer as the repository's policy."""
    policy = _read(answer)
    if isinstance(policy, Verdict):
        return policy
    if any(statement.resource is not None for statement in policy.statements):
        return not_yet("ECR takes no Resource in a repository policy: the repository is the resource.")
    if any(statement.principal is None for statement in policy.statements):
        return not_yet("A statement of a repository policy must say whom it is for, in Principal.")
    for each in pulls:
        decision = _decide(each, image, policy)
        if each.admit and not decision.allowed:
            return not_yet(f"It must admit {each.what}, and does not. {_why(decision)}")
        if decision.allowed and not each.admit:
            return not_yet(f"It must refuse {each.what}, and admits it.")
    return solved("Every case comes out as it should.")


def identity_policy(answer: Answer, account: str, calls: Iterable[Call]) -> Verdict:
    """Decides each call with the answer as the only identity policy of a role in the account."""
    policy = _read(answer)
    if isinstance(policy, Verdict):
        return policy
    if any(statement.principal is not None for statement in policy.statements):
        return not_yet("An identity policy has no Principal: it is for whoever it is attached to.")
    who = Principal.aws(f"arn:aws:iam::{account}:role/Deployer")
    for call in calls:
        request = Request(who, call.action, call.resource, account)
        allowed = evaluate(request, Policies(identity=[policy])).allowed
        if allowed is not call.allow:
            may = "may" if call.allow else "must not"
            return not_yet(f"The role {may} {call.action} on {call.resource}; with this policy it is the other way.")
    return solved("Every call comes out as it should.")


def _read(answer: Answer) -> Policy | Verdict:
    if not answer:
        return not_yet("There is nothing to check: the answer is empty.")
    try:
        return Policy.parse(answer, "your policy")
    except PolicyError as error:
        return not_yet(str(error))


def _decide(case: Pull, image: ImageUri, policy: Policy) -> pull.PullDecision:
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
