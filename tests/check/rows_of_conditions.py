"""Operators, keys and values of conditions: for each rule a policy that breaks it and one that does not."""

from __future__ import annotations

from tests.check.policies import PATH, SOURCE, C, Row, S, callers_may, everyone_may_not, lambda_may, user_may

ROWS = (
    Row(
        "bad-date",
        user_may("ecr:*", Condition={"DateLessThan": {"aws:CurrentTime": "2026-13"}}),
        f"{C}/DateLessThan/aws:CurrentTime",
        user_may("ecr:*", Condition={"DateLessThan": {"aws:CurrentTime": "2026-12"}}),
        "identity",
    ),
    Row(
        "bad-variable",
        user_may("ecr:*", Resource="arn:aws:ecr:*:*:repository/${ aws:username}"),
        f"{S}/Resource",
        user_may("ecr:*", Resource="arn:aws:ecr:*:*:repository/${aws:username}/${*}"),
        "identity",
    ),
    Row(
        "two-spellings",
        user_may("ecr:*", Condition={"StringEquals": {"aws:RequestedRegion": "a", "AWS:requestedregion": "b"}}),
        f"{C}/StringEquals/AWS:requestedregion",
        user_may("ecr:*", Condition={"StringEquals": {"aws:RequestedRegion": ["a", "b"]}}),
        "identity",
    ),
    Row(
        "unknown-operator",
        lambda_may(Condition={"StringEqual": {"aws:SourceAccount": "592444418872"}}),
        f"{C}/StringEqual/aws:SourceAccount",
        lambda_may(),
    ),
    Row(
        "unknown-key",
        lambda_may(Condition={"StringEquals": {"aws:SourceAcount": "592444418872"}}),
        f"{C}/StringEquals/aws:SourceAcount",
        lambda_may(Condition={"StringEquals": {"AWS:sourceaccount": "1"}}),
    ),
    Row(
        "unknown-key",
        lambda_may(Condition={"ArnLike": {"SourceArn": "arn:aws:lambda:*:592444418872:function:*"}}),
        f"{C}/ArnLike/SourceArn",
        callers_may({"StringEquals": {"ecr:ResourceTag/team": "blue"}}),
    ),
    Row(
        "unknown-key",
        callers_may({"StringEquals": {"aws:PrincipalTag": "blue"}}),
        f"{C}/StringEquals/aws:PrincipalTag",
        callers_may({"StringEquals": {"aws:PrincipalTag/team": "blue"}}),
    ),
    Row(
        "wildcard-in-equals",
        lambda_may(Condition={"StringEquals": {"aws:SourceArn": SOURCE["ArnLike"]["aws:SourceArn"]}}),
        f"{C}/StringEquals/aws:SourceArn",
        lambda_may(),
    ),
    Row(
        "value-never-matches",
        callers_may({"IpAddress": {"aws:SourceIp": "203.0.113.0/33"}}),
        f"{C}/IpAddress/aws:SourceIp",
        callers_may({"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "2001:db8::/32"]}}),
    ),
    Row(
        "value-never-matches",
        callers_may({"DateLessThan": {"aws:CurrentTime": "tomorrow"}}),
        f"{C}/DateLessThan/aws:CurrentTime",
        callers_may({"DateLessThan": {"aws:CurrentTime": "2025-05"}}),
    ),
    Row(
        "value-never-matches",
        callers_may({"Null": {"aws:TokenIssueTime": "yes"}}),
        f"{C}/Null/aws:TokenIssueTime",
        callers_may({"Null": {"aws:TokenIssueTime": False}}),
    ),
    Row(
        "value-never-matches",
        callers_may({"ArnLike": {"aws:PrincipalArn": "Deployer"}}),
        f"{C}/ArnLike/aws:PrincipalArn",
        callers_may({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/Deployer"}}),
    ),
    Row(
        "variable-in-old-version",
        lambda_may(Condition={"StringEquals": {"aws:SourceAccount": "${aws:ResourceAccount}"}}).replace("2012", "2008"),
        f"{C}/StringEquals/aws:SourceAccount",
        lambda_may(Condition={"StringEquals": {"aws:SourceAccount": "${aws:ResourceAccount}"}}),
    ),
    Row(
        "missing-set-operator",
        lambda_may(Condition={"StringLike": {"aws:SourceOrgPaths": PATH}}),
        f"{C}/StringLike/aws:SourceOrgPaths",
        lambda_may(Condition={"ForAnyValue:StringLike": {"aws:SourceOrgPaths": PATH}}),
    ),
    Row(
        "all-values-with-allow",
        lambda_may(Condition={"ForAllValues:StringLike": {"aws:SourceOrgPaths": PATH}}),
        f"{C}/ForAllValues:StringLike/aws:SourceOrgPaths",
        lambda_may(
            Condition={"ForAllValues:StringLike": {"aws:SourceOrgPaths": PATH}, "Null": {"aws:SourceOrgPaths": "false"}}
        ),
    ),
    Row(
        "if-exists-with-allow",
        callers_may({"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-lambdaecrlab"}}),
        f"{C}/StringEqualsIfExists/aws:PrincipalOrgID",
        callers_may({"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-lambdaecrlab"}}),
    ),
    Row(
        "deny-without-the-key",
        everyone_may_not({"ForAllValues:StringEquals": {"aws:TagKeys": "secret"}}),
        f"{C}/ForAllValues:StringEquals/aws:TagKeys",
        everyone_may_not({"ForAnyValue:StringEqualsIfExists": {"aws:TagKeys": "secret"}}),
    ),
    Row(
        "deny-without-the-key",
        everyone_may_not({"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-lambdaecrlab"}}),
        f"{C}/StringEqualsIfExists/aws:PrincipalOrgID",
        everyone_may_not({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}),
    ),
    Row(
        "null-with-qualifier",
        user_may("ecr:TagResource", Condition={"ForAnyValue:Null": {"aws:TagKeys": "false"}}),
        f"{C}/ForAnyValue:Null/aws:TagKeys",
        user_may("ecr:TagResource", Condition={"Null": {"aws:TagKeys": "false"}}),
        "identity",
    ),
    Row(
        "empty-condition",
        user_may("ecr:*", Condition={"StringEquals": {"aws:PrincipalTag/team": []}}),
        f"{C}/StringEquals/aws:PrincipalTag~1team",
        user_may("ecr:*", Condition={"StringEquals": {"aws:PrincipalTag/team": [""]}}),
        "identity",
    ),
    Row(
        "address-as-text",
        callers_may({"StringLike": {"aws:SourceIp": "203.0.113.*"}}),
        f"{C}/StringLike/aws:SourceIp",
        callers_may({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),
    ),
    Row(
        "key-of-no-action",
        user_may("iam:DeleteUser", Condition={"StringEquals": {"iam:PermissionsBoundary": "arn:aws:iam::1:policy/B"}}),
        f"{C}/StringEquals/iam:PermissionsBoundary",
        user_may("iam:*User", Condition={"StringEquals": {"iam:PermissionsBoundary": "arn:aws:iam::1:policy/B"}}),
        "identity",
    ),
    Row(
        "key-of-no-action",
        user_may("ecr:BatchGetImage", Condition={"StringEquals": {"aws:RequestTag/team": "blue"}}),
        f"{C}/StringEquals/aws:RequestTag~1team",
        user_may("ecr:BatchGetImage", "s3:PutObject", Condition={"StringEquals": {"aws:RequestTag/team": "blue"}}),
        "identity",
    ),
    Row(
        "key-unknown-to-lab",
        user_may("lambda:InvokeFunction", Condition={"Bool": {"lambda:InvokedViaFunctionUrl": "true"}}),
        f"{C}/Bool/lambda:InvokedViaFunctionUrl",
        user_may("lambda:InvokeFunction", Condition={"Null": {"lambda:EventSourceToken": "true"}}),
        "identity",
    ),
    Row(
        "key-unknown-to-lab",
        everyone_may_not({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}),
        f"{C}/StringNotEquals/aws:SourceVpce",
        callers_may({"StringEquals": {"aws:CalledViaFirst": "cloudformation.amazonaws.com"}}),
    ),
    Row(
        "unknown-key",
        user_may("iam:PassRole", Condition={"StringEquals": {"iam:PassedToServices": "lambda.amazonaws.com"}}),
        f"{C}/StringEquals/iam:PassedToServices",
        user_may("iam:PassRole", Condition={"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}),
        "identity",
    ),
    Row(
        "organization-id-form",
        lambda_may(Condition={"StringEquals": {"aws:SourceOrgId": "<YOUR_ORG_ID>"}}),
        f"{C}/StringEquals/aws:SourceOrgId",
        lambda_may(Condition={"StringEquals": {"aws:SourceOrgId": "o-lambdaecrlab"}}),
    ),
    Row(
        "organization-path-form",
        lambda_may(Condition={"ForAnyValue:StringLike": {"aws:SourceOrgPaths": [PATH, PATH[:-1]]}}),
        f"{C}/ForAnyValue:StringLike/aws:SourceOrgPaths/1",
        lambda_may(Condition={"ForAnyValue:StringLike": {"aws:SourceOrgPaths": [PATH, PATH + "*", PATH + "ou-*"]}}),
    ),
    Row(
        "organization-path-form",
        lambda_may(Condition={"ForAnyValue:StringLike": {"aws:SourceOrgPaths": "r-lab1/*"}}),
        f"{C}/ForAnyValue:StringLike/aws:SourceOrgPaths",
        lambda_may(Condition={"ForAnyValue:StringLike": {"aws:SourceOrgPaths": "o-lambdaecrlab/*"}}),
    ),
    Row(
        "role-as-source",
        lambda_may(Condition={"ArnLike": {"aws:SourceArn": "arn:aws:iam::592444418872:role/F"}}),
        f"{C}/ArnLike/aws:SourceArn",
        lambda_may(),
    ),
    Row(
        "source-arn-form",
        lambda_may(Condition={"ArnLike": {"aws:SourceArn": "arn:aws:lambda:592444418872:function:*"}}),
        f"{C}/ArnLike/aws:SourceArn",
        lambda_may(),
    ),
    Row(
        "source-arn-form",
        lambda_may(Condition={"StringLike": {"aws:SourceArn": "arn:aws:lambda:*:592444418872:function"}}),
        f"{C}/StringLike/aws:SourceArn",
        lambda_may(Condition={"StringLike": {"aws:SourceArn": "arn:aws:lambda:*"}}),
    ),
    Row(
        "session-as-principal-arn",
        callers_may({"ArnLike": {"aws:PrincipalArn": "arn:aws:sts::592444418872:assumed-role/Deployer/*"}}),
        f"{C}/ArnLike/aws:PrincipalArn",
        callers_may({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/Deployer"}}),
    ),
)
