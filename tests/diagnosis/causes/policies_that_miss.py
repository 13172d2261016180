"""Healthy policies, and those whose statements are missing or miss, each with the ids of the causes that are named."""

from __future__ import annotations

import json
from typing import Any

from labkit.diagnosis.facts import (
    IDENTITY_POLICY,
    REGISTRY_POLICY,
    RESTORE,
    Facts,
    Function,
    Repository,
)
from labkit.pull import policies
from tests.diagnosis.causes.given import (
    ADMINISTRATOR,
    ORGANIZATION,
    OTHER,
    PATH,
    PULLS,
    URI,
    WORKLOAD,
    across,
    allow,
    document,
    layer,
    policy,
    within,
)

ROOT = {"AWS": f"arn:aws:iam::{WORKLOAD}:root"}
LAMBDA = {"Service": "lambda.amazonaws.com"}
EVERYBODY = {"AWS": "*"}
CALLERS = allow(PULLS, ROOT)
SERVICE = allow(PULLS, LAMBDA)


def asking(operator: str, key: str, value: Any, principal: Any = None) -> dict[str, Any]:
    return allow(PULLS, principal or LAMBDA, Condition={operator: {key: value}})


def of_lambda(operator: str, key: str, value: Any) -> Facts:
    """Callers are let in; Lambda's statement has this condition."""
    return across(policy(CALLERS, asking(operator, key, value)))


def of_caller(operator: str, key: str, value: Any, principal: Any = None) -> Facts:
    """Lambda is let in; the callers' statement has this condition."""
    return across(policy(asking(operator, key, value, principal or ROOT), SERVICE))


HEALTHY = (
    ("the article's policy across accounts", across(policies.cross_account(WORKLOAD))),
    ("the article's policy for an organization", across(policies.organization(ORGANIZATION))),
    ("the article's policy for paths", across(policies.organization_paths(f"{PATH}*"))),
    ("the article's policy in one account", within(policies.same_account())),
    ("no policy in one account, and a caller who may set it", within(None, identity=ADMINISTRATOR)),
    ("a wrong function, and a caller who may set the policy", within(policy(SERVICE), identity=ADMINISTRATOR)),
    ("one statement for both without conditions", across(policy(allow(PULLS, {**ROOT, **LAMBDA})))),
    ("everyone", across(policy(allow("ecr:*", "*")))),
    ("one action in each of two statements", across(policy(*(allow(each, {**ROOT, **LAMBDA}) for each in PULLS)))),
    (
        "Lambda by the registry's policy",
        across(policy(CALLERS), registry_policy=document(REGISTRY_POLICY, policy(allow(PULLS, LAMBDA, Resource="*")))),
    ),
    ("a function that is restored while callers are refused", across(policy(SERVICE), question={"operation": RESTORE})),
)

