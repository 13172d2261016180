"""What no input may do to the check, and what holds for whatever passes it."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from labkit.check import DOCUMENT_KINDS, LambdaPull, check
from labkit.check.sarif import sarif
from labkit.iam import Policy
from tests.check.made_up import DOCUMENT, JSON, KIND, STATEMENT, nearly_right

PULLS = (LambdaPull(), LambdaPull("592444418872"), LambdaPull("592444418872", "813835382529"))


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


@given(st.text() | (JSON | DOCUMENT | nearly_right(True, False)).map(json.dumps), st.sampled_from(PULLS))
def test_no_text_makes_the_question_whether_lambda_gets_the_image_raise(policy, pull):
    check(policy, pull=pull)


@given(nearly_right(True, False).map(json.dumps), st.sampled_from(PULLS[1:]))
def test_what_passes_for_lambda_is_a_policy_that_lets_lambda_in(policy, pull):
    if check(policy, pull=pull).passes():
        statements = Policy.parse(policy).statements
        assert any(each.allows and each.principal is not None for each in statements)


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
        assert result["level"] in ("error", "warning", "note")
        assert result["message"]["text"]
        [location] = result["locations"]
        physical = location["physicalLocation"]
        assert physical["artifactLocation"]["uri"] == "a%20policy.json"
        assert physical["region"]["startLine"] >= 1 and physical["region"]["startColumn"] >= 1
