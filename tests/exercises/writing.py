"""Policies as a learner would write them, for the tests of the exercises."""

from __future__ import annotations

PULL = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
LAMBDA = {"Service": "lambda.amazonaws.com"}


def document(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(principal, condition=None, **more):
    condition = {"Condition": condition} if condition else {}
    return {"Effect": "Allow", "Principal": principal, "Action": PULL, **condition, **more}


def identity(*actions, resource="*"):
    return document({"Effect": "Allow", "Action": list(actions), "Resource": resource})


def function_arn(lab, name):
    return f"arn:aws:lambda:{lab.region}:{lab.registry.account}:function:{name}"


def repository(lab, name):
    return f"arn:aws:ecr:{lab.region}:{lab.registry.account}:repository/{name}"


ELSE = "444455556666"
"""An account that no exercise speaks of."""


def beside(policy, *statements):
    return document(*policy["Statement"], *statements)


def arn_of(account, resource):
    return f"arn:aws:iam::{account}:{resource}"


def deny(condition, principal="*", action=tuple(PULL)):
    return allow(principal, condition, Effect="Deny", Action=list(action))


def places(values, operator="ForAnyValue:StringLike"):
    """Callers and functions by organization path."""
    sides = [{operator: {f"aws:{family}OrgPaths": values}} for family in ("Principal", "Source")]
    return document(allow({"AWS": "*"}, sides[0]), allow(LAMBDA, sides[1]))


def unit(lab):
    return lab.organization_path.rstrip("*")


def root(lab):
    return "/".join(unit(lab).split("/")[:2]) + "/"
