"""Decisions for the tests of explanations: one refused, one allowed, and how to make others."""

from __future__ import annotations

from labkit.iam import Decision, Policies, Policy, Principal, Request, evaluate
from labkit.pull import policies as article

OWN, REGISTRY = "592444418872", "813835382529"
REPOSITORY = f"arn:aws:ecr:eu-central-1:{REGISTRY}:repository/lambda-another-account"
LAMBDA = Principal.service("lambda.amazonaws.com")
SERVICE = {"Principal": {"Service": LAMBDA.name}}
USER = Principal.aws(f"arn:aws:iam::{OWN}:user/ann")
EVERYTHING = Policy.parse({"Statement": {"Sid": "All", "Effect": "Allow", "Action": "*", "Resource": "*"}})
NOTHING = Policy.parse({"Statement": {"Sid": "No", "Effect": "Deny", "Action": "*", "Resource": "*"}})
CROSS = Policy.parse(article.cross_account(OWN))


def decide(who: Principal, context: dict | None = None, owner: str | None = None, **kinds) -> Decision:
    return evaluate(Request(who, "ecr:BatchGetImage", REPOSITORY, owner, context or {}), Policies(**kinds))


def for_function(account: str, **kinds) -> Decision:
    return decide(LAMBDA, {"aws:SourceArn": f"arn:aws:lambda:eu-central-1:{account}:function:f"}, **kinds)


REFUSED = for_function("111111111111", resource=CROSS)
ALLOWED = for_function(OWN, resource=CROSS)


def statements(*raw: dict) -> Policy:
    return Policy.parse(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ecr:*", **r} for r in raw]}
    )
