"""Policies for the tests of rules: the right ones, which are changed, and rows of a wrong one beside a right one."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from labkit.check import LambdaPull

LAMBDA = {"Service": "lambda.amazonaws.com"}
PULL = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
SOURCE = {"ArnLike": {"aws:SourceArn": "arn:aws:lambda:*:592444418872:function:*"}}
GITHUB = "token.actions.githubusercontent.com"
PATH = "o-lambdaecrlab/r-lab1/ou-lab1-workloads/"


def policy(*statements: Any, **more: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements), **more}, indent=1)


def lambda_may(**changes: Any) -> str:
    """A repository policy in which nothing is found, with changes to its statement; None leaves an element out."""
    right = {"Effect": "Allow", "Principal": LAMBDA, "Action": PULL, "Condition": SOURCE}
    return policy({name: value for name, value in {**right, **changes}.items() if value is not None})


def callers_may(condition: Any = None, **changes: Any) -> str:
    return lambda_may(Principal={"AWS": "592444418872"}, Condition=condition, **changes)


def both(*texts: str) -> str:
    """One policy with the statements of several."""
    return policy(*(statement for text in texts for statement in json.loads(text)["Statement"]))


def user_may(*actions: str, **changes: Any) -> str:
    return policy({"Effect": "Allow", "Action": list(actions), "Resource": "*", **changes})


def everyone_may_not(condition: Any) -> str:
    return policy({"Effect": "Deny", "Principal": "*", "Action": "ecr:*", "Condition": condition})


def github_may(
    claim: str, value: str = "repo:octo/app:ref:refs/heads/main", host: str = GITHUB, asked: str | None = None
) -> str:
    """A trust policy for pipelines that come in with a token of ``host``, asked about one claim of it (or another)."""
    provider = f"arn:aws:iam::813835382529:oidc-provider/{host}"
    statement = {"Principal": {"Federated": provider}, "Action": "sts:AssumeRoleWithWebIdentity"}
    return policy({"Effect": "Allow", **statement, "Condition": {"StringLike": {f"{asked or host}:{claim}": value}}})


class Row(NamedTuple):
    """``wrong`` has the finding at ``pointer``; ``right`` does not have it."""

    rule: str
    wrong: str
    pointer: str
    right: str
    kind: str = "ecr-repository"
    pull: LambdaPull | None = None


RCP = {"Effect": "Deny", "Principal": "*", "Action": "ecr:*", "Resource": "*"}
S, C = "/Statement/0", "/Statement/0/Condition"
