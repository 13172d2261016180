"""Each rule finds what it is about, at its place, and leaves alone the policy that is right."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import pytest

from labkit.check import DOCUMENT_KINDS, RULES, check

LAMBDA = {"Service": "lambda.amazonaws.com"}
PULL = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
SOURCE = {"ArnLike": {"aws:SourceArn": "arn:aws:lambda:*:592444418872:function:*"}}
PATH = "o-lambdaecrlab/r-lab1/ou-lab1-workloads/"


def policy(*statements: Any, **more: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements), **more}, indent=1)


def lambda_may(**changes: Any) -> str:
    """A repository policy in which nothing is found, with changes to its statement; None leaves an element out."""
    right = {"Effect": "Allow", "Principal": LAMBDA, "Action": PULL, "Condition": SOURCE}
    return policy({name: value for name, value in {**right, **changes}.items() if value is not None})


def callers_may(condition: Any = None, **changes: Any) -> str:
    return lambda_may(Principal={"AWS": "592444418872"}, Condition=condition, **changes)


def user_may(*actions: str, **changes: Any) -> str:
    return policy({"Effect": "Allow", "Action": list(actions), "Resource": "*", **changes})


def everyone_may_not(condition: Any) -> str:
    return policy({"Effect": "Deny", "Principal": "*", "Action": "ecr:*", "Condition": condition})


class Row(NamedTuple):
    """``wrong`` has the finding at ``pointer``; ``right`` does not have it."""

    rule: str
    wrong: str
    pointer: str
    right: str
    kind: str = "ecr-repository"


RCP = {"Effect": "Deny", "Principal": "*", "Action": "ecr:*", "Resource": "*"}
S, C = "/Statement/0", "/Statement/0/Condition"
ROWS = (
    Row("json-syntax", '{"Version": "2012-10-17",}', "", lambda_may()),
    Row("duplicate-key", '{"Version": "2012-10-17", "Version": "2012-10-17"}', "/Version", lambda_may()),
    Row("bare-statement", json.dumps({"Effect": "Allow", "Principal": LAMBDA, "Action": PULL}), "", lambda_may()),
    Row("no-statement", policy(), "/Statement", lambda_may()),
    Row("unknown-element", lambda_may(Conditions=SOURCE), f"{S}/Conditions", lambda_may()),
    Row("wrong-type", lambda_may(Action={"ecr": "*"}), f"{S}/Action", lambda_may(Action=PULL[0])),
    Row("wrong-type", lambda_may(Condition={"ArnLike": "x"}), f"{C}/ArnLike", lambda_may()),
    Row("wrong-type", "[]", "", lambda_may()),
    Row("missing-element", lambda_may(Principal=None), S, lambda_may()),
    Row(
        "missing-element",
        policy({"Effect": "Allow", "Action": "ecr:*"}),
        S,
        user_may("ecr:*"),
        "identity",
    ),
    Row("both-forms", lambda_may(NotAction="ecr:PutImage"), f"{S}/NotAction", lambda_may()),
    Row("element-not-allowed", lambda_may(Resource="*"), f"{S}/Resource", lambda_may()),
    Row("element-not-allowed", user_may("ecr:*", Principal="*"), f"{S}/Principal", user_may("ecr:*"), "identity"),
    Row("element-not-allowed", policy({**RCP, "NotPrincipal": "*"}), f"{S}/NotPrincipal", policy(RCP), "rcp"),
    Row("bad-version", json.dumps({"Version": "2012-10-18", "Statement": []}), "/Version", lambda_may()),
    Row("bad-version", json.dumps({"Statement": [RCP]}), "/Version", policy(RCP), "rcp"),
    Row("bad-effect", lambda_may(Effect="allow"), f"{S}/Effect", lambda_may()),
    Row("bad-sid", user_may("ecr:*", Sid="Pull images"), f"{S}/Sid", user_may("ecr:*", Sid="PullImages"), "identity"),
    Row("too-long", lambda_may(Sid="x" * 10_240), "", lambda_may(Sid="x" * 9_000)),
    Row("bad-action", lambda_may(Action="BatchGetImage"), f"{S}/Action", lambda_may()),
    Row("foreign-action", lambda_may(Action=[*PULL, "s3:GetObject"]), f"{S}/Action/2", lambda_may()),
    Row(
        "foreign-action",
        policy({"Effect": "Allow", "Principal": LAMBDA, "Action": "lambda:InvokeFunction"}),
        f"{S}/Action",
        policy({"Effect": "Allow", "Principal": LAMBDA, "Action": "sts:AssumeRole"}),
        "trust",
    ),
    Row(
        "bad-principal",
        lambda_may(Principal={"AWS": "5924-4441-8872"}),
        f"{S}/Principal/AWS",
        callers_may(),
    ),
    Row("bad-principal", lambda_may(Principal={"Service": "lambda"}), f"{S}/Principal/Service", lambda_may()),
    Row("bad-principal", lambda_may(Principal={"CanonicalUser": "abc"}), f"{S}/Principal/CanonicalUser", lambda_may()),
    Row("bad-principal", lambda_may(Principal={"AWS": "AROAEXAMPLEEXAMPLE1"}), f"{S}/Principal/AWS", callers_may()),
    Row(
        "wildcard-in-principal",
        lambda_may(Principal={"AWS": "arn:aws:iam::592444418872:*"}),
        f"{S}/Principal/AWS",
        callers_may(),
    ),
    Row(
        "bad-arn",
        user_may("ecr:*", Resource="repository/app"),
        f"{S}/Resource",
        user_may("ecr:*", Resource="arn:aws:ecr:eu-central-1:592444418872:repository/app"),
        "identity",
    ),
    Row(
        "bad-arn",
        user_may("ecr:*", Resource="arn:aws:ecr*"),
        f"{S}/Resource",
        user_may("ecr:*", Resource="arn:aws:ecr:*"),
        "identity",
    ),
    Row(
        "bad-principal",
        policy({"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}),
        f"{S}/Principal",
        policy({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}),
        "trust",
    ),
    Row(
        "element-not-allowed",
        policy({"Effect": "Allow", "Principal": LAMBDA, "NotAction": "sts:TagSession"}),
        f"{S}/NotAction",
        policy({"Effect": "Allow", "Principal": LAMBDA, "Action": "sts:AssumeRole"}),
        "trust",
    ),
    Row("foreign-action", lambda_may(Action=[*PULL, "ecr:GetAuthorizationToken"]), f"{S}/Action/2", lambda_may()),
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
        "id-as-principal",
        policy({"Effect": "Allow", "Principal": {"AWS": "AROAEXAMPLEEXAMPLE1"}, "Action": "sts:AssumeRole"}),
        f"{S}/Principal/AWS",
        policy({"Effect": "Allow", "Principal": {"AWS": "592444418872"}, "Action": "sts:AssumeRole"}),
        "trust",
    ),
    Row("odd-action", user_may("ecr: BatchGetImage"), f"{S}/Action/0", user_may("ecr:BatchGetImage"), "identity"),
    Row("unneeded-id", policy({**RCP, "Principal": None}, Id="P"), "/Id", user_may("ecr:*"), "identity"),
    Row(
        "unknown-operator",
        lambda_may(Condition={"StringEqual": {"aws:SourceAccount": "592444418872"}}),
        f"{C}/StringEqual/aws:SourceAccount",
        lambda_may(),
    ),
    Row("allow-in-rcp", policy({**RCP, "Effect": "Allow"}), f"{S}/Effect", policy(RCP), "rcp"),
    Row(
        "principal-in-rcp",
        policy({**RCP, "Principal": {"AWS": "592444418872"}}),
        f"{S}/Principal/AWS",
        policy({**RCP, "Principal": {"AWS": "*"}}),
        "rcp",
    ),
    Row("unknown-action", lambda_may(Action=["ecr:BatchGetImages", PULL[1]]), f"{S}/Action/0", lambda_may()),
    Row("unknown-action", user_may("lambda:Invoke"), f"{S}/Action/0", user_may("lambda:Invoke*"), "identity"),
    Row("unknown-action", user_may("lamda:GetFunction"), f"{S}/Action/0", user_may("s3:NobodyKnows"), "identity"),
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
        "wildcard-not-expanded",
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
        "caller-key-for-service",
        lambda_may(Condition={"StringEquals": {"aws:PrincipalOrgID": "o-lambdaecrlab"}}),
        f"{C}/StringEquals/aws:PrincipalOrgID",
        callers_may({"StringEquals": {"aws:PrincipalOrgID": "o-lambdaecrlab"}}),
    ),
    Row(
        "source-key-for-caller",
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
        everyone_may_not({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),
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
    Row("wider-than-pulling", lambda_may(Action=[*PULL, "ecr:SetRepositoryPolicy"]), f"{S}/Action/2", lambda_may()),
    Row("wider-than-pulling", callers_may(Action="ecr:*"), f"{S}/Action", callers_may(Action=[*PULL, "ecr:PutImage"])),
    Row("half-a-pull", lambda_may(Action=PULL[0]), f"{S}/Action", lambda_may(Action=["ecr:Batch*", "ecr:Get*"])),
    Row(
        "token-needs-star",
        user_may("ecr:GetAuthorizationToken", Resource="arn:aws:ecr:eu-central-1:592444418872:repository/app"),
        f"{S}/Action/0",
        user_may("ecr:GetAuthorizationToken"),
        "identity",
    ),
)


def found(text: str, kind: str) -> list[tuple[str, str]]:
    return [(finding.rule.id, finding.pointer) for finding in check(text, DOCUMENT_KINDS[kind]).findings]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.rule} {row.pointer}")
def test_the_wrong_policy_has_the_finding_at_its_place(row):
    assert (row.rule, row.pointer) in found(row.wrong, row.kind)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.rule} {row.pointer}")
def test_the_right_policy_does_not_have_the_finding(row):
    assert row.rule not in [rule for rule, _ in found(row.right, row.kind)]


def test_every_rule_has_a_wrong_and_a_right_policy():
    assert {row.rule for row in ROWS} == set(RULES)


def test_nothing_is_found_in_the_right_policy_that_the_others_are_made_of():
    assert found(lambda_may(), "ecr-repository") == []
    assert found(callers_may(), "ecr-repository") == []


def test_a_statement_that_matches_no_service_is_not_said_to_admit_any():
    for condition in (
        {"StringEquals": {"aws:PrincipalOrgID": "o-lambdaecrlab"}},
        {"ArnLike": {"aws:PrincipalArn": "*"}},
    ):
        found = check(lambda_may(Condition=condition), DOCUMENT_KINDS["ecr-repository"]).findings
        assert [finding.rule.id for finding in found] == ["caller-key-for-service"]


def message(text: str, rule: str, kind: str = "ecr-repository") -> str:
    [finding] = [each for each in check(text, DOCUMENT_KINDS[kind]).findings if each.rule.id == rule]
    return f"{finding.problem} {finding.instead}"


@pytest.mark.parametrize(
    ("action", "meant"),
    [
        ("ecr:BatchGetImages", "Did you mean ecr:BatchGetImage?"),
        ("ECR:getdownloadurlforlayers", "Did you mean ecr:GetDownloadUrlForLayer?"),
        ("ecrr:BatchGetImage", "Did you mean the prefix ecr?"),
        ("lambda:Invoke", "The action that permits it is lambda:InvokeFunction."),
        ("lambda:GetLayerVersionByArn", "The action that permits it is lambda:GetLayerVersion."),
        ("iam:PasRole", "Did you mean iam:PassRole?"),
        ("organizations:ListAcounts", "Did you mean organizations:ListAccounts?"),
        ("sts:AsumeRole", "Did you mean sts:AssumeRole?"),
    ],
)
def test_a_misspelt_action_is_answered_with_what_was_meant(action, meant):
    assert meant in message(user_may(action), "unknown-action", "identity")


@pytest.mark.parametrize(
    "action",
    ["ecr:BatchImportUpstreamImage", "iam:PassRole", "sts:TagSession", "lambda:InvokeFunctionUrl", "ecr:?*Image"],
)
def test_actions_that_no_operation_is_named_after_and_wildcards_are_known(action):
    assert found(user_may(action), "identity") == []


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("aws:SourceOrganizationID", "aws:SourceOrgID"),
        ("aws:PrincipleOrgID", "aws:PrincipalOrgID"),
        ("sourceAccount", "aws:SourceAccount"),
        ("aws:RequestTags/team", "aws:RequestTag/team"),
        ("aws:ResourceTag", "aws:ResourceTag/tag-key"),
        ("was:SourceArn", "aws:SourceArn"),
    ],
)
def test_a_misspelt_key_is_answered_with_what_was_meant(key, meant):
    text = user_may("ecr:*", Condition={"StringEquals": {key: "x"}})
    assert f"Did you mean {meant}?" in message(text, "unknown-key", "identity")


def test_a_misspelt_operator_is_answered_with_what_was_meant():
    assert "Did you mean StringEquals?" in message(
        lambda_may(Condition={"stringequals": {"aws:SourceAccount": "1"}}), "unknown-operator"
    )


def test_a_misspelt_element_is_answered_with_what_was_meant():
    assert "'Action'" in message(lambda_may(Actions=PULL), "unknown-element")
    assert "'Statement'" in message('{"Version": "2012-10-17", "Statements": []}', "unknown-element")


def test_a_key_of_callers_on_a_service_statement_is_answered_with_its_twin():
    text = lambda_may(Condition={"StringEquals": {"aws:PrincipalOrgID": "o-lambdaecrlab"}})
    assert "aws:SourceOrgID" in message(text, "caller-key-for-service")
