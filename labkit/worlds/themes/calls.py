"""The call itself is refused, before anybody fetches an image: other texts than the famous one."""

from __future__ import annotations

from labkit.diagnosis.cause_table import TOLD
from labkit.pull import policies
from labkit.worlds import texts
from labkit.worlds.model import Asked, World
from labkit.worlds.steps import (
    BOTH,
    CI,
    PULLS,
    across,
    allow,
    alone,
    document,
    endpoint,
    pipeline,
    repository,
    role,
    scp,
    sequence,
)

_FUNCTION = "arn:aws:lambda:{region}:{account}:function:{function}"
_PASS = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}
_CREATE = {"Effect": "Allow", "Action": "lambda:*", "Resource": "*"}
_ENDPOINT = document(
    {
        "Effect": "Allow",
        "Principal": "*",
        "Action": ["lambda:Invoke*", "lambda:Get*", "lambda:Delete*"],
        "Resource": "*",
    }
)
"""The policy of an endpoint through which functions are invoked, looked at and deleted, and none is created."""

WORLDS = (
    World(
        "pipeline-only-updates",
        "The pipeline was allowed to update functions, and now it has to create one",
        texts.unauthorized(
            "lambda:CreateFunction", _FUNCTION, texts.no_policy_allows("identity-based policy", "lambda:CreateFunction")
        ),
        across(
            BOTH,
            role(
                CI,
                {
                    "Effect": "Allow",
                    "Action": ["lambda:Update*", "lambda:Get*", "lambda:InvokeFunction"],
                    "Resource": "*",
                },
                _PASS,
                PULLS,
            ),
        ),
        Asked(CI),
        frozenset({"create-function-denied"}),
    ),
    World(
        "scp-forbids-functions",
        "The organization lets nobody create functions in this region",
        texts.unauthorized(
            "lambda:CreateFunction",
            _FUNCTION,
            "with an explicit deny in a service control policy: "
            "arn:aws:organizations::{management}:policy/{organization}/service_control_policy/{policy_id}",
        ),
        across(
            BOTH,
            scp(
                document(
                    {
                        "Sid": "NoFunctionsHere",
                        "Effect": "Deny",
                        "Action": "lambda:CreateFunction",
                        "Resource": "*",
                        "Condition": {"StringEquals": {"aws:RequestedRegion": "{region}"}},
                    }
                ),
                "{workload}",
            ),
        ),
        causes=frozenset({"create-function-denied"}),
    ),
    World(
        "pipeline-passes-no-role",
        "The pipeline may create functions, but may not give them a role",
        texts.unauthorized("iam:PassRole", "{role}", texts.no_policy_allows("identity-based policy", "iam:PassRole")),
        across(BOTH, role(CI, _CREATE, PULLS)),
        Asked(CI),
        frozenset({"pass-role"}),
    ),
    World(
        "pipeline-passes-roles-to-ecs",
        "The pipeline's right to pass roles is for ECS tasks only",
        texts.unauthorized("iam:PassRole", "{role}", texts.no_policy_allows("identity-based policy", "iam:PassRole")),
        across(
            BOTH,
            role(
                CI,
                _CREATE,
                PULLS,
                {**_PASS, "Condition": {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}},
            ),
        ),
        Asked(CI),
        frozenset({"pass-role"}),
    ),
    World(
        "role-of-the-other-account",
        "The function is to run as a role that lives in the registry's account",
        "An error occurred (AccessDeniedException) when calling the CreateFunction operation: "
        "Cross-account pass role is not allowed.",
        sequence(across(), role("registry/orders-role", trust=policies.lambda_trust())),
        Asked(role="arn:aws:iam::{registry}:role/orders-role"),
        frozenset({"pass-role"}),
        by=TOLD,
    ),
    World(
        "role-for-ec2",
        "The execution role was made for EC2, and Lambda cannot assume it",
        texts.NOT_ASSUMABLE,
        sequence(
            repository(BOTH),
            role(
                "workload/orders-role",
                trust=document(allow({"Service": "ec2.amazonaws.com"}, "sts:AssumeRole")),
            ),
        ),
        causes=frozenset({"role-not-assumable"}),
    ),
    World(
        "role-for-one-function",
        "The execution role trusts Lambda for functions of another account only",
        texts.NOT_ASSUMABLE,
        sequence(
            repository(BOTH),
            role(
                "workload/orders-role",
                trust=document(
                    allow(
                        {"Service": "lambda.amazonaws.com"},
                        "sts:AssumeRole",
                        {"StringEquals": {"aws:SourceAccount": "{development}"}},
                    )
                ),
            ),
        ),
        causes=frozenset({"role-not-assumable"}),
    ),
    World(
        "endpoint-for-invoking",
        "The VPC endpoint for Lambda lets functions be invoked, not created",
        texts.unauthorized(
            "lambda:CreateFunction", _FUNCTION, texts.no_policy_allows("VPC endpoint policy", "lambda:CreateFunction")
        ),
        across(
            BOTH,
            endpoint(_ENDPOINT),
        ),
        causes=frozenset({"vpc-endpoint"}),
    ),
    World(
        "pipeline-and-nobody-for-lambda",
        "The pipeline passes no role, and the repository admits no Lambda either",
        texts.unauthorized("iam:PassRole", "{role}", texts.no_policy_allows("identity-based policy", "iam:PassRole")),
        alone(None, role("registry/ci", _CREATE)),
        Asked("registry/ci"),
        frozenset({"pass-role", "service-statement-missing", "caller-cannot-add"}),
        stranger="workload",
    ),
    World(
        "endpoint-and-no-rights-of-ecr",
        "The VPC endpoint refuses the pipeline's call, and the pipeline has no rights of ECR",
        texts.unauthorized(
            "lambda:CreateFunction", _FUNCTION, texts.no_policy_allows("VPC endpoint policy", "lambda:CreateFunction")
        ),
        across(
            BOTH,
            pipeline(),
            endpoint(_ENDPOINT),
        ),
        Asked(CI),
        frozenset({"vpc-endpoint", "caller-identity"}),
    ),
)
