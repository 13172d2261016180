"""What keeps Lambda from getting an image, of a policy that is said to be for it: for each cause a policy with it."""

from __future__ import annotations

from labkit.check import LambdaPull
from tests.check.policies import LAMBDA, PULL, C, Row, S, both, callers_may, lambda_may

REGISTRY, FUNCTIONS, OTHER = "813835382529", "592444418872", "444455556666"
ACROSS = LambdaPull(FUNCTIONS, REGISTRY)
AT_HOME = LambdaPull(REGISTRY, REGISTRY)
ROLES = lambda_may(Principal={"AWS": f"arn:aws:iam::{FUNCTIONS}:role/my-lambda-exec-role"}, Condition=None)
EDGE = lambda_may(Principal={"Service": "edgelambda.amazonaws.com"})
PRIVATE = {"IpAddress": {"aws:VpcSourceIp": "10.0.0.0/8"}}
RIGHT = both(callers_may(), lambda_may())
ORGANIZATION = {"StringEquals": {"aws:SourceOrgID": "o-lambdaecrlab"}}
FOR_MEMBERS = {"StringEquals": {"aws:PrincipalOrgID": "o-lambdaecrlab"}}
PATHS = {"ForAnyValue:StringLike": {"aws:SourceOrgPaths": "o-lambdaecrlab/r-lab1/ou-lab1-workloads/*"}}
ELSEWHERE = {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-lambdaecrlab/r-lab1/ou-lab1-sandboxes/*"}}
ANSWER = (
    "An error occurred (RepositoryPolicyNotFoundException) when calling the GetRepositoryPolicy operation: Repository "
    f"policy does not exist for the repository with name 'r' in the registry with id '{REGISTRY}'"
)


def across(rule: str, wrong: str, pointer: str, right: str = RIGHT, pull: LambdaPull = ACROSS) -> Row:
    return Row(rule, wrong, pointer, right, pull=pull)


def source(value: str, operator: str = "StringLike", key: str = "aws:SourceArn") -> str:
    """A policy for callers of the account, and for Lambda under one condition."""
    return both(callers_may(), lambda_may(Condition={operator: {key: value}}))


C1, S1 = "/Statement/1/Condition", "/Statement/1"
ROWS = (
    Row("wrong-service-principal", lambda_may(Principal={"Service": "codebuild.amazonaws.com"}, Condition=None),
        f"{S}/Principal/Service", both(lambda_may(), lambda_may(Principal={"Service": "codebuild.amazonaws.com"}))),
    Row("wrong-service-principal", lambda_may(Principal={"Service": "lambda.eu-central-1.amazonaws.com"}),
        f"{S}/Principal/Service", lambda_may()),
    Row("execution-role-granted", ROLES, f"{S}/Principal/AWS", callers_may()),
    Row("half-of-the-actions", both(callers_may(Action=PULL[1]), lambda_may()), f"{S}/Action", RIGHT),
    Row("no-policy", ANSWER, "", RIGHT),
    across("service-statement-missing", callers_may(), f"{S}/Principal"),
    across("service-statement-missing", ANSWER, ""),
    across("caller-statement-missing", lambda_may(), f"{S}/Principal"),
    across("caller-statement-missing", lambda_may(), f"{S}/Principal", both(lambda_may(), ROLES)),
    across("wrong-service-principal", both(callers_may(), EDGE), f"{S1}/Principal/Service"),
    across("half-of-the-actions", both(callers_may(), lambda_may(Action=PULL[0])), f"{S1}/Action"),
    across("misspelt-action", both(callers_may(), lambda_may(Action=["ecr:BatchGetImages", PULL[1]])),
           f"{S1}/Action/0"),
    across("one-statement-for-both", lambda_may(Principal={"AWS": FUNCTIONS, **LAMBDA}), f"{C}/ArnLike/aws:SourceArn"),
    across("organization-key-on-wrong-side", both(callers_may(), lambda_may(Condition=FOR_MEMBERS)),
           f"{C1}/StringEquals/aws:PrincipalOrgID"),
    across("organization-key-on-wrong-side", both(lambda_may(), callers_may(ORGANIZATION)),
           f"{C1}/StringEquals/aws:SourceOrgID"),
    across("wildcard-in-equals", source(f"arn:aws:lambda:*:{FUNCTIONS}:function:*", "StringEquals"),
           f"{C1}/StringEquals/aws:SourceArn"),
    across("source-arn-mismatch", source(f"arn:aws:lambda:*:{OTHER}:function:*"), f"{C1}/StringLike/aws:SourceArn",
           source(f"arn:aws:lambda:us-east-1:{FUNCTIONS}:function:app-*")),
    across("source-arn-mismatch", source(f"arn:aws:lambda:*:{FUNCTIONS}:Function:*"), f"{C1}/StringLike/aws:SourceArn"),
    across("source-account-mismatch", source(OTHER, "StringEquals", "aws:SourceAccount"),
           f"{C1}/StringEquals/aws:SourceAccount", source(FUNCTIONS, "StringEquals", "aws:SourceAccount")),
    across("explicit-deny", both(RIGHT, lambda_may(Effect="Deny")), "/Statement/2",
           both(RIGHT, lambda_may(Effect="Deny", Principal={"AWS": OTHER}, Condition=None))),
    across("organization-id-mismatch",
           both(callers_may(FOR_MEMBERS), lambda_may(Condition={"StringEquals": {"aws:SourceOrgID": "o-elsewhere12"}})),
           f"{C1}/StringEquals/aws:SourceOrgID", both(callers_may(FOR_MEMBERS), lambda_may(Condition=ORGANIZATION))),
    across("organization-path-mismatch", both(callers_may(ELSEWHERE), lambda_may(Condition=PATHS)),
           f"{C1}/ForAnyValue:StringLike/aws:SourceOrgPaths", both(callers_may(), lambda_may(Condition=PATHS))),
    across("condition-mismatch", both(callers_may(), lambda_may(Condition=PRIVATE)),
           f"{C1}/IpAddress/aws:VpcSourceIp"),
    across("organization-taken-as-given", both(callers_may(), lambda_may(Condition=ORGANIZATION)), S),
    across("service-statement-missing", callers_may(), f"{S}/Principal", lambda_may(), AT_HOME),
)  # fmt: skip
