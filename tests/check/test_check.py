"""The check as a whole: the article's policies, kinds, places, and texts that are no policy."""

from __future__ import annotations

import json

import pytest

from labkit.check import DOCUMENT_KINDS, RULES, check
from labkit.check.guess import guess
from labkit.errors import PolicyError
from labkit.iam import Policy
from labkit.pull import policies

ARTICLE = {
    "added by Lambda": policies.lambda_added_policy("eu-central-1", "813835382529"),
    "two actions": json.dumps(policies.same_account()),
    "cross account": json.dumps(policies.cross_account("592444418872")),
    "organization": json.dumps(policies.organization("<YOUR_ORG_ID>")),
    "organization paths": json.dumps(policies.organization_paths("<YOUR_ORG_PATH_PREFIX>")),
    "organization, filled in": json.dumps(policies.organization("o-lambdaecrlab")),
    "organization paths, filled in": json.dumps(policies.organization_paths("o-lambdaecrlab/*")),
    "trust": json.dumps(policies.lambda_trust()),
}
# The article's second policy for one account stands there without the document around it.
BARE = """{
   "Sid":"LambdaECRImageRetrievalPolicy",
   "Effect":"Allow",
   "Principal":{
      "Service":"lambda.amazonaws.com"
   },
   "Action":[
      "ecr:BatchGetImage",
      "ecr:GetDownloadUrlForLayer"
   ]
}"""


def ids(policy: str, kind: str | None = None) -> list[str]:
    return [finding.rule.id for finding in check(policy, DOCUMENT_KINDS[kind] if kind else None).findings]


@pytest.mark.parametrize("name", ARTICLE)
def test_the_articles_policies_have_no_error(name):
    report = check(ARTICLE[name])
    assert report.passes()


@pytest.mark.parametrize(
    ("name", "warnings"),
    [
        ("added by Lambda", ["wider-than-pulling", "caller-statement-missing"]),
        ("two actions", ["service-without-source"]),
        ("cross account", []),
        ("organization", ["organization-id-form"] * 2),
        ("organization paths", ["organization-path-form"] * 2),
        ("organization, filled in", []),
        ("organization paths, filled in", []),
        ("trust", []),
    ],
)
def test_the_articles_policies_have_these_warnings_and_no_others(name, warnings):
    assert ids(ARTICLE[name]) == warnings


def test_the_articles_bare_statement_yields_exactly_the_advice_to_wrap_it():
    report = check(BARE)
    assert ids(BARE) == ["bare-statement"]
    assert '{"Version": "2012-10-17", "Statement": [' in report.findings[0].instead


@pytest.mark.parametrize(
    ("policy", "kind"),
    [
        (ARTICLE["cross account"], "ecr-repository"),
        (BARE, "ecr-repository"),
        (ARTICLE["trust"], "trust"),
        ('{"Statement": {"Effect": "Allow", "Action": "ecr:*", "Resource": "*"}}', "identity"),
        ('{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}', "identity"),
        ('{"Statement": {"Effect": "Deny", "Action": "ecr:*", "Resource": "*"}}', "scp"),
        ('{"Statement": {"Effect": "Deny", "Principal": "*", "Action": "ecr:*", "Resource": "*"}}', "rcp"),
        ('{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "ecr:*", "Resource": "*"}}', "ecr-repository"),
        (
            '{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "ecr:ReplicateImage", "Resource": "*"}}',
            "ecr-registry",
        ),
        ('{"Statement": {"Effect": "Allow", "Action": "ecr:BatchGetImage"}}', "ecr-repository"),
        ('{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}}', "vpc-endpoint"),
        (
            '{"Statement": {"Effect": "Allow", "Principal": {"AWS": "1"}, "Action": "s3:*", "Resource": "*"}}',
            "resource",
        ),
        ('{"Effect": "Allow"}', "identity"),
        ("[]", "identity"),
    ],
)
def test_the_kind_is_guessed_from_the_content(policy, kind):
    assert guess(json.loads(policy)).kind.name == kind
    assert check(policy).guessed


def test_a_kind_that_is_given_is_not_guessed():
    report = check(ARTICLE["trust"], DOCUMENT_KINDS["identity"])
    assert (report.kind.name, report.guessed) == ("identity", False)
    assert "element-not-allowed" in ids(ARTICLE["trust"], "identity")


def test_findings_have_the_line_and_column_of_their_part():
    policy = '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {"Effect": "allow",\n     "Action": ["ecr:Typo"]}]}'
    places = {
        finding.rule.id: (finding.line, finding.column)
        for finding in check(policy, DOCUMENT_KINDS["identity"]).findings
    }
    assert places["bad-effect"] == (4, 6)
    assert places["unknown-action"] == (5, 17)
    assert places["missing-element"] == (4, 5)


def test_a_repeated_key_is_found_where_it_stands_the_second_time():
    [finding] = [
        each for each in check('{\n"Version": "2012-10-17",\n"Version": "2008-10-17"}').findings if each.line == 3
    ]
    assert finding.rule.id == "duplicate-key"


def test_a_syntax_error_has_its_place():
    [finding] = check('{\n  "Version" "2012-10-17"\n}').findings
    assert (finding.rule.id, finding.line) == ("json-syntax", 2)


def test_white_space_does_not_count_in_an_identity_policy_but_does_in_a_repository_policy():
    blanks = " " * 11_000
    assert "too-long" in ids(ARTICLE["cross account"] + blanks, "ecr-repository")
    assert "too-long" not in ids(ARTICLE["cross account"] + blanks, "identity")


def test_the_same_sid_twice_is_refused_in_identity_policies_only():
    statement = {"Sid": "Twice", "Effect": "Allow", "Action": "ecr:PutImage"}
    identity = json.dumps({"Version": "2012-10-17", "Statement": [{**statement, "Resource": "*"}] * 2})
    named = {**statement, "Principal": {"AWS": "592444418872"}}
    repository = json.dumps({"Version": "2012-10-17", "Statement": [named] * 2})
    assert ids(identity, "identity") == ["bad-sid"]
    assert ids(repository) == []


@pytest.mark.parametrize(
    "policy", ["[" * 100_000, '{"a":' * 20_000, "1" * 10_000, "[" + "1" * 5_000 + "]", "", "\ud800", "NaN"]
)
def test_extreme_texts_are_answered_with_a_finding(policy):
    assert not check(policy).passes()


def test_a_text_nested_too_deeply_to_be_a_policy_is_refused():
    nested = "[" * 600 + "]" * 600
    assert ids('{"Version": "2012-10-17", "Statement": [{"Effect": ' + nested + "}]}") == ["json-syntax"]


def test_a_policy_with_a_hundred_thousand_stars_is_checked():
    policy = json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ecr:" + "*a" * 100_000}]}
    )
    assert "unknown-action" in ids(policy, "identity")


def test_every_rule_says_what_it_is_and_where_it_comes_from():
    assert all(rule.title and rule.source and rule.severity in ("error", "warning", "note") for rule in RULES.values())


def test_a_policy_that_the_engine_refuses_has_an_error():
    for policy in ('{"Statement": []}', "[]", "{", '{"Statement": {"Effect": "Allow", "Action": "x"}}', BARE):
        with pytest.raises(PolicyError):
            Policy.parse(policy)
        assert not check(policy).passes()
