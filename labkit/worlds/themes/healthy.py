"""Worlds in which all is well, also where it does not look like it."""

from __future__ import annotations

from labkit.pull import policies
from labkit.worlds.model import Asked, Steps, World
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
    WORKLOAD,
    across,
    allow,
    alone,
    cache_rule,
    deny,
    document,
    function,
    inline,
    pipeline,
    policy_deleted,
    rcp,
    registry_policy,
    scp,
)


def _well(name: str, title: str, built: Steps, caller: str = "workload", **more: str) -> World:
    stranger = "workload" if caller.startswith("registry") else "neighbour"
    asked = Asked(caller, operation=more.get("operation", "create"))
    return World(name, title, "", built, asked, stranger=more.get("stranger", stranger))


WORLDS = (
    _well(
        "well-for-one-account",
        "One statement for Lambda, and a pipeline without any right of ECR",
        alone(SAME, pipeline(who="registry/ci")),
        "registry/ci",
    ),
    _well(
        "well-by-an-administrator",
        "No policy at all, and an administrator: Lambda adds its statement",
        alone(None),
        "registry",
    ),
    _well("well-across-accounts", "The article's policy for two accounts", across()),
    _well("well-in-an-organization", "The article's policy for an organization", across(ORGANIZATION)),
    _well("well-in-a-unit", "The article's policy for a unit", across(policies.organization_paths("{path}"))),
    _well(
        "well-in-odd-letters",
        "Keys and actions in whatever case, an account by its number alone, a policy of 2008",
        across(
            document(
                allow({"AWS": "{workload}"}, "ECR:batchget*"),
                allow({"AWS": "{workload}"}, ["ecr:GetDownloadURLForLayer"]),
                allow(
                    LAMBDA,
                    ["ecr:*"],
                    {"StringLike": {"AWS:sourcearn": "arn:aws:lambda:{region}:{workload}:function:ord*"}},
                ),
                version="2008-10-17",
            )
        ),
    ),
    _well(
        "well-with-a-deny-that-spares-services",
        "A Deny for whoever is outside the organization, which leaves services out",
        across(
            document(
                *BOTH["Statement"],
                deny(
                    "*",
                    PULL,
                    {
                        "StringNotEquals": {"aws:PrincipalOrgID": "{organization}"},
                        "Bool": {"aws:PrincipalIsAWSService": "false"},
                    },
                ),
            )
        ),
    ),
    _well(
        "well-with-a-deny-of-other-services",
        "A Deny for all services but Lambda, by their names",
        across(
            document(
                *BOTH["Statement"],
                deny(
                    "*",
                    PULL,
                    {
                        "ForAllValues:StringNotEquals": {"aws:PrincipalServiceNamesList": ["lambda.amazonaws.com"]},
                        "Bool": {"aws:PrincipalIsAWSService": "true"},
                    },
                ),
            )
        ),
    ),
    _well(
        "well-with-a-deny-that-denies-nothing",
        "A Deny that compares the organization's paths without a set operator, and so never matches",
        across(
            document(
                *BOTH["Statement"],
                deny(WORKLOAD, PULL, {"StringNotLike": {"aws:PrincipalOrgPaths": ["{other_path}"]}}),
            )
        ),
    ),
    _well(
        "well-by-the-registry-alone",
        "The repository has no policy; the registry's lets both in",
        across(
            None,
            registry_policy(
                document(
                    {**CALLERS, "Resource": "arn:aws:ecr:{region}:{registry}:repository/team/*"},
                    {**FUNCTIONS, "Resource": "arn:aws:ecr:{region}:{registry}:repository/team/*"},
                )
            ),
        ),
    ),
    _well(
        "well-for-one-function",
        "The exact ARN of one function, compared with StringEquals",
        across(
            document(
                CALLERS,
                allow(
                    LAMBDA,
                    condition={"StringEquals": {"aws:SourceArn": "arn:aws:lambda:{region}:{workload}:function:orders"}},
                ),
            )
        ),
    ),
    _well(
        "well-with-needless-rights",
        "The execution role may pull, which nobody needs and which harms nobody",
        across(BOTH, pipeline(PULLS), inline("workload/orders-role", PULLS)),
        CI,
    ),
    _well(
        "well-within-guard-rails",
        "A service control policy and a resource control policy that both look as if they denied",
        across(
            BOTH,
            scp(
                document(
                    {
                        "Effect": "Deny",
                        "Action": PULL,
                        "NotResource": ["arn:aws:ecr:*:{registry}:repository/*", "arn:aws:ecr:*:{workload}:*"],
                    }
                ),
                "{workload}",
            ),
            rcp(
                document(
                    {
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
    ),
    _well(
        "well-with-split-actions",
        "Each of the two actions is allowed by a statement of its own",
        across(
            document(
                CALLERS,
                allow(LAMBDA, "ecr:GetDownloadUrlForLayer", {"StringEquals": {"aws:SourceAccount": "{workload}"}}),
                allow({"Service": ["ecs.amazonaws.com", "lambda.amazonaws.com"]}, "ecr:BatchGetImage"),
            )
        ),
        stranger="",
    ),
    _well(
        "well-without-the-policy-of-yesterday",
        "The policy is gone, the function has its copy of the image, and the administrator may update it",
        alone(SAME, function("registry"), policy_deleted()),
        "registry",
        operation="update",
    ),
    _well(
        "well-by-leaving-one-out",
        "Callers are whoever is of the organization and not the management account",
        across(
            document(
                allow(
                    EVERYBODY,
                    condition={
                        "StringEquals": {"aws:PrincipalOrgID": "{organization}"},
                        "StringNotEquals": {"aws:PrincipalAccount": "{management}"},
                    },
                ),
                FUNCTIONS,
            )
        ),
    ),
    _well(
        "well-from-a-cache",
        "The repository belongs to a pull-through cache rule, and has the image already",
        across(BOTH, cache_rule("team")),
    ),
)
