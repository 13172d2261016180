"""Policies as people have them when Lambda may not pull: what each lacks is said, and nothing that is not so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from labkit.check import DOCUMENT_KINDS, LambdaPull, Report, check
from labkit.check.sarif import sarif
from tests.check.policies import LAMBDA, PULL, policy, user_may

ACCOUNT = {"AWS": "arn:aws:iam::592444418872:root"}
ROLE = {"AWS": "arn:aws:iam::592444418872:role/my-lambda-exec-role"}
FUNCTIONS = {"StringLike": {"aws:SourceArn": "arn:aws:lambda:eu-central-1:592444418872:function:*"}}
ORGANIZATION = {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}


def allow(principal: Any, condition: Any = None, action: Any = PULL, **more: Any) -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Principal": principal,
        "Action": action,
        **({"Condition": condition} if condition else {}),
        **more,
    }


def ids(report: Report) -> set[str]:
    return {finding.rule.id for finding in report.findings}


def problem(report: Report, rule: str) -> str:
    [found] = [finding for finding in report.findings if finding.rule.id == rule]
    return found.problem


REPOSITORIES = (
    ("callers of an account only", policy(allow(ACCOUNT)), {"service-statement-missing"}),
    ("an execution role only", policy(allow(ROLE)), {"service-statement-missing", "execution-role-granted"}),
    ("the organization's callers only", policy(allow("*", ORGANIZATION)), {"service-statement-missing"}),
    ("Lambda for functions of an account only", policy(allow(LAMBDA, FUNCTIONS)), {"caller-statement-missing"}),
    (
        "one statement for both, with a key that only Lambda has",
        policy(allow({**ACCOUNT, **LAMBDA}, FUNCTIONS)),
        {"one-statement-for-both", "caller-statement-missing"},
    ),
    (
        "one statement for both, with a key that only callers have",
        policy(allow({**ACCOUNT, **LAMBDA}, ORGANIZATION)),
        {"one-statement-for-both"},
    ),
    ("one statement for both", policy(allow({**ACCOUNT, **LAMBDA})), {"service-without-source"}),
    ("a statement for each", policy(allow(ACCOUNT), allow(LAMBDA, FUNCTIONS)), set()),
    (
        "an organization's paths for callers, one account for Lambda",
        policy(
            allow({"AWS": "*"}, {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-a1b2c3d4e5/r-ab12/*"}}),
            allow(LAMBDA, FUNCTIONS),
        ),
        {"functions-left-out"},
    ),
    (
        "an account of callers by a condition, and Lambda for its functions",
        policy(allow("*", {"StringEquals": {"aws:PrincipalAccount": "592444418872"}}), allow(LAMBDA, FUNCTIONS)),
        set(),
    ),
    (
        "the organization's callers, and Lambda for functions of every account",
        policy(allow("*", ORGANIZATION), allow(LAMBDA, {"ArnLike": {"aws:SourceArn": "arn:aws:lambda:*:*:*:*"}})),
        set(),
    ),
    (
        "Lambda for the organization's functions only",
        policy(allow(LAMBDA, {"StringEquals": {"aws:SourceOrgID": "o-a1b2c3d4e5"}})),
        {"caller-statement-missing"},
    ),
    (
        "a service that is none",
        policy(allow({"Service": "lambda.amazon.com"})),
        {"bad-principal", "service-statement-missing", "wrong-service-principal"},
    ),
    ("everyone, with a source", policy(allow("*", FUNCTIONS)), {"caller-statement-missing"}),
    ("no pull at all", policy(allow(ACCOUNT, action="ecr:DescribeImages")), set()),
    (
        "a misspelt action, which is not called more than a pull needs",
        policy(allow(LAMBDA, FUNCTIONS, ["ecr:BatchGetImages", PULL[1]]), allow(ACCOUNT)),
        {"misspelt-action", "half-of-the-actions"},
    ),
    (
        "the organization, by a set operator that also holds for strangers",
        policy(allow("*", {"ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}})),
        {"public-principal", "all-values-with-allow"},
    ),
)  # fmt: skip


@pytest.mark.parametrize(("text", "rules"), [row[1:] for row in REPOSITORIES], ids=[row[0] for row in REPOSITORIES])
def test_of_a_repositorys_policy_what_a_pull_lacks_is_said(text: str, rules: set[str]):
    assert ids(check(text)) == rules


def test_an_execution_role_is_said_to_pull_nothing_and_the_organization_to_be_none_of_a_services():
    assert "execution role pulls nothing" in problem(check(policy(allow(ROLE))), "execution-role-granted")
    assert "aws:PrincipalOrgID" in problem(check(policy(allow("*", ORGANIZATION))), "service-statement-missing")


@pytest.mark.parametrize("quantifier", ["ForAllValues:StringLike", "StringLikeIfExists"])
def test_a_deny_that_holds_without_the_key_is_said_to_hit_lambda(quantifier: str):
    deny = {"Effect": "Deny", "Principal": "*", "Action": "ecr:BatchGetImage"}
    text = policy({**deny, "Condition": {quantifier: {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}})
    assert "Lambda is denied" in problem(check(text, DOCUMENT_KINDS["ecr-repository"]), "deny-without-the-key")


def test_only_statements_that_hold_a_pull_are_said_to_deny_one():
    unless = {"Condition": {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/KeyAdmin"}}}
    deny = {"Effect": "Deny", "Principal": "*", "Resource": "*", **unless}
    keys = check(policy({**deny, "Action": ["kms:ScheduleKeyDeletion", "kms:DeleteAlias"]}))
    assert (keys.kind.name, ids(keys)) == ("rcp", set())
    pulls = check(policy({**deny, "NotAction": "kms:*"}), DOCUMENT_KINDS["resource"])
    assert "Lambda is denied" in problem(pulls, "negated-key-services-lack")


def test_advice_for_a_trust_policy_is_such_as_aws_takes():
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole"}
    for principal in ("*", {"AWS": "arn:aws:iam::592444418872:role/*"}):
        refused = [each for each in check(policy({**trust, "Principal": principal})).findings if each.aws]
        assert refused and all('{"AWS": "*"}' in finding.instead for finding in refused)
    assert ids(check(policy({**trust, "Principal": {"AWS": "*"}, "Condition": ORGANIZATION}))) == set()
    unless = {"StringNotEquals": ORGANIZATION["StringEquals"]}
    denied = check(policy({**trust, "Effect": "Deny", "Principal": {"AWS": "*"}, "Condition": unless}))
    assert "cannot assume the role" in problem(denied, "negated-key-services-lack")


def test_a_vpc_endpoints_policy_is_a_kind_of_its_own_and_filters_instead_of_admitting():
    every = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
    report = check(policy(every, {**every, "Condition": {"Bool": {"aws:PrincipalIsAWSService": "true"}}}))
    assert (report.kind.name, ids(report)) == ("vpc-endpoint", set())
    assert ids(check(policy({**every, "Resource": None}), DOCUMENT_KINDS["vpc-endpoint"])) >= {"wrong-type"}
    assert ids(check(policy({**every, "Sid": "x" * 20_480}), DOCUMENT_KINDS["vpc-endpoint"])) == {"too-long"}


TRUST = allow("*", action="sts:AssumeRole")
LAMBDAS = policy(allow(LAMBDA, {"StringEquals": {"aws:SourceAccount": "813835382529"}}, PULL[0]))
ANSWERS = (
    (
        "ecr-repository",
        {"registryId": "813835382529", "repositoryName": "r", "policyText": LAMBDAS},
        {"half-of-the-actions"},
    ),
    ("ecr-registry", {"registryId": "813835382529", "policyText": policy({**allow(ACCOUNT), "Resource": "*"})}, set()),
    (
        "trust",
        {"Role": {"RoleName": "R", "AssumeRolePolicyDocument": json.loads(policy(TRUST))}},
        {"bad-principal", "public-principal"},
    ),
    ("managed", {"PolicyVersion": {"VersionId": "v1", "Document": json.loads(user_may("ecr:*"))}}, set()),
    ("identity", {"RoleName": "R", "PolicyName": "P", "PolicyDocument": json.loads(user_may("ecr:*"))}, set()),
    ("scp", {"Policy": {"PolicySummary": {"Type": "SERVICE_CONTROL_POLICY"}, "Content": user_may("*")}}, set()),
    (
        "rcp",
        {"Policy": {"PolicySummary": {"Type": "RESOURCE_CONTROL_POLICY"}, "Content": user_may("*")}},
        {"missing-element", "allow-in-rcp"},
    ),
    ("resource", {"Policy": policy(allow(ACCOUNT, action="lambda:InvokeFunction"))}, set()),
)  # fmt: skip


@pytest.mark.parametrize(("kind", "answer", "rules"), ANSWERS, ids=[row[0] for row in ANSWERS])
def test_the_answers_of_awss_commands_are_read(kind: str, answer: dict[str, Any], rules: set[str]):
    report = check(json.dumps(answer))
    assert (report.kind.name, ids(report)) == (kind, rules)
    assert report.inside and not report.guessed
    [run] = sarif(report, "answer.json")["runs"]
    places = [each["locations"][0]["physicalLocation"]["region"] for each in run["results"]]
    assert all(place == {"startLine": 1, "startColumn": 1} for place in places)


def test_an_answers_registry_says_whether_callers_need_a_statement():
    text = policy(allow(LAMBDA, {"StringEquals": {"aws:SourceAccount": "813835382529"}}))
    answer = {"registryId": "813835382529", "repositoryName": "r", "policyText": text}
    assert ids(check(json.dumps(answer))) == set()
    assert ids(check(json.dumps({**answer, "registryId": "111122223333"}))) == {"caller-statement-missing"}


def test_a_comma_too_many_is_named_where_it_stands():
    [finding] = check('{"Version": "2012-10-17",\n"Statement": [],\n}').findings
    assert (finding.line, finding.column, finding.problem) == (2, 16, "There is a comma before the closing brace }.")


def test_of_many_accounts_the_same_mistake_is_told_once_and_the_rest_are_counted():
    accounts = [str(100000000000 + number) for number in range(40)]
    sources = [f"arn:aws:lambda:*:{account}:function:*" for account in accounts[:10]]
    text = policy(allow({"AWS": accounts}), allow(LAMBDA, {"StringLike": {"aws:SourceArn": sources}}))
    first, rest = check(text, pull=LambdaPull()).findings
    assert (first.rule.id, first.severity) == ("source-arn-mismatch", "error")
    assert "100000000010, 100000000011, 100000000012 and 17 more" in first.problem
    assert "Functions of 10 more accounts" in rest.problem and not rest.problem.startswith("Lambda")


CASES = Path(__file__).parents[2].parent / "shared" / "cases"
#: Of each case: the kind that it is read as, and the rules that stand for what it shows; none: nothing is found.
EXPECTED: dict[str, tuple[str, set[str]]] = {
    "03-forall-orgid/policy": ("ecr-repository", {"all-values-with-allow", "public-principal"}),
    "04-token-in-repository-policy/policy": ("ecr-repository", {"foreign-action"}),
    "08-arn-without-service/policy": ("identity", {"bad-arn"}),
    "09-deny-likeifexists-service/policy": ("ecr-repository", {"deny-without-the-key"}),
    "15-trust-star/policy": ("trust", {"bad-principal"}),
    "16-both-principals/policy": ("ecr-repository", {"service-without-source"}),
    "17-orgpaths-plus-lambda/policy": ("ecr-repository", {"wider-than-pulling", "functions-left-out"}),
    "19-scribd-org-policy/policy": ("ecr-repository", {"service-statement-missing"}),
    "44-vpc-endpoint-policy/policy": ("vpc-endpoint", set()),
    "45-rcp-negated-role/policy": ("rcp", set()),
    "59-check-is-silent/empty-array": ("identity", {"empty-condition"}),
    "59-check-is-silent/empty-variable": ("identity", {"bad-variable"}),
    "59-check-is-silent/missing-brace": ("identity", {"bad-variable"}),
    "59-check-is-silent/missing-quote": ("identity", {"bad-variable"}),
    "59-check-is-silent/null-any": ("identity", {"null-with-qualifier"}),
    "59-check-is-silent/service-star": ("identity", {"bad-arn"}),
    "59-check-is-silent/space": ("identity", {"bad-variable"}),
    "59-check-is-silent/two-cases": ("identity", {"two-spellings"}),
    "policies-of-engineers/callers": ("ecr-repository", {"service-statement-missing"}),
    "policies-of-engineers/combined": ("ecr-repository", {"one-statement-for-both"}),
    "policies-of-engineers/execrole": (
        "ecr-repository",
        {"service-statement-missing", "execution-role-granted", "foreign-action"},
    ),
    "policies-of-engineers/getrepo": ("ecr-repository", {"half-of-the-actions"}),
    "policies-of-engineers/orgboth": ("ecr-repository", {"service-statement-missing"}),
    "policies-of-engineers/self": ("ecr-repository", {"caller-statement-missing"}),
    "policies-of-engineers/trailing": ("", {"json-syntax"}),
    "policies-of-engineers/typo": (
        "ecr-repository",
        {"misspelt-action", "wildcard-in-equals", "one-statement-for-both"},
    ),
    "policies-of-engineers/wrongsvc": (
        "ecr-repository",
        {"bad-principal", "element-not-allowed", "wrong-service-principal"},
    ),
}  # fmt: skip


@pytest.mark.skipif(not CASES.is_dir(), reason="The cases from public reports are not beside the project.")
def test_the_policies_of_public_reports_have_the_findings_that_stand_for_their_kind():
    for name, (kind, rules) in EXPECTED.items():
        report = check((CASES / f"{name}.json").read_text("utf-8"))
        assert (report.kind.name if report.kind else "", ids(report) & rules if rules else ids(report)) == (
            kind,
            rules,
        ), name
    assert {path.parent.name for path in CASES.glob("*/policy.json")} <= {name.partition("/")[0] for name in EXPECTED}
