"""Each rule finds what it is about, at its place, and leaves alone the policy that is right."""

from __future__ import annotations

import pytest

from labkit.check import DOCUMENT_KINDS, RULES, LambdaPull, check
from tests.check import rows_of_conditions, rows_of_grants, rows_of_pulls, rows_of_structure
from tests.check.policies import PULL, callers_may, lambda_may, user_may

ROWS = (*rows_of_structure.ROWS, *rows_of_conditions.ROWS, *rows_of_grants.ROWS, *rows_of_pulls.ROWS)


def found(text: str, kind: str, pull: LambdaPull | None = None) -> list[tuple[str, str]]:
    return [(finding.rule.id, finding.pointer) for finding in check(text, DOCUMENT_KINDS[kind], pull).findings]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.rule} {row.pointer}")
def test_the_wrong_policy_has_the_finding_at_its_place(row):
    assert (row.rule, row.pointer) in found(row.wrong, row.kind, row.pull)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.rule} {row.pointer}")
def test_the_right_policy_does_not_have_the_finding(row):
    assert row.rule not in [rule for rule, _ in found(row.right, row.kind, row.pull)]


def test_every_rule_has_a_wrong_and_a_right_policy():
    assert {row.rule for row in ROWS} == set(RULES)


def test_nothing_is_found_in_the_right_policy_that_the_others_are_made_of():
    assert [rule for rule, _ in found(lambda_may(), "ecr-repository")] == ["caller-statement-missing"]
    assert [rule for rule, _ in found(callers_may(), "ecr-repository")] == ["service-statement-missing"]


def test_a_statement_that_matches_no_service_is_not_said_to_admit_any():
    for condition in (
        {"StringEquals": {"aws:PrincipalOrgID": "o-lambdaecrlab"}},
        {"ArnLike": {"aws:PrincipalArn": "*"}},
    ):
        found = check(lambda_may(Condition=condition), DOCUMENT_KINDS["ecr-repository"]).findings
        assert [finding.rule.id for finding in found] == ["organization-key-on-wrong-side"]


def message(text: str, rule: str, kind: str = "ecr-repository") -> str:
    [finding] = [each for each in check(text, DOCUMENT_KINDS[kind]).findings if each.rule.id == rule]
    return f"{finding.problem} {finding.instead}"


@pytest.mark.parametrize(
    ("action", "meant"),
    [
        ("ecr:DescribeImage", "Did you mean ecr:DescribeImages?"),
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


def test_a_misspelt_action_of_a_pull_is_answered_with_how_it_is_written():
    for action, meant in (("ecr:BatchGetImages", PULL[0]), ("ECR:getdownloadurlforlayers", PULL[1])):
        assert f"Write {meant} for {action}." in message(user_may(action), "misspelt-action", "identity")


@pytest.mark.parametrize(
    "action",
    ["ecr:BatchImportUpstreamImage", "iam:PassRole", "sts:TagSession", "lambda:InvokeFunctionUrl", "ecr:?*Image"],
)
def test_actions_that_no_operation_is_named_after_and_wildcards_are_known(action):
    assert "unknown-action" not in [rule for rule, _ in found(user_may(action), "identity")]


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
    assert "aws:SourceOrgID" in message(text, "organization-key-on-wrong-side")