MISSES = (
    # Nothing names Lambda
    ("no policy in one account", within(None), {"service-statement-missing", "caller-cannot-add"}),
    ("no policy across accounts", across(None), {"service-statement-missing", "caller-statement-missing"}),
    ("callers only", across(policy(CALLERS)), {"service-statement-missing"}),
    ("Lambda only", across(policy(SERVICE)), {"caller-statement-missing"}),
    (
        "everyone of the organization",
        across(policy(asking("StringEquals", "aws:PrincipalOrgID", ORGANIZATION, "*"))),
        {"service-statement-missing"},
    ),
    ("another account's root", across(policy(allow(PULLS, {"AWS": OTHER}), SERVICE)), {"caller-statement-missing"}),
    (
        "another role of the account",
        across(policy(allow(PULLS, {"AWS": f"arn:aws:iam::{WORKLOAD}:role/Other"}), SERVICE)),
        {"caller-statement-missing"},
    ),
    ("other actions for Lambda", across(policy(CALLERS, allow("ecr:PutImage", LAMBDA))), {"service-statement-missing"}),
    (
        "edgelambda",
        across(policy(CALLERS, allow(PULLS, {"Service": "edgelambda.amazonaws.com"}))),
        {"wrong-service-principal"},
    ),
    (
        "lambda with a region",
        across(policy(CALLERS, allow(PULLS, {"Service": "lambda.eu-central-1.amazonaws.com"}))),
        {"wrong-service-principal"},
    ),
    (
        "codebuild beside lambda",
        across(
            policy(
                CALLERS,
                asking("StringEquals", "aws:SourceAccount", OTHER),
                allow(PULLS, {"Service": "codebuild.amazonaws.com"}),
            )
        ),
        {"source-account-mismatch"},
    ),
    (
        "a replica",
        across(None, repository=Repository(replicated=True)),
        {"replica-without-policy", "caller-statement-missing"},
    ),
    (
        "an older copy",
        across(policy(CALLERS), older_policies=(json.dumps(policy(CALLERS, SERVICE)),)),
        {"statement-lost"},
    ),
    (
        "a function from this repository",
        within(
            None,
            question={"operation": "update"},
            function=Function(image=URI, resolved_image=f"{URI.partition(':')[0]}@sha256:{'5' * 64}"),
        ),
        {"statement-lost", "caller-cannot-add"},
    ),
    (
        "a function from another repository",
        within(None, question={"operation": "update"}, function=Function(image=URI.replace("lambda-test", "other"))),
        {"service-statement-missing", "caller-cannot-add"},
    ),
    # Nothing names the caller
    (
        "a deleted role's id",
        across(policy(allow(PULLS, {"AWS": "AROADELETEDDELETED01"}), SERVICE)),
        {"principal-recreated"},
    ),
    (
        "a deleted user's id",
        across(policy(allow(PULLS, {"AWS": "AIDADELETEDDELETED01"}), SERVICE)),
        {"caller-statement-missing"},
    ),
    (
        "no identity policy",
        across(policies.cross_account(WORKLOAD), identity=layer(IDENTITY_POLICY, policy(allow(["lambda:*", "iam:*"])))),
        {"caller-identity"},
    ),
    (
        "identity policies for another repository",
        across(
            policies.cross_account(WORKLOAD),
            identity=layer(
                IDENTITY_POLICY,
                policy(allow("lambda:*"), allow("ecr:*", Resource=f"arn:aws:ecr:*:{OTHER}:repository/*")),
            ),
        ),
        {"caller-identity"},
    ),
    (
        "half in the identity policy",
        across(
            policies.cross_account(WORKLOAD), identity=layer(IDENTITY_POLICY, policy(allow(["lambda:*", PULLS[0]])))
        ),
        {"half-of-the-actions"},
    ),
    (
        "misspelt in the identity policy",
        across(
            policies.cross_account(WORKLOAD),
            identity=layer(IDENTITY_POLICY, policy(allow(["lambda:*", PULLS[0], "ecr:GetDownloadUrlForLayers"]))),
        ),
        {"misspelt-action"},
    ),
    # Statements that miss
    (
        "one statement for both with the service's key",
        across(
            policy(asking("StringLike", "aws:SourceArn", f"arn:aws:lambda:*:{WORKLOAD}:function:*", {**ROOT, **LAMBDA}))
        ),
        {"one-statement-for-both"},
    ),
    (
        "one statement for both with the callers' key",
        across(policy(asking("StringEquals", "aws:PrincipalOrgID", ORGANIZATION, {**EVERYBODY, **LAMBDA}))),
        {"one-statement-for-both"},
    ),
    (
        "a misspelt action",
        across(policy(CALLERS, allow([PULLS[0], "ecr:GetDownloadUrlForLayers"], LAMBDA))),
        {"misspelt-action"},
    ),
    (
        "both misspelt",
        across(policy(CALLERS, allow(["ecr:BatchGetImages", "ecr:GetDownloadURLsForLayer"], LAMBDA))),
        {"misspelt-action"},
    ),
    ("half for Lambda", across(policy(CALLERS, allow(PULLS[0], LAMBDA))), {"half-of-the-actions"}),
    ("half for the caller", across(policy(allow(PULLS[1], ROOT), SERVICE)), {"half-of-the-actions"}),
    (
        "half, and the other half of another function",
        across(
            policy(
                CALLERS,
                allow(PULLS[0], LAMBDA),
                allow(PULLS[1], LAMBDA, Condition={"StringEquals": {"aws:SourceAccount": OTHER}}),
            )
        ),
        {"half-of-the-actions"},
    ),
    (
        "half under a condition that fails",
        across(policy(CALLERS, allow(PULLS[0], LAMBDA, Condition={"StringEquals": {"aws:SourceAccount": OTHER}}))),
        {"half-of-the-actions", "source-account-mismatch"},
    ),
    (
        "two conditions that fail",
        across(
            policy(
                CALLERS,
                allow(
                    PULLS,
                    LAMBDA,
                    Condition={"StringEquals": {"aws:SourceAccount": OTHER, "aws:SourceOrgID": "o-anotherorgid"}},
                ),
            )
        ),
        {"source-account-mismatch", "organization-id-mismatch"},
    ),
    (
        "the callers' key for Lambda",
        of_lambda("StringEquals", "aws:PrincipalOrgID", ORGANIZATION),
        {"organization-key-on-wrong-side"},
    ),
    (
        "a caller's ARN for Lambda",
        of_lambda("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/x"),
        {"organization-key-on-wrong-side"},
    ),
    (
        "the service's key for callers",
        of_caller("StringEquals", "aws:SourceOrgID", ORGANIZATION),
        {"organization-key-on-wrong-side"},
    ),
    (
        "the service's ARN for callers",
        of_caller("ArnLike", "aws:SourceArn", f"arn:aws:lambda:*:{WORKLOAD}:function:*"),
        {"organization-key-on-wrong-side"},
    ),
    (
        "StringEquals with a star",
        of_lambda("StringEquals", "aws:SourceArn", f"arn:aws:lambda:*:{WORKLOAD}:function:*"),
        {"wildcard-in-equals"},
    ),
    (
        "StringEquals with a star that would not hold either",
        of_lambda("StringEquals", "aws:SourceArn", f"arn:aws:lambda:*:{OTHER}:function:*"),
        {"source-arn-mismatch"},
    ),
    (
        "paths with StringEquals",
        of_caller("ForAnyValue:StringEquals", "aws:PrincipalOrgPaths", f"{PATH}*"),
        {"wildcard-in-equals"},
    ),
    (
        "paths without ForAnyValue",
        of_caller("StringLike", "aws:PrincipalOrgPaths", f"{PATH}*"),
        {"organization-path-form"},
    ),
    (
        "paths without the organization",
        of_caller("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "r-ab12/*"),
        {"organization-path-form"},
    ),
    (
        "a path without its slash",
        of_lambda("ForAnyValue:StringLike", "aws:SourceOrgPaths", PATH[:-1]),
        {"organization-path-form"},
    ),
    (
        "another unit",
        of_lambda("ForAnyValue:StringLike", "aws:SourceOrgPaths", f"{ORGANIZATION}/r-ab12/ou-ab12-22222222/*"),
        {"organization-path-mismatch"},
    ),
    (
        "a path of another organization",
        of_lambda("ForAnyValue:StringLike", "aws:SourceOrgPaths", "o-anotherorgid/*"),
        {"organization-id-mismatch"},
    ),
    (
        "another organization",
        of_caller("StringEquals", "aws:PrincipalOrgID", "o-anotherorgid"),
        {"organization-id-mismatch"},
    ),
    (
        "another account's functions",
        of_lambda("ArnLike", "aws:SourceArn", f"arn:aws:lambda:*:{OTHER}:function:*"),
        {"source-arn-mismatch"},
    ),
    (
        "another region's functions",
        of_lambda("ArnLike", "aws:SourceArn", f"arn:aws:lambda:us-east-1:{WORKLOAD}:function:*"),
        {"source-arn-mismatch"},
    ),
    (
        "only qualified functions",
        of_lambda("ArnLike", "aws:SourceArn", f"arn:aws:lambda:*:{WORKLOAD}:function:f:*"),
        {"source-arn-mismatch"},
    ),
    (
        "a role as the source",
        of_lambda("ArnLike", "aws:SourceArn", f"arn:aws:iam::{WORKLOAD}:role/Execution"),
        {"source-arn-mismatch"},
    ),
    ("no source at all", of_lambda("Null", "aws:SourceArn", "true"), {"source-arn-mismatch"}),
    (
        "all but this function",
        of_lambda("ArnNotLike", "aws:SourceArn", f"arn:aws:lambda:*:{WORKLOAD}:*"),
        {"source-arn-mismatch"},
    ),
    ("another source account", of_lambda("StringEquals", "aws:SourceAccount", OTHER), {"source-account-mismatch"}),
    (
        "a variable in an old policy",
        across(
            policy(CALLERS, asking("StringEquals", "aws:SourceAccount", "${aws:SourceAccount}"), version="2008-10-17")
        ),
        {"source-account-mismatch"},
    ),
    ("any other key", of_caller("StringEquals", "aws:PrincipalTag/team", "a"), set()),
    ("any other key that is known", of_caller("Bool", "aws:SecureTransport", "false"), {"condition-mismatch"}),
    ("an address for Lambda", of_lambda("IpAddress", "aws:SourceIp", "203.0.113.0/24"), {"condition-mismatch"}),
)
