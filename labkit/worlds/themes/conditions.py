"""A statement names the right party, and its condition or its actions do not fit."""

from __future__ import annotations

from typing import Any

from labkit.pull import policies
from labkit.worlds import texts
from labkit.worlds.model import Asked, World
from labkit.worlds.steps import (
    CALLERS,
    CI,
    EVERYBODY,
    FUNCTIONS,
    LAMBDA,
    ORGANIZATION,
    PULL,
    PULLS,
    SAME,
    across,
    allow,
    document,
    execution_role,
    pipeline,
    repository,
    sequence,
)

_CALLERS_SID, _LAMBDA_SID = policies.CALLER_SID, policies.SERVICE_SID


def _lambda(operator: str, key: str, value: Any, actions: Any = None) -> dict[str, Any]:
    """The statement for Lambda with this condition."""
    return allow(LAMBDA, actions, {operator: {key: value}}, Sid=_LAMBDA_SID)


def _people(operator: str, key: str, value: Any) -> dict[str, Any]:
    """The statement for callers with this condition."""
    return allow(EVERYBODY, condition={operator: {key: value}}, Sid=_CALLERS_SID)


def _arn(value: str, operator: str = "ArnLike") -> dict[str, Any]:
    return _lambda(operator, "aws:SourceArn", value)


def _misses(name: str, title: str, statement: dict[str, Any], cause: str, **more: Any) -> World:
    """A world across accounts in which callers are let in, and the statement for Lambda is this one."""
    version = more.pop("version", "2012-10-17")
    return World(
        name,
        title,
        texts.DENIED,
        across(document(CALLERS, statement, version=version)),
        causes=frozenset({cause}),
        **more,
    )


