"""Nothing lets Lambda in: there is no statement for it, or none any more, or one for another service."""

from __future__ import annotations

from labkit.worlds import texts
from labkit.worlds.model import Asked, World
from labkit.worlds.steps import (
    BOTH,
    CALLERS,
    CI,
    EVERYBODY,
    LAMBDA,
    PULL,
    PULLS,
    across,
    allow,
    alone,
    created_in_vain,
    document,
    execution_role,
    function,
    inline,
    invoked_in_vain,
    pipeline,
    policy_deleted,
    policy_set,
    replica,
    repository,
    role,
    sequence,
    time_passes,
)

_CI = Asked("registry/ci")
"""Everything in one account, by a pipeline that has no rights of ECR."""
_HERE = pipeline(who="registry/ci")

WORLDS = (
    World(
        "article-same-account",
        "A role with AWSLambda_FullAccess creates the function, and the repository has no policy",
        texts.DENIED,
        alone(None, role("registry/ci", managed=("AWSLambda_FullAccess",))),
        _CI,
        frozenset({"service-statement-missing", "caller-cannot-add"}),
        stranger="workload",
    ),
    World(
        "reads-the-policy-and-may-not-set-it",
        "The pipeline may pull and read the repository's policy, but not set it",
        texts.DENIED,
        alone(
            None,
            pipeline({"Effect": "Allow", "Action": ["ecr:Get*", "ecr:BatchGet*"], "Resource": "*"}, who="registry/ci"),
        ),
        _CI,
        frozenset({"service-statement-missing", "caller-cannot-add"}),
        stranger="workload",
    ),
    World(
        "ecs-pulls-from-here",
        "The repository's policy is for ECS tasks, and nobody thought of Lambda",
        texts.DENIED,
        alone(document(allow({"AWS": "arn:aws:iam::{development}:root"})), _HERE),
        _CI,
        frozenset({"service-statement-missing", "caller-cannot-add"}),
        stranger="workload",
    ),
    World(
        "callers-only",
        "The other account may pull, and Lambda was forgotten",
        texts.DENIED,
        across(document(CALLERS)),
        causes=frozenset({"service-statement-missing"}),
    ),
    World(
        "organization-for-people",
        "Everybody of the organization may pull, which never includes Lambda",
        texts.DENIED,
        across(document(allow(EVERYBODY, condition={"StringEquals": {"aws:PrincipalOrgID": "{organization}"}}))),
        causes=frozenset({"service-statement-missing"}),
    ),
    World(
        "nothing-anywhere",
        "A new repository, in another account, without a policy",
        texts.DENIED,
        across(None),
        causes=frozenset({"service-statement-missing", "caller-statement-missing"}),
    ),
    World(
        "execution-role-may-pull",
        "The rights to pull were given to the execution role, which does not pull",
        texts.DENIED,
        alone(None, _HERE, inline("registry/orders-role", {**PULLS, "Action": [*PULL, "ecr:GetAuthorizationToken"]})),
        _CI,
        frozenset({"service-statement-missing", "caller-cannot-add", "execution-role-granted"}),
        stranger="workload",
    ),
    World(
        "execution-role-in-the-policy",
        "The repository's policy names the execution role of the other account",
        texts.DENIED,
        sequence(
            repository(),
            execution_role(),
            pipeline(PULLS),
            policy_set(document(allow({"AWS": "arn:aws:iam::{workload}:role/orders-role"}, Sid="AllowPull"))),
        ),
        Asked(CI),
        frozenset({"service-statement-missing", "caller-statement-missing", "execution-role-granted"}),
    ),
    World(
        "edge-functions",
        "The statement is for Lambda@Edge",
        texts.DENIED,
        across(document(CALLERS, allow({"Service": "edgelambda.amazonaws.com"}, Sid="Functions"))),
        causes=frozenset({"wrong-service-principal"}),
    ),
    World(
        "regional-principal",
        "Lambda is named with its region",
        texts.DENIED,
        alone(document(allow({"Service": "lambda.{region}.amazonaws.com"})), _HERE),
        _CI,
        frozenset({"wrong-service-principal", "caller-cannot-add"}),
        stranger="workload",
    ),
    World(
        "codebuild-copied",
        "The policy was copied from AWS's page for CodeBuild",
        texts.DENIED,
        across(
            document(
                CALLERS,
                allow({"Service": "codebuild.amazonaws.com"}, ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]),
            )
        ),
        causes=frozenset({"wrong-service-principal"}),
    ),
    World(
        "stack-update-lost-the-statement",
        "A stack update removed the policy that Lambda had added, and the pipeline may not add it",
        texts.denied("UpdateFunctionCode"),
        alone(None, _HERE, function("registry"), policy_deleted()),
        _CI._replace(operation="update"),
        frozenset({"statement-lost", "caller-cannot-add"}),
        stranger="workload",
    ),
    World(
        "statement-lost-and-function-idle",
        "The policy was removed weeks ago; now the function is needed and does not come back",
        texts.BROKEN,
        alone(None, function("registry"), policy_deleted(), time_passes("+30d"), invoked_in_vain("registry")),
        Asked("registry", operation="restore"),
        frozenset({"statement-lost", "function-inactive"}),
        stranger="workload",
    ),
    World(
        "terraform-overwrote-the-policy",
        "Terraform set a policy of its own over the one that Lambda had added",
        texts.denied("UpdateFunctionCode"),
        alone(
            None,
            _HERE,
            function("registry"),
            policy_set(document(allow({"AWS": "arn:aws:iam::{development}:root"}, Sid="Development"))),
        ),
        _CI._replace(operation="update"),
        frozenset({"statement-lost", "caller-cannot-add"}),
        stranger="workload",
    ),
    World(
        "replica-in-another-region",
        "The image was replicated to another region, and the policy was not",
        texts.DENIED,
        sequence(repository(BOTH), execution_role(), replica()),
        Asked(region="eu-west-1"),
        frozenset({"replica-without-policy", "caller-statement-missing"}),
    ),
    World(
        "replica-in-the-own-account",
        "The image was replicated to the workload account, where a pipeline may not add the statement",
        texts.DENIED,
        sequence(repository(BOTH), execution_role(), pipeline(), replica("workload", "{region}")),
        Asked(CI, "{workload}.dkr.ecr.{region}.amazonaws.com/team/orders:1.0"),
        frozenset({"replica-without-policy", "caller-cannot-add"}),
    ),
    World(
        "admin-creates-pipeline-updates",
        "An administrator created the function from one repository; the pipeline updates it from another",
        texts.denied("UpdateFunctionCode"),
        sequence(
            repository(),
            execution_role("registry"),
            _HERE,
            function("registry"),
            policy_deleted(),
            policy_set(document(allow(LAMBDA, "ecr:GetDownloadUrlForLayer"))),
        ),
        _CI._replace(operation="update"),
        frozenset({"half-of-the-actions", "caller-cannot-add"}),
        stranger="workload",
    ),
    World(
        "three-parties-nothing",
        "The repository has no policy, the pipeline no rights of ECR, and the execution role has them all",
        texts.DENIED,
        across(None, pipeline(), inline("workload/orders-role", PULLS), created_in_vain(CI)),
        Asked(CI),
        frozenset(
            {"service-statement-missing", "caller-statement-missing", "caller-identity", "execution-role-granted"}
        ),
    ),
)
