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
