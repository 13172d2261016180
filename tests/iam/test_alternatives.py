"""Counterfactuals: the value of a key that turns the decision into its opposite."""

from __future__ import annotations

import pytest

from labkit.iam import Decision, Policies, Policy, Request, counterfactual, counterfactuals, evaluate
from tests.iam.decided import (
    ALLOWED,
    EVERYTHING,
    LAMBDA,
    OWN,
    REFUSED,
    SERVICE,
    USER,
    decide,
    statements,
)


def flips(decision: Decision, key: str):
    found = counterfactual(decision, key)
    return found and found.value


def test_a_counterfactual_is_a_value_that_flips_the_decision():
    assert flips(REFUSED, "AWS:sourcearn") == f"arn:aws:lambda:eu-central-1:{OWN}:function:f"
    found = counterfactual(REFUSED, "aws:SourceArn")
    assert found.allowed
    assert found.sentence == f"If aws:SourceArn were {found.value}, it would be allowed."
    denied = counterfactual(ALLOWED, "aws:SourceArn")
    assert (denied.value, denied.allowed) == ("something-else", False)
    assert denied.sentence == "If aws:SourceArn were something-else, it would be denied."


@pytest.mark.parametrize(
    ("operator", "wanted", "got"),
    [
        ("StringEquals", "a", "b"),
        ("StringEquals", "${aws:y}", "b"),
        ("StringLike", "a?c*", "b"),
        ("StringNotEquals", "b", "b"),
        ("StringNotLike", "*", "b"),
        ("NumericLessThan", "5", "7"),
        ("NumericGreaterThan", "5", "3"),
        ("NumericNotEquals", "5", "5"),
        ("DateLessThan", "2020-01-01", "2021-01-01"),
        ("DateGreaterThan", "2020-01-01", "2019-01-01"),
        ("Bool", "true", "false"),
        ("BinaryEquals", "QQ==", "QUE="),
        ("IpAddress", "203.0.113.0/24", "10.0.0.1"),
        ("NotIpAddress", "10.0.0.0/8", "10.0.0.1"),
        ("ArnLike", "arn:aws:iam::*:role/*", "x"),
        ("Null", "false", None),
        ("Null", "true", "x"),
        ("ForAnyValue:StringLike", "a*", ("b",)),
        ("ForAllValues:StringEquals", "a", ("a", "b")),
        ("ForAnyValue:StringNotEquals", "b", ("b",)),
    ],
)
def test_every_operator_has_a_value_that_flips(operator, wanted, got):
    context = {"aws:y": "y"} | ({} if got is None else {"aws:x": got})
    decision = decide(LAMBDA, context, resource=statements({**SERVICE, "Condition": {operator: {"aws:x": wanted}}}))
    assert not decision.allowed
    found = counterfactual(decision, "aws:x")
    assert found.allowed
    assert evaluate(decision.request.having("aws:x", found.value), decision.policies).allowed


def test_absence_can_be_what_flips():
    raw = {**SERVICE, "Condition": {"StringNotLike": {"aws:x": "*"}}}
    found = counterfactual(decide(LAMBDA, {"aws:x": "b"}, resource=statements(raw)), "aws:x")
    assert found.value is None
    assert found.sentence == "Without aws:x it would be allowed."


def test_several_values_can_be_what_flips():
    conditions = {"ForAnyValue:StringEquals": {"aws:x": "a"}, "ForAnyValue:StringLike": {"aws:X": "b*"}}
    found = decide(LAMBDA, {"aws:x": ["c"]}, resource=statements({**SERVICE, "Condition": conditions}))
    assert counterfactual(found, "aws:x").sentence == "If aws:x were a, bx, it would be allowed."


def test_a_key_that_nobody_looks_at_flips_nothing():
    assert counterfactual(REFUSED, "aws:Nothing") is None
    assert counterfactuals(decide(LAMBDA)) == ()


def test_a_variable_without_value_gives_nothing_to_try():
    raw = {**SERVICE, "Condition": {"StringEquals": {"aws:x": "${aws:y}"}}}
    assert counterfactual(decide(LAMBDA, {"aws:x": "b"}, resource=statements(raw)), "aws:x") is None


def test_an_empty_value_is_named_in_words():
    raw = {**SERVICE, "Condition": {"StringEquals": {"aws:x": ""}}}
    found = counterfactual(decide(LAMBDA, {"aws:x": "b"}, resource=statements(raw)), "aws:x")
    assert found.sentence == "If aws:x were empty, it would be allowed."


def test_all_kinds_of_policy_are_searched_for_keys():
    def denying(key: str) -> Policy:
        raw = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"Bool": {key: "true"}}}
        return Policy.parse({"Statement": [raw, {"Effect": "Allow", "Action": "*", "Resource": "*"}]})

    decision = decide(
        USER,
        owner=OWN,
        identity=[denying("x:i")],
        boundary=denying("x:b"),
        session=[denying("x:s")],
        scp=[[denying("x:c")]],
        rcp=[[EVERYTHING], [denying("x:r")]],
        resource=statements({"Effect": "Deny", "Principal": "*", "Condition": {"Bool": {"x:p": "true"}}}),
    )
    assert decision.allowed
    assert {each.key for each in counterfactuals(decision)} == {f"x:{letter}" for letter in "ibscrp"}


def test_a_trust_policys_counterfactual_stays_one():
    trust = statements(
        {"Action": "sts:*", "Principal": {"AWS": USER.arn}, "Condition": {"StringEquals": {"sts:ExternalId": "secret"}}}
    )
    request = Request(USER, "sts:AssumeRole", f"arn:aws:iam::{OWN}:role/r")
    decision = evaluate(request, Policies(identity=[EVERYTHING], resource=trust))
    assert counterfactual(decision, "sts:ExternalId").value == "secret"
