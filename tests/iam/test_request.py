"""Requests: context keys of any case, values as texts, and who owns the resource."""

from __future__ import annotations

import pytest

from labkit.errors import UsageError
from labkit.iam import Principal, Request

USER = Principal.aws("arn:aws:iam::592444418872:user/ann")
ECR = "arn:aws:ecr:eu-central-1:813835382529:repository/r"


def test_keys_are_kept_in_lower_case_and_lists_as_tuples():
    request = Request(USER, "a:b", ECR, context={"aws:PrincipalOrgID": "o-x", "aws:TagKeys": ["b", "a"]})
    assert request.keys == {"aws:principalorgid": "o-x", "aws:tagkeys": ("b", "a")}


def test_values_that_json_has_become_texts():
    context = {"a:t": True, "a:f": False, "a:n": 5, "a:d": 1.5, "a:l": [True, 2], "a:s": frozenset({"x"})}
    assert Request(USER, "a:b", ECR, context=context).keys == {
        "a:t": "true",
        "a:f": "false",
        "a:n": "5",
        "a:d": "1.5",
        "a:l": ("true", "2"),
        "a:s": ("x",),
    }


@pytest.mark.parametrize("value", [None, {}, [None], [["x"]], object()])
def test_other_values_are_refused_with_their_key(value):
    with pytest.raises(UsageError, match="The value of aws:x must be a text or a list of texts"):
        Request(USER, "a:b", ECR, context={"aws:x": value})


@pytest.mark.parametrize(
    ("resource", "given", "owner"),
    [
        (ECR, None, "813835382529"),
        (ECR, "111122223333", "111122223333"),
        ("arn:aws:s3:::bucket", None, "592444418872"),
        ("*", None, "592444418872"),
        ("arn:aws:s3:::bucket", "813835382529", "813835382529"),
    ],
)
def test_the_owner_is_given_or_in_the_arn_or_the_callers_account(resource, given, owner):
    assert Request(USER, "a:b", resource, given).resource_account == owner


def test_only_iam_principals_ask_across_accounts():
    assert Request(USER, "a:b", ECR).is_cross_account
    assert not Request(USER, "a:b", ECR, "592444418872").is_cross_account
    assert not Request(Principal.service("lambda.amazonaws.com"), "a:b", ECR).is_cross_account
    assert not Request(Principal.anonymous(), "a:b", ECR).is_cross_account


def test_a_request_can_be_asked_again_with_another_value():
    request = Request(USER, "a:b", ECR, "111122223333", {"aws:SourceIp": "10.0.0.1", "aws:x": "1"})
    assert request.having("AWS:sourceip", "10.0.0.2").keys == {"aws:sourceip": "10.0.0.2", "aws:x": "1"}
    assert request.having("aws:sourceip", None).keys == {"aws:x": "1"}
    assert request.having("aws:y", ["2"]).resource_account == "111122223333"
    assert request.keys["aws:sourceip"] == "10.0.0.1"


def test_a_request_of_the_vector_format():
    request = Request.from_json(
        {"principal": "*", "action": "a:b", "resource": "*", "resource_account": "111122223333", "context": {"k": "v"}}
    )
    assert request == Request(Principal.anonymous(), "a:b", "*", "111122223333", {"k": "v"})


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ([], "not a JSON object"),
        ({}, "lacks principal, action, resource"),
        ({"principal": "*", "action": 1, "resource": "*"}, "action is not a text"),
        ({"principal": "*", "action": "a:b", "resource": []}, "resource is not a text"),
        ({"principal": "*", "action": "a:b", "resource": "*", "resource_account": 1}, "resource_account is not"),
        ({"principal": "*", "action": "a:b", "resource": "*", "context": []}, "context is not a JSON object"),
        ({"principal": "*", "action": "a:b", "resource": "*", "unknown": "aws:x"}, "unknown is not a list"),
        ({"principal": "*", "action": "a:b", "resource": "*", "unknown": [1]}, "unknown is not a list"),
    ],
)
def test_other_requests_of_the_vector_format_are_refused(value, says):
    with pytest.raises(UsageError, match=says):
        Request.from_json(value)
