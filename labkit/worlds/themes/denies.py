"""Something denies: an explicit Deny beats every Allow, wherever it stands."""

from __future__ import annotations

from labkit.diagnosis.cause_table import TOLD
from labkit.worlds import texts
from labkit.worlds.model import Asked, Json, World
from labkit.worlds.steps import (
    BOTH,
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
    alone,
    deny,
    document,
    execution_role,
    full_access_detached,
    pipeline,
    rcp,
    registry_policy,
    repository,
    scp,
    sequence,
)

_ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}
_LIMIT = document({"Effect": "Allow", "Action": ["lambda:*", "iam:PassRole", "logs:*"], "Resource": "*"})
"""A limit that somebody wrote before there were images: nothing of ECR is in it."""
_NEIGHBOURS = document(
    allow({"AWS": "arn:aws:iam::{neighbour}:root"}, Sid="CrossAccountPermission"),
    allow(
        LAMBDA,
        condition={"StringEquals": {"aws:SourceAccount": "{neighbour}"}},
        Sid="LambdaECRImageCrossAccountRetrievalPolicy",
    ),
)

WORLDS = (
    World(
        "addresses-of-the-office",
        "Only the office's addresses may pull, says a Deny, and Lambda has none of them",
        texts.DENIED,
        alone(
            document(
                *SAME["Statement"],
                deny("*", PULL, {"NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24"]}}, Sid="OfficeOnly"),
            )
        ),
        Asked("registry"),
        frozenset({"explicit-deny"}),
        stranger="workload",
    ),
    World(
        "organization-only",
        "Whoever is outside the organization is denied, and Lambda is in no organization",
        texts.DENIED,
        across(
            document(
                *ORGANIZATION["Statement"],
                deny("*", PULL, {"StringNotEquals": {"aws:PrincipalOrgID": "{organization}"}}, Sid="NobodyElse"),
            )
        ),
        causes=frozenset({"explicit-deny"}),
    ),
    World(
        "through-our-endpoint-only",
        "Pulls are denied unless they come through the company's VPC endpoint, and Lambda's do not",
        texts.DENIED,
        alone(
            document(
                *SAME["Statement"],
                deny("*", PULL, {"StringNotEquals": {"aws:SourceVpce": "vpce-0a1b2c3d4e5f67890"}}, Sid="Endpoint"),
            )
        ),
        Asked("registry"),
        frozenset({"explicit-deny"}),
        stranger="workload",
    ),
    World(
        "pipeline-denied-production",
        "The pipeline's own policy denies it the team's repositories",
        texts.DENIED,
        across(
            BOTH,
            pipeline(
                PULLS,
                {
                    "Sid": "NotTheTeams",
                    "Effect": "Deny",
                    "Action": "ecr:*",
                    "Resource": "arn:aws:ecr:*:*:repository/team/*",
                },
            ),
        ),
        Asked(CI),
        frozenset({"explicit-deny"}),
    ),
    World(
        "registry-denies-lambda",
        "The registry's policy denies pulls to everybody who is not of the organization",
        texts.DENIED,
        alone(
            SAME,
            registry_policy(
                document(
                    deny(
                        "*",
                        PULL,
                        {"StringNotEquals": {"aws:PrincipalOrgID": "{organization}"}},
                        Sid="Perimeter",
                        Resource="arn:aws:ecr:{region}:{registry}:repository/*",
                    )
                )
            ),
        ),
        Asked("registry"),
        frozenset({"registry-policy"}),
        stranger="workload",
    ),
    World(
        "registry-allows-nothing",
        "The registry's policy is to let everything in, and its ARNs lack the service",
        texts.DENIED,
        across(
            None,
            registry_policy(
                document(
                    {**CALLERS, "Resource": "arn:aws:{region}:{registry}:repository/*"},
                    {**FUNCTIONS, "Resource": "arn:aws:{region}:{registry}:repository/*"},
                )
            ),
        ),
        causes=frozenset({"registry-policy"}),
    ),
    World(
        "perimeter-for-services",
        "A resource control policy denies services that work for accounts of another organization",
        texts.DENIED,
        sequence(
            repository(_NEIGHBOURS),
            execution_role("neighbour"),
            rcp(
                document(
                    {
                        "Sid": "EnforceConfusedDeputyProtection",
                        "Effect": "Deny",
                        "Principal": "*",
                        "Action": "ecr:*",
                        "Resource": "*",
                        "Condition": {
                            "StringNotEqualsIfExists": {"aws:SourceOrgID": "{organization}"},
                            "Null": {"aws:SourceAccount": "false"},
                            "Bool": {"aws:PrincipalIsAWSService": "true"},
                        },
                    }
                ),
                "{registry}",
            ),
        ),
        Asked("neighbour"),
        frozenset({"rcp"}),
        stranger="outsider",
    ),
    World(
        "perimeter-for-callers",
        "A resource control policy denies callers of another organization",
        texts.DENIED,
        sequence(
            repository(_NEIGHBOURS),
            execution_role("neighbour"),
            rcp(
                document(
                    {
                        "Sid": "EnforceOrgIdentities",
                        "Effect": "Deny",
                        "Principal": "*",
                        "Action": "ecr:*",
                        "Resource": "*",
                        "Condition": {
                            "StringNotEqualsIfExists": {"aws:PrincipalOrgID": "{organization}"},
                            "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
                        },
                    }
                ),
                "{registry}",
            ),
        ),
        Asked("neighbour"),
        frozenset({"rcp"}),
        stranger="outsider",
    ),
    World(
        "own-registry-only",
        "The organization lets the workload account pull from its own registry only",
        texts.DENIED,
        across(
            BOTH,
            scp(
                document(
                    {
                        "Sid": "OurRegistryOnly",
                        "Effect": "Deny",
                        "Action": PULL,
                        "NotResource": "arn:aws:ecr:*:{workload}:repository/*",
                    }
                ),
                "{workload}",
            ),
        ),
        causes=frozenset({"scp"}),
    ),
    World(
        "allowed-services",
        "The organization lists the services that may be used, and ECR is not among them",
        texts.DENIED,
        across(
            BOTH,
            scp(
                document({"Effect": "Allow", "Action": ["lambda:*", "iam:*", "sts:*", "logs:*"], "Resource": "*"}),
                "{workload}",
            ),
            full_access_detached("{workload}"),
        ),
        causes=frozenset({"scp"}),
    ),
    World(
        "boundary-without-ecr",
        "The pipeline's permissions boundary was written before there were images",
        texts.DENIED,
        across(BOTH, pipeline(PULLS, boundary=_LIMIT)),
        Asked(CI),
        frozenset({"boundary"}),
    ),
    World(
        "boundary-denies",
        "The pipeline's permissions boundary denies it to read images",
        texts.DENIED,
        across(
            BOTH,
            pipeline(
                PULLS,
                boundary=document(
                    _ALL, {"Sid": "NoImages", "Effect": "Deny", "Action": "ecr:BatchGetImage", "Resource": "*"}
                ),
            ),
        ),
        Asked(CI),
        frozenset({"boundary"}),
    ),
    World(
        "session-for-lambda-only",
        "The pipeline takes its role with a session policy that has nothing of ECR",
        texts.DENIED,
        across(BOTH, pipeline(PULLS)),
        Asked(CI, session=Json(_LIMIT)),
        frozenset({"session-policy"}),
        by=TOLD,
    ),
    World(
        "deny-and-nothing-allows",
        "A Deny for whoever is outside the organization, and nothing for Lambda at all",
        texts.DENIED,
        across(
            document(
                allow(EVERYBODY, condition={"StringEquals": {"aws:PrincipalOrgID": "{organization}"}}),
                deny("*", PULL, {"StringNotEquals": {"aws:PrincipalOrgID": "{organization}"}}, Sid="NobodyElse"),
            )
        ),
        causes=frozenset({"explicit-deny", "service-statement-missing"}),
    ),
    World(
        "guard-rail-and-no-rights",
        "The organization denies foreign registries, and the pipeline has no rights of ECR either",
        texts.DENIED,
        across(
            BOTH,
            pipeline(),
            scp(
                document(
                    {
                        "Sid": "OurRegistryOnly",
                        "Effect": "Deny",
                        "Action": PULL,
                        "NotResource": "arn:aws:ecr:*:{workload}:repository/*",
                    }
                ),
                "{workload}",
            ),
        ),
        Asked(CI),
        frozenset({"scp", "caller-identity"}),
    ),
    World(
        "boundary-and-lambda-forgotten",
        "A boundary without ECR, and a repository that admits callers only",
        texts.DENIED,
        across(document(CALLERS), pipeline(PULLS, boundary=_LIMIT)),
        Asked(CI),
        frozenset({"boundary", "service-statement-missing"}),
    ),
)
