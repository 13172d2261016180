"""Across accounts the caller needs both accounts' consent, and one of them is missing."""

from __future__ import annotations

from labkit.worlds import texts
from labkit.worlds.model import Asked, World
from labkit.worlds.steps import (
    BOTH,
    CI,
    DEPLOYS,
    FUNCTIONS,
    PULLS,
    SAME,
    across,
    allow,
    document,
    execution_role,
    inline,
    pipeline,
    policy_set,
    repository,
    role,
    role_deleted,
    sequence,
)

_NAMED = document(allow({"AWS": "arn:aws:iam::{workload}:role/ci"}, Sid="Pipeline"), FUNCTIONS)
"""A policy that names one role of the other account."""

WORLDS = (
    World(
        "functions-only",
        "Lambda may pull for the other account, and nobody of that account may",
        texts.DENIED,
        across(document(FUNCTIONS)),
        causes=frozenset({"caller-statement-missing"}),
    ),
    World(
        "article-policy-of-one-account",
        "The policy for one account is used for two",
        texts.DENIED,
        across(SAME),
        causes=frozenset({"caller-statement-missing"}),
    ),
    World(
        "another-role-is-named",
        "The repository's policy names the old pipeline's role",
        texts.DENIED,
        sequence(
            repository(),
            execution_role(),
            pipeline(PULLS),
            pipeline(PULLS, who="workload/old-ci"),
            policy_set(document(allow({"AWS": "arn:aws:iam::{workload}:role/old-ci"}), FUNCTIONS)),
        ),
        Asked(CI),
        frozenset({"caller-statement-missing"}),
    ),
    World(
        "development-is-admitted",
        "The policy admits the callers of the development account only",
        texts.DENIED,
        across(document(allow({"AWS": ["arn:aws:iam::{development}:root", "{neighbour}"]}), FUNCTIONS)),
        causes=frozenset({"caller-statement-missing"}),
        stranger="outsider",
    ),
    World(
        "pipeline-has-lambda-only",
        "The pipeline may do everything with Lambda, and nothing with ECR",
        texts.DENIED,
        across(BOTH, role(CI, managed=("AWSLambda_FullAccess",))),
        Asked(CI),
        frozenset({"caller-identity"}),
    ),
    World(
        "pipeline-pulls-from-its-own-account",
        "The pipeline's rights of ECR are for repositories of its own account",
        texts.DENIED,
        across(BOTH, pipeline({**PULLS, "Resource": "arn:aws:ecr:{region}:{workload}:repository/*"})),
        Asked(CI),
        frozenset({"caller-identity"}),
    ),
    World(
        "half-of-the-callers-rights",
        "The pipeline may read the manifest, and not the layers",
        texts.DENIED,
        across(BOTH, pipeline({**PULLS, "Action": ["ecr:BatchGetImage", "ecr:DescribeImages"]})),
        Asked(CI),
        frozenset({"half-of-the-actions"}),
    ),
    World(
        "role-made-anew",
        "The pipeline's role was deleted and made again, and the policy still means the old one",
        texts.DENIED,
        sequence(
            repository(),
            execution_role(),
            pipeline(PULLS),
            policy_set(_NAMED),
            role_deleted(CI),
            pipeline(PULLS),
        ),
        Asked(CI),
        frozenset({"principal-recreated"}),
    ),
    World(
        "role-made-anew-without-rights",
        "The pipeline's role was made again, and without its rights of ECR",
        texts.DENIED,
        sequence(
            repository(),
            execution_role(),
            pipeline(PULLS),
            policy_set(_NAMED),
            role_deleted(CI),
            role(CI, *DEPLOYS),
        ),
        Asked(CI),
        frozenset({"principal-recreated", "caller-identity"}),
    ),
    World(
        "rights-on-the-execution-role",
        "The pipeline's rights of ECR were given to the execution role",
        texts.DENIED,
        across(BOTH, pipeline(), inline("workload/orders-role", PULLS)),
        Asked(CI),
        frozenset({"caller-identity", "execution-role-granted"}),
    ),
    World(
        "pipeline-and-repository-forgot",
        "The pipeline has no rights of ECR, and the repository admits Lambda only",
        texts.DENIED,
        across(document(FUNCTIONS), pipeline()),
        Asked(CI),
        frozenset({"caller-statement-missing", "caller-identity"}),
    ),
    World(
        "half-here-half-there",
        "The repository admits callers to the manifest only, and the pipeline has no rights at all",
        texts.DENIED,
        across(document(allow({"AWS": "{workload}"}, "ecr:BatchGetImage"), FUNCTIONS), pipeline()),
        Asked(CI),
        frozenset({"half-of-the-actions", "caller-identity"}),
    ),
)
