"""The check as a whole: the article's policies, kinds, places, and what no input may do to it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from labkit.check import DOCUMENT_KINDS, RULES, check
from labkit.check.generate import FILE, collect, installed, text
from labkit.check.kinds import guess
from labkit.check.positions import read
from labkit.check.sarif import sarif
from labkit.errors import PolicyError, UsageError
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
        ("added by Lambda", ["wider-than-pulling"]),
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
        ('{"Statement": {"Effect": "Allow", "Action": "ecr:BatchGetImage"}}', "ecr-repository"),
        ('{"Effect": "Allow"}', "identity"),
        ("[]", "identity"),
    ],
)
def test_the_kind_is_guessed_from_the_content(policy, kind):
    assert guess(json.loads(policy)).name == kind
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


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner), max_leaves=20)
WORDS = st.sampled_from(
    [
        "*", "ecr:*", "ecr:BatchGetImage", "arn:aws:ecr:*:*:*", "arn:*", "592444418872", "lambda.amazonaws.com",
        "Allow", "Deny", "2012-10-17", "2008-10-17", "o-x/*", "${aws:username}", "true", "10",
        "arn:aws:iam::592444418872:root", "", "?", "sts:AssumeRole", "arn:aws:lambda:*:592444418872:function:*",
    ]
)  # fmt: skip
LEAVES = WORDS | st.lists(WORDS, max_size=3) | JSON
OPERATORS = st.sampled_from(
    ["StringEquals", "ForAnyValue:StringLike", "ForAllValues:ArnLike", "NullIfExists", "Null", "Bool", "DateEquals",
     "NotIpAddress", "x:StringEquals", "NumericLessThanIfExists", "BinaryEquals", ":", "ForAnyValue:Null"]
)  # fmt: skip
KEYS = st.sampled_from(
    ["aws:SourceArn", "aws:PrincipalOrgPaths", "aws:SourceOrgID", "x", "aws:PrincipalTag/a", "", "~/"]
)
CONDITION = st.dictionaries(OPERATORS, st.dictionaries(KEYS, LEAVES, max_size=2) | JSON, max_size=2)
PRINCIPAL = st.dictionaries(st.sampled_from(["AWS", "Service", "Federated", "CanonicalUser", "x"]), LEAVES, max_size=2)
STATEMENT = st.fixed_dictionaries(
    {},
    optional={
        "Sid": WORDS | JSON,
        "Effect": st.sampled_from(["Allow", "Deny"]) | JSON,
        "Principal": PRINCIPAL | LEAVES,
        "NotPrincipal": PRINCIPAL | LEAVES,
        "Action": LEAVES,
        "NotAction": LEAVES,
        "Resource": LEAVES,
        "NotResource": LEAVES,
        "Condition": CONDITION | JSON,
        "Other": JSON,
    },
)
DOCUMENT = st.fixed_dictionaries(
    {"Statement": st.lists(STATEMENT | JSON, max_size=3) | STATEMENT | JSON},
    optional={"Version": WORDS | JSON, "Id": JSON, "x": JSON},
)
KIND = st.sampled_from([None, *DOCUMENT_KINDS.values()])


# Policies that mostly pass, so that what passes is put to the test.
GOOD_ACTION = st.sampled_from(["ecr:BatchGetImage", "ecr:*", "ECR:get*", "ecr:?*", "ecr:Unknown"])
GOOD_RESOURCE = st.sampled_from(["*", "arn:aws:ecr:*:*:repository/${aws:username}", "arn:*", "arn:aws:ecr*"])
GOOD_PRINCIPAL = st.sampled_from(
    [
        "*",
        {"AWS": "*"},
        {"AWS": ["592444418872", "arn:aws:iam::592444418872:role/path/Deployer"]},
        {"AWS": "arn:aws:sts::592444418872:federated-user/carl", "Service": "lambda.amazonaws.com"},
    ]
)
GOOD_OPERATOR = st.sampled_from(
    [
        "StringEquals",
        "ForAnyValue:StringLikeIfExists",
        "ForAllValues:ArnLike",
        "Null",
        "Bool",
        "DateEquals",
        "IpAddress",
    ]
)
GOOD_VALUES = WORDS | st.lists(WORDS | SCALARS, max_size=2) | SCALARS
GOOD_CONDITION = st.dictionaries(GOOD_OPERATOR, st.dictionaries(KEYS, GOOD_VALUES, max_size=2), max_size=2)


def nearly_right(principal: bool, resource: bool) -> st.SearchStrategy[dict[str, object]]:
    """Documents with the elements of a repository policy (a principal) or an identity policy (a resource)."""
    required = {"Effect": st.sampled_from(["Allow", "Deny"]), "Action": GOOD_ACTION | st.lists(GOOD_ACTION, min_size=1)}
    required |= {"Principal": GOOD_PRINCIPAL} if principal else {}
    required |= {"Resource": GOOD_RESOURCE} if resource else {}
    statement = st.fixed_dictionaries(required, optional={"Condition": GOOD_CONDITION, "Sid": st.just("Sid")})
    return st.fixed_dictionaries({"Version": st.sampled_from(["2012-10-17", "2008-10-17"]), "Statement": statement})


@given(st.text(), KIND)
def test_no_text_makes_the_check_raise(policy, kind):
    check(policy, kind)


@given(JSON | DOCUMENT | STATEMENT, KIND)
def test_no_json_makes_the_check_raise_and_every_finding_has_a_place(value, kind):
    policy = json.dumps(value, indent=1)
    for finding in check(policy, kind).findings:
        assert 1 <= finding.line <= policy.count("\n") + 1
        assert finding.column >= 1
        assert finding.problem and finding.instead


@given(DOCUMENT | nearly_right(True, False) | nearly_right(False, True), KIND)
def test_the_policy_engine_reads_whatever_has_no_error(value, kind):
    policy = json.dumps(value)
    if check(policy, kind).passes():
        Policy.parse(policy)


@given(nearly_right(True, False))
def test_a_policy_with_nothing_but_known_forms_is_not_refused(value):
    # The generated values hold null, which no condition takes, and NaN, which is not JSON.
    report = check(json.dumps(value), DOCUMENT_KINDS["ecr-repository"])
    assert {each.rule.id for each in report.findings if each.rule.severity == "error"} <= {"wrong-type", "json-syntax"}


@given(DOCUMENT)
def test_a_report_as_sarif_is_of_the_documented_form(value):
    log = sarif(check(json.dumps(value)), "a policy.json")
    [run] = log["runs"]
    driver = run["tool"]["driver"]
    assert (log["version"], driver["name"]) == ("2.1.0", "labkit check")
    for result in run["results"]:
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("error", "warning")
        assert result["message"]["text"]
        [location] = result["locations"]
        physical = location["physicalLocation"]
        assert physical["artifactLocation"]["uri"] == "a%20policy.json"
        assert physical["region"]["startLine"] >= 1 and physical["region"]["startColumn"] >= 1


@given(JSON)
def test_reading_with_places_reads_what_json_reads(value):
    source = json.dumps(value)
    assume("NaN" not in source and "Infinity" not in source)
    assert repr(read(source).value) == repr(json.loads(source))
    assert "" in read(source).offsets


@pytest.mark.parametrize("pointer", ["/a~1b/0", "/a~1b/1/c~0", "/d"])
def test_places_are_found_by_json_pointers(pointer):
    parsed = read('{"a/b": [1, {"c~": "x"}],\n "d": {}}')
    key = {"/a~1b/0": "1,", "/a~1b/1/c~0": '"c~"', "/d": '"d"'}[pointer]
    assert parsed.source[parsed.offsets[pointer] :].startswith(key)


def test_a_brace_inside_a_text_is_not_taken_for_structure():
    parsed = read('{"a": "}{\\"[", "b": 1}')
    assert parsed.place("/b") == (1, 16)


def test_every_rule_says_what_it_is_and_where_it_comes_from():
    assert all(rule.title and rule.source and rule.severity in ("error", "warning") for rule in RULES.values())


def test_the_known_actions_are_those_of_the_installed_botocore():
    assert FILE.read_text("utf-8") == text(collect(installed()))


def test_a_folder_without_models_is_refused(tmp_path: Path):
    with pytest.raises(UsageError, match="holds no model of ecr"):
        collect(tmp_path)


def test_a_policy_that_the_engine_refuses_has_an_error():
    for policy in ('{"Statement": []}', "[]", "{", '{"Statement": {"Effect": "Allow", "Action": "x"}}', BARE):
        with pytest.raises(PolicyError):
            Policy.parse(policy)
        assert not check(policy).passes()


def managed_policies() -> dict[str, str]:
    """AWS's own policies about the services that the check knows, as moto keeps them."""
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    every = json.loads(aws_managed_policies_data)
    about = re.compile("Lambda|Container|ECR|Organizations|IAM|STS")
    return {name: json.dumps(each["Document"]) for name, each in every.items() if about.search(name)}


def test_awss_own_policies_have_no_error_and_no_name_that_does_not_exist():
    managed = managed_policies()
    assert len(managed) > 50
    wrong = {"unknown-action", "unknown-key", *(rule.id for rule in RULES.values() if rule.severity == "error")}
    wrong -= {"too-long"}  # AWS allows itself more
    assert {
        name: ids(policy, "identity") for name, policy in managed.items() if wrong & set(ids(policy, "identity"))
    } == {}
