"""Whom a policy lets in or keeps out: for each rule a policy that breaks it and one that does not."""

from __future__ import annotations

from tests.check.policies import (
    LAMBDA,
    PULL,
    SOURCE,
    C,
    Row,
    S,
    both,
    callers_may,
    everyone_may_not,
    github_may,
    lambda_may,
    user_may,
)

ROWS = (
    Row(
        "caller-key-for-service",
        lambda_may(Condition={"StringEquals": {"aws:username": "a"}}),
        f"{C}/StringEquals/aws:username",
        callers_may({"StringEquals": {"aws:username": "a"}}),
    ),
    Row(
        "organization-key-on-wrong-side",
        lambda_may(Condition={"StringEquals": {"aws:PrincipalOrgID": "o-lambdaecrlab"}}),
        f"{C}/StringEquals/aws:PrincipalOrgID",
        callers_may({"StringEquals": {"aws:PrincipalOrgID": "o-lambdaecrlab"}}),
    ),
    Row(
        "organization-key-on-wrong-side",
        callers_may({"StringEquals": {"aws:SourceOrgID": "o-lambdaecrlab"}}),
        f"{C}/StringEquals/aws:SourceOrgID",
        lambda_may(Condition={"StringEquals": {"aws:SourceOrgID": "o-lambdaecrlab"}}),
    ),
    Row(
        "negated-key-services-lack",
        everyone_may_not({"StringNotEquals": {"aws:PrincipalOrgID": "o-lambdaecrlab"}}),
        f"{C}/StringNotEquals/aws:PrincipalOrgID",
        everyone_may_not(
            {
                "StringNotEquals": {"aws:PrincipalOrgID": "o-lambdaecrlab"},
                "Bool": {"aws:PrincipalIsAWSService": "false"},
            }
        ),
    ),
    Row(
        "negated-key-services-lack",
        everyone_may_not({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),
        f"{C}/NotIpAddress/aws:SourceIp",
        everyone_may_not(
            {
                "NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"},
                "Bool": {"aws:PrincipalIsAWSService": "false"},
            }
        ),
    ),
    # AWS does not document the value in a service's request: a Deny on it is taken as holding, whatever the operator.
    *(
        Row(
            "negated-key-services-lack",
            everyone_may_not({operator: {key: value}}),
            f"{C}/{operator}/{key}",
            everyone_may_not({operator: {key: value}, "Bool": {"aws:PrincipalIsAWSService": "false"}}),
        )
        for operator, key, value in (
            ("StringEquals", "aws:PrincipalAccount", "592444418872"),
            ("StringNotEquals", "aws:PrincipalAccount", "592444418872"),
            ("ArnEquals", "aws:PrincipalArn", "arn:aws:iam::592444418872:role/Deployer"),
            ("IpAddress", "aws:SourceIp", "203.0.113.0/24"),
        )
    ),
    Row("provider-of-everybody", github_may("aud"), f"{S}/Principal/Federated", github_may("sub"), "trust"),
    Row(
        "provider-of-everybody",
        github_may("sub", "*"),
        f"{S}/Principal/Federated",
        github_may("job_workflow_ref", "octo/app/.github/workflows/x.yml@refs/heads/main"),
        "trust",
    ),
    Row(
        "provider-of-everybody",
        github_may("sub", host="gitlab.com", asked="token.actions.githubusercontent.com"),
        f"{S}/Principal/Federated",
        github_may("sub", "project_path:octo/app:*", "gitlab.com"),
        "trust",
    ),
    Row(
        "any-repository",
        github_may("sub", "repo:*/app:ref:refs/heads/main"),
        f"{C}/StringLike/token.actions.githubusercontent.com:sub",
        github_may("sub", "repo:octo/*"),
        "trust",
    ),
    Row("service-without-source", lambda_may(Condition=None), f"{S}/Principal", lambda_may()),
    Row(
        "service-without-source",
        lambda_may(Condition={"ArnLikeIfExists": SOURCE["ArnLike"]}),
        f"{S}/Principal",
        lambda_may(Condition={"StringEquals": {"aws:SourceAccount": "592444418872"}}),
    ),
    Row(
        "public-principal",
        lambda_may(Principal="*", Condition=None),
        f"{S}/Principal",
        lambda_may(Principal="*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-lambdaecrlab"}}),
    ),
    Row(
        "public-principal",
        lambda_may(Principal={"AWS": "*"}, Condition={"StringNotEquals": {"aws:PrincipalOrgID": "o-lambdaecrlab"}}),
        f"{S}/Principal",
        callers_may(),
    ),
    Row(
        "not-principal-allow",
        lambda_may(Principal=None, NotPrincipal={"AWS": "592444418872"}, Condition=None),
        f"{S}/NotPrincipal",
        callers_may(),
    ),
    Row(
        "not-principal-deny",
        lambda_may(Effect="Deny", Principal=None, NotPrincipal={"AWS": "592444418872"}, Condition=None),
        f"{S}/NotPrincipal",
        everyone_may_not({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::592444418872:role/Admin"}}),
    ),
    Row(
        "pass-role-with-star",
        user_may("lambda:*", "iam:Pass*"),
        f"{S}/Resource",
        user_may("iam:PassRole", Condition={"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}),
        "identity",
    ),
    Row("wider-than-pulling", lambda_may(Action=[*PULL, "ecr:SetRepositoryPolicy"]), f"{S}/Action/2", lambda_may()),
    Row("wider-than-pulling", callers_may(Action="ecr:*"), f"{S}/Action", callers_may(Action=[*PULL, "ecr:PutImage"])),
    Row(
        "one-statement-for-both",
        lambda_may(Principal={"AWS": "592444418872", **LAMBDA}),
        f"{C}/ArnLike/aws:SourceArn",
        lambda_may(Principal={"AWS": "592444418872", **LAMBDA}, Condition=None),
    ),
    Row("service-statement-missing", callers_may(), f"{S}/Principal", lambda_may()),
    Row("caller-statement-missing", lambda_may(), f"{S}/Principal", callers_may()),
    Row(
        "functions-left-out",
        both(lambda_may(), lambda_may(Principal={"AWS": ["592444418872", "444455556666"]}, Condition=None)),
        f"{S}/Principal",
        both(lambda_may(), callers_may()),
    ),
    Row(
        "half-of-the-actions", lambda_may(Action=PULL[0]), f"{S}/Action", lambda_may(Action=["ecr:Batch*", "ecr:Get*"])
    ),
)
