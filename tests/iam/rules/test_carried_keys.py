"""Keys that a request carries by who makes it: one table, and the keys whose values are not documented."""

from __future__ import annotations

import pytest

from labkit.iam import Policies, Policy, Principal, Request, evaluate
from labkit.iam.action_table import key
from labkit.iam.patterns import UNKNOWN
from labkit.iam.rules.carried_keys import CARRIED_KEYS, carried_by, completed, unknown_of

OWN = "592444418872"
IAM, STS = f"arn:aws:iam::{OWN}", f"arn:aws:sts::{OWN}"
SIGNED = {"aws:PrincipalAccount": OWN, "aws:PrincipalIsAWSService": "false"}
LAMBDA = Principal.service("lambda.amazonaws.com")


@pytest.mark.parametrize(
    ("who", "carried"),
    [
        (
            Principal.aws(OWN),
            {**SIGNED, "aws:PrincipalArn": f"{IAM}:root", "aws:PrincipalType": "Account", "aws:userid": OWN},
        ),
        (
            Principal.aws(f"{IAM}:user/path/ann")._replace(id="AIDAX"),
            {
                **SIGNED,
                "aws:PrincipalArn": f"{IAM}:user/path/ann",
                "aws:PrincipalType": "User",
                "aws:userid": "AIDAX",
                "aws:username": "ann",
            },
        ),
        (
            Principal.session(f"{STS}:assumed-role/R/s", f"{IAM}:role/path/R")._replace(id="AROAX"),
            {
                **SIGNED,
                "aws:PrincipalArn": f"{IAM}:role/path/R",
                "aws:PrincipalType": "AssumedRole",
                "aws:userid": "AROAX:s",
            },
        ),
        (
            Principal.aws(f"{STS}:federated-user/tmp"),
            {
                **SIGNED,
                "aws:PrincipalArn": f"{STS}:federated-user/tmp",
                "aws:PrincipalType": "FederatedUser",
                "aws:userid": f"{OWN}:tmp",
            },
        ),
        (
            LAMBDA,
            {
                "aws:PrincipalIsAWSService": "true",
                "aws:PrincipalServiceName": LAMBDA.name,
                "aws:PrincipalServiceNamesList": (LAMBDA.name,),
            },
        ),
        (
            Principal.anonymous(),
            {"aws:PrincipalAccount": "anonymous", "aws:PrincipalType": "Anonymous", "aws:userid": "anonymous"},
        ),
    ],
    ids=lambda value: str(value) if isinstance(value, Principal) else "",
)
def test_each_kind_of_principal_carries_its_keys(who, carried):
    assert carried_by(who) == carried
    assert carried_by(who, "111122223333") == {**carried, "aws:ResourceAccount": "111122223333"}


def test_every_carried_key_is_one_of_awss():
    assert [name for name in CARRIED_KEYS if key(name) is None] == []


def test_a_service_has_an_arn_and_an_account_that_are_not_documented():
    assert unknown_of(LAMBDA) == {"aws:principalaccount", "aws:principalarn"}
    assert unknown_of(Principal.aws(OWN)) == frozenset()
    request = completed(Request(LAMBDA, "ecr:BatchGetImage", "*"))
    assert request.keys.get("aws:principalarn") is UNKNOWN
    assert "aws:resourceaccount" not in request.keys


def test_what_the_context_gives_goes_before_what_is_carried():
    request = completed(
        Request(LAMBDA, "a:b", "*", context={"AWS:PrincipalArn": "x", "aws:principalisawsservice": "no"})
    )
    assert request.keys.get("aws:principalarn") == "x"
    assert request.keys["aws:principalisawsservice"] == "no"
    assert request.unknown == {"aws:principalaccount"}


def test_a_deny_for_all_but_some_arns_hits_a_service_whose_arn_is_not_known():
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": LAMBDA.name}, "Action": "ecr:*"},
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "ecr:*",
                "Condition": {"ArnNotLike": {"aws:PrincipalArn": f"{IAM}:role/*"}},
            },
        ],
    }
    decision = evaluate(completed(Request(LAMBDA, "ecr:BatchGetImage", "*")), Policies(resource=Policy.parse(document)))
    assert not decision.allowed
    assert decision.unknowns[0].startswith("Unknown: the lab does not know the value of aws:PrincipalArn")
