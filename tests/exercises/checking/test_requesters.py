"""Who is asked about a policy beside the named cases: without repetition, strangers among them."""

from __future__ import annotations

from labkit.exercises.checking.mentions import Mentions
from labkit.exercises.checking.requesters import action_groups, effects_for, requesters_about
from labkit.iam import CheckEffect, Policy
from labkit.pull.uri import ImageUri
from tests.exercises.writing import LAMBDA, PULL, allow, document

IMAGE = ImageUri.parse("813835382529.dkr.ecr.eu-central-1.amazonaws.com/lambda-same-account:0.0.1")


def read(*statements):
    return Policy.parse(document(*statements))


def test_everybody_is_without_repetition_and_knows_strangers_that_no_policy_mentions():
    subjects = Mentions(accounts=("592444418872",), functions=("f",), entities=("admin",))
    requesters = list(requesters_about(read(allow({"AWS": "444455556666"})), "eu-central-1", subjects))
    assert len(set(requesters)) == len(requesters)
    assert {requester.account for requester in requesters} >= {"592444418872", "444455556666", "314159265358", ""}
    assert {requester.who.kind for requester in requesters} >= {
        "user",
        "role",
        "session",
        "root",
        "service",
        "anonymous",
    }
    assert not any(requester.may_pull for requester in requesters if requester.who.name == "ecs.amazonaws.com")


def test_actions_that_the_same_statements_are_about_are_decided_together():
    policy = read(allow(LAMBDA), allow(LAMBDA, Action="ecr:PutImage"))
    assert sorted(map(sorted, action_groups(policy))) == [PULL, ["ecr:PutImage"]]
    requester = next(each for each in requesters_about(policy, "eu-central-1", Mentions()) if each.function)
    assert set(effects_for(requester, IMAGE, policy, action_groups(policy)).values()) == {CheckEffect.ALLOW}