WORLDS = (
    World(
        "both-in-one-statement",
        "One statement names the account and Lambda together, and asks for the function's ARN",
        texts.DENIED,
        across(document({**FUNCTIONS, "Principal": {"AWS": "arn:aws:iam::{workload}:root", **LAMBDA}})),
        causes=frozenset({"one-statement-for-both"}),
    ),
    World(
        "both-in-one-organization-statement",
        "One statement names everybody and Lambda together, and asks for the caller's organization",
        texts.DENIED,
        across(
            document(
                allow(
                    {**EVERYBODY, **LAMBDA},
                    condition={"StringEquals": {"aws:PrincipalOrgID": "{organization}"}},
                )
            )
        ),
        causes=frozenset({"one-statement-for-both"}),
    ),
    _misses(
        "images-in-the-plural",
        "An action is misspelt: ecr:BatchGetImages",
        allow(LAMBDA, ["ecr:BatchGetImages", "ecr:GetDownloadUrlForLayer"]),
        "misspelt-action",
    ),
    _misses(
        "manifest-without-layers",
        "Lambda may read the image's manifest, and not its layers",
        allow(LAMBDA, "ecr:BatchGetImage"),
        "half-of-the-actions",
    ),
    World(
        "organization-of-the-caller-asked-of-lambda",
        "Lambda's statement asks for aws:PrincipalOrgID, which Lambda never has",
        texts.DENIED,
        across(document(ORGANIZATION["Statement"][0], _lambda("StringEquals", "aws:PrincipalOrgID", "{organization}"))),
        causes=frozenset({"organization-key-on-wrong-side"}),
    ),
    World(
        "organization-of-the-function-asked-of-callers",
        "The callers' statement asks for aws:SourceOrgID, which no caller has",
        texts.DENIED,
        across(document(_people("StringEquals", "aws:SourceOrgID", "{organization}"), ORGANIZATION["Statement"][1])),
        causes=frozenset({"organization-key-on-wrong-side"}),
    ),
    _misses(
        "star-in-equals",
        "StringEquals takes the star in the ARN for a star",
        _arn("arn:aws:lambda:*:{workload}:function:*", "StringEquals"),
        "wildcard-in-equals",
    ),
    World(
        "star-in-a-path",
        "The organization's path ends with a star, and StringEquals compares it as it is",
        texts.DENIED,
        across(
            document(
                _people("ForAnyValue:StringEquals", "aws:PrincipalOrgPaths", ["{path}"]),
                _lambda("ForAnyValue:StringLike", "aws:SourceOrgPaths", ["{path}"]),
            )
        ),
        causes=frozenset({"wildcard-in-equals"}),
    ),
    World(
        "path-without-a-slash",
        "The path of the unit ends without its slash",
        texts.DENIED,
        across(
            document(
                _people("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", ["{path}"]),
                _lambda("ForAnyValue:StringEquals", "aws:SourceOrgPaths", ["{unit}"]),
            )
        ),
        causes=frozenset({"organization-path-form"}),
    ),
    World(
        "path-without-for-any-value",
        "The paths are compared without ForAnyValue",
        texts.DENIED,
        across(
            document(
                _people("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", ["{path}"]),
                _lambda("StringLike", "aws:SourceOrgPaths", ["{path}"]),
            )
        ),
        causes=frozenset({"organization-path-form"}),
    ),
    World(
        "path-without-the-organization",
        "The paths begin with the root, and the organization's id is missing",
        texts.DENIED,
        across(
            document(
                _people("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", ["{path}"]),
                _lambda("ForAnyValue:StringLike", "aws:SourceOrgPaths", ["r-lab1/*"]),
            )
        ),
        causes=frozenset({"organization-path-form"}),
    ),
    World(
        "account-outside-every-organization",
        "The policy is for an organization, and the function's account is in none",
        texts.DENIED,
        sequence(
            repository(document(allow({"AWS": "{outsider}"}, Sid=_CALLERS_SID), ORGANIZATION["Statement"][1])),
            execution_role("outsider"),
        ),
        Asked("outsider"),
        frozenset({"not-in-organization"}),
    ),
    World(
        "another-organization",
        "The policy is for one organization, and the function's account is in another",
        texts.DENIED,
        sequence(
            repository(document(allow({"AWS": "{neighbour}"}, Sid=_CALLERS_SID), ORGANIZATION["Statement"][1])),
            execution_role("neighbour"),
        ),
        Asked("neighbour"),
        frozenset({"organization-id-mismatch"}),
        stranger="outsider",
    ),
    World(
        "another-unit",
        "The policy is for the development unit, and the function is in production",
        texts.DENIED,
        across(policies.organization_paths("{other_path}")),
        causes=frozenset({"organization-path-mismatch"}),
    ),
    _misses(
        "another-accounts-functions",
        "The ARN in the condition has the registry's account",
        _arn("arn:aws:lambda:*:{registry}:function:*"),
        "source-arn-mismatch",
    ),
    _misses(
        "arn-of-a-role",
        "The condition has the execution role's ARN in place of the function's",
        _arn("arn:aws:iam::{workload}:role/orders-role"),
        "source-arn-mismatch",
    ),
    _misses(
        "functions-of-another-region",
        "The condition is for functions of another region",
        _arn("arn:aws:lambda:us-east-1:{workload}:function:*"),
        "source-arn-mismatch",
    ),
    _misses(
        "name-in-capitals",
        "The function's name is written with a capital in the condition",
        _arn("arn:aws:lambda:{region}:{workload}:function:Orders", "ArnEquals"),
        "source-arn-mismatch",
    ),
    _misses(
        "arn-of-a-version",
        "The condition asks for a version, and Lambda says the function",
        _arn("arn:aws:lambda:{region}:{workload}:function:orders:*"),
        "source-arn-mismatch",
    ),
    _misses(
        "partition-of-china",
        "The ARN in the condition is of another partition",
        _arn("arn:aws-cn:lambda:*:{workload}:function:*"),
        "source-arn-mismatch",
    ),
    _misses(
        "only-without-an-arn",
        "The condition is for requests without a function's ARN",
        _lambda("Null", "aws:SourceArn", "true"),
        "source-arn-mismatch",
    ),
    _misses(
        "account-of-the-registry",
        "The condition names the registry's account in place of the function's",
        _lambda("StringEquals", "aws:SourceAccount", "{registry}"),
        "source-account-mismatch",
    ),
    _misses(
        "variable-in-an-old-policy",
        "A policy of version 2008 takes a variable for plain text",
        _lambda("StringEquals", "aws:SourceAccount", "${aws:SourceAccount}"),
        "source-account-mismatch",
        version="2008-10-17",
    ),
    World(
        "repository-without-its-tag",
        "The statement is for repositories tagged for production, and this one has no tag",
        texts.DENIED,
        across(document(CALLERS, _lambda("StringEquals", "ecr:ResourceTag/stage", "production"))),
        causes=frozenset({"condition-mismatch"}),
    ),
    World(
        "session-of-another-name",
        "The callers' statement is for another role than the pipeline's",
        texts.DENIED,
        across(
            document(
                allow(
                    {"AWS": "{workload}"}, condition={"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/deploy-*"}}
                ),
                FUNCTIONS,
            ),
            pipeline(PULLS),
        ),
        Asked(CI),
        frozenset({"condition-mismatch"}),
    ),
    World(
        "plural-and-star",
        "One statement for both, with a misspelt action and a star in StringEquals",
        texts.DENIED,
        across(
            document(
                CALLERS,
                allow(
                    LAMBDA,
                    ["ecr:BatchGetImages", "ecr:GetDownloadUrlForLayer"],
                    {"StringEquals": {"aws:SourceArn": "arn:aws:lambda:*:{workload}:function:*"}},
                ),
            )
        ),
        causes=frozenset({"misspelt-action", "wildcard-in-equals"}),
    ),
    World(
        "two-keys-two-mistakes",
        "Lambda's statement asks for the wrong account and for the caller's organization",
        texts.DENIED,
        across(
            document(
                CALLERS,
                allow(
                    LAMBDA,
                    condition={
                        "StringEquals": {"aws:SourceAccount": "{registry}", "aws:PrincipalOrgID": "{organization}"}
                    },
                ),
            )
        ),
        causes=frozenset({"source-account-mismatch", "organization-key-on-wrong-side"}),
    ),
    World(
        "wrong-unit-and-no-rights",
        "The policy is for the development unit, and the pipeline has no rights of ECR",
        texts.DENIED,
        across(
            document(
                _people("StringEquals", "aws:PrincipalOrgID", "{organization}"),
                _lambda("ForAnyValue:StringLike", "aws:SourceOrgPaths", ["{other_path}"]),
            ),
            pipeline(),
        ),
        Asked(CI),
        frozenset({"organization-path-mismatch", "caller-identity"}),
    ),
    World(
        "both-sides-of-another-organization",
        "Callers and functions are of another organization than the policy says",
        texts.DENIED,
        sequence(repository(ORGANIZATION), execution_role("neighbour")),
        Asked("neighbour"),
        frozenset({"organization-id-mismatch"}),
        stranger="outsider",
    ),
    World(
        "wrong-account-in-the-arn-at-home",
        "In one account the condition has another account's number, and the pipeline may not mend it",
        texts.DENIED,
        sequence(
            repository(document({**SAME["Statement"][0], "Condition": FUNCTIONS["Condition"]})),
            execution_role("registry"),
            pipeline(who="registry/ci"),
        ),
        Asked("registry/ci"),
        frozenset({"source-arn-mismatch", "caller-cannot-add"}),
        stranger="workload",
    ),
    World(
        "half-of-the-actions-for-both",
        "Both statements have the manifest only",
        texts.DENIED,
        across(document({**CALLERS, "Action": PULL[0]}, {**FUNCTIONS, "Action": PULL[:1]})),
        causes=frozenset({"half-of-the-actions"}),
    ),
)
