"""Cases: reading them, deciding them, and comparing with what is expected."""

from __future__ import annotations

import json

import pytest

from labkit.errors import UsageError
from labkit.iam.cases import Case, UnreadableCase, explain, read_cases

CASE = {
    "id": "one",
    "title": "A case",
    "request": {"principal": {"Service": "lambda.amazonaws.com"}, "action": "ecr:BatchGetImage", "resource": "*"},
    "policies": {"resource": {"Statement": {"Sid": "S", "Effect": "Allow", "Principal": "*", "Action": "s3:*"}}},
}


def read(**more: object) -> Case:
    (case,) = read_cases(json.dumps({**CASE, **more}))
    return case


def missed(expect: dict) -> list[str]:
    case = read(expect=expect)
    return case.missed(case.decide())


def test_a_file_is_a_case_or_a_list_of_cases():
    assert read().id == "one"
    assert [case.id for case in read_cases(json.dumps([CASE, {"request": CASE["request"]}]))] == ["one", "2"]


def test_a_case_decides_itself():
    assert read().decide().nearest_miss.sid == "S"


def test_a_trust_policy_must_allow():
    role = {"principal": {"Service": "lambda.amazonaws.com"}, "action": "sts:AssumeRole", "resource": "*"}
    assert not read(request=role, policies={}).decide().allowed
    assert not read(request=role, policies={}, resource_must_allow=True).decide().allowed


def test_what_is_expected_and_comes_is_not_missed():
    miss = {"sid": "S", "element": "Action"}
    assert missed({"decision": "denied", "checks": {"RESOURCE": "IMPLICIT_DENY"}, "nearest_miss": miss}) == []
    assert missed({}) == []


def test_what_comes_out_other_than_expected_is_told():
    expect = {"decision": "allowed", "checks": {"RESOURCE": "ALLOW"}, "nearest_miss": {"sid": "T", "key": "aws:x"}}
    assert missed(expect) == [
        "decision is denied, expected was allowed",
        "RESOURCE is IMPLICIT_DENY, expected was ALLOW",
        "nearest_miss sid is S, expected was T",
        "nearest_miss key is None, expected was aws:x",
    ]


def test_no_nearest_miss_can_be_expected():
    assert missed({"nearest_miss": None}) == ["nearest_miss is S, expected was none"]
    case = read(policies={}, expect={"nearest_miss": None})
    assert case.missed(case.decide()) == []
    case = read(policies={}, expect={"nearest_miss": {"sid": "S"}})
    assert case.missed(case.decide()) == ["nearest_miss sid is None, expected was S"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", r"not JSON: the text is empty \(line 1, column 1\)"),
        ("[" * 200_000, "nested too deeply"),
        ("9" * 5000, "too long a number"),
        ("[]", "no case in it"),
        ("[1]", "Case 1 is not a JSON object"),
        ('{"id": "x"}', r"In case 1 \(x\): It has no request"),
        ('[{"request": {}, "polices": {}}]', "In case 1: Unknown field 'polices'; known are expect, id, policies"),
        (json.dumps({**CASE, "policies": {"resource": {}}}), "In the resource policy: The policy has no Statement"),
        (
            json.dumps({**CASE, "resource_must_allow": 1}),
            "resource_must_allow is to be false for ecr:BatchGetImage, or left out",
        ),
        (json.dumps({**CASE, "expect": []}), "expect must be a JSON object"),
        (json.dumps({**CASE, "expect": {"desicion": "denied"}}), "expect must be a JSON object with decision"),
        (json.dumps({**CASE, "expect": {"decision": "deny"}}), "must be allowed or denied, not 'deny'"),
        (json.dumps({**CASE, "expect": {"checks": []}}), "checks and nearest_miss must be JSON objects"),
        (json.dumps({**CASE, "expect": {"nearest_miss": "S"}}), "checks and nearest_miss must be JSON objects"),
        (json.dumps({**CASE, "expect": {"checks": {"SCP": "ALLOW"}}}), "The expected check SCP: ALLOW is none of"),
        (
            json.dumps({**CASE, "expect": {"checks": {"RESOURCE": "DENY"}}}),
            "The expected check RESOURCE: DENY is none of",
        ),
    ],
)
def test_other_files_are_refused_with_the_case_and_the_reason(text, says):
    with pytest.raises(UsageError, match=says):
        read_cases(text)


def test_a_case_that_cannot_be_read_keeps_nobody_from_the_others():
    found = read_cases(json.dumps([CASE, {**CASE, "id": "two", "request": {}}, 3, {**CASE, "id": "four"}]))
    assert [each.id for each in found] == ["one", "two", "3", "four"]
    assert found[1] == UnreadableCase("two", "In case 2 (two): The request lacks principal, action, resource.")
    assert found[2] == UnreadableCase("3", "Case 3 is not a JSON object with request and policies.")
    assert not found[3].decide().allowed


def test_keys_that_every_signed_request_carries_are_there_though_the_case_does_not_give_them():
    asked = {"principal": {"AWS": "arn:aws:sts::592444418872:assumed-role/app/s1"}, "action": "a:b", "resource": "*"}
    keys = read(request={**asked, "principal_id": "AROAX", "principal_tags": {"Team": "blue"}}).request.keys
    assert dict(keys) == {
        "aws:principalaccount": "592444418872",
        "aws:principalarn": "arn:aws:iam::592444418872:role/app",
        "aws:principalisawsservice": "false",
        "aws:principaltype": "AssumedRole",
        "aws:userid": "AROAX:s1",
        "aws:principaltag/team": "blue",
    }
    assert read(request={**asked, "context": {"AWS:principalarn": "x"}}).request.keys["aws:principalarn"] == "x"


def test_a_key_that_can_have_several_values_is_a_list_also_where_the_case_gives_one():
    keys = read(request={**CASE["request"], "context": {"aws:TagKeys": "env", "aws:SourceIp": "10.0.0.1"}}).request.keys
    assert (keys["aws:tagkeys"], keys["aws:sourceip"]) == (("env",), "10.0.0.1")


def test_one_request_is_explained_as_it_is_decided_in_a_file():
    decision = explain(CASE)
    assert decision.to_dict() == read().decide().to_dict()
    assert (decision.allowed, decision.nearest_miss.sid) == (False, "S")


def test_what_is_expected_of_a_case_does_not_change_its_explanation():
    assert not explain({**CASE, "expect": {"decision": "allowed"}}).allowed


@pytest.mark.parametrize(
    ("case", "says"),
    [
        ("{}", "A case is a mapping with request and policies, and this is str"),
        ([CASE], "A case is a mapping with request and policies, and this is list"),
        ({}, "It has no request"),
        ({**CASE, "answer": 1}, "Unknown field 'answer'"),
    ],
)
def test_what_is_no_case_is_not_explained(case, says):
    with pytest.raises(UsageError, match=says):
        explain(case)
