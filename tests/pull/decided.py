"""Pulls, decided: across accounts one that is allowed and one that is refused, and one in one account."""

from __future__ import annotations

from labkit.iam import Policies, Policy, Principal
from labkit.pull import policies
from labkit.pull.decision import PullDecision
from labkit.pull.organization import OUTSIDER
from labkit.pull.question import PullQuestion
from labkit.pull.uri import ImageUri

IMAGE = ImageUri.parse("813835382529.dkr.ecr.eu-central-1.amazonaws.com/r:1")
FUNCTION = "arn:aws:lambda:eu-central-1:592444418872:function:f<b>"
EVERYTHING = Policy.parse({"Statement": {"Sid": "All", "Effect": "Allow", "Action": "*", "Resource": "*"}})


def pull(policy: dict | None, identity: tuple[Policy, ...] = (EVERYTHING,)) -> PullDecision:
    return PullQuestion(
        caller=Principal.aws("arn:aws:iam::592444418872:role/Deployer"),
        caller_policies=Policies(identity=identity),
        caller_context={},
        function_arn=FUNCTION,
        image=IMAGE,
        repository_policy=Policy.parse(policy) if policy else None,
        membership=OUTSIDER,
    ).decide()


ALLOWED, REFUSED = pull(policies.cross_account("592444418872")), pull(None, ())

SAME_ACCOUNT = PullQuestion(
    caller=Principal.aws("arn:aws:iam::813835382529:role/Deployer"),
    caller_policies=Policies(),
    caller_context={},
    function_arn="arn:aws:lambda:eu-central-1:813835382529:function:f",
    image=IMAGE,
    repository_policy=Policy.parse(policies.same_account()),
    membership=OUTSIDER,
).decide()
