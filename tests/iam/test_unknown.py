"""Keys that AWS has for a request and whose values are not known here: never good for an Allow, always for a Deny."""

from __future__ import annotations

import pytest

from labkit.iam import Policies, Policy, Principal, Request, evaluate
from labkit.iam.parts import Outcome
from labkit.iam.patterns import UNKNOWN

OWN = "592444418872"
USER = Principal.aws(f"arn:aws:iam::{OWN}:user/ann")
REPOSITORY = f"arn:aws:ecr:eu-central-1:{OWN}:repository/app"
ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}
KEY = "aws:ResourceTag/team"


def allowed(effect: str, unknown: set[str], context: dict | None = None, **statement: object) -> bool:
    """Whether a user who may do everything but for a Deny, or nothing but for an Allow, is allowed."""
    own = {"Effect": effect, "Action": "ecr:*", "Resource": "*", **statement}
    document = {"Version": "2012-10-17", "Statement": [own] if effect == "Allow" else [ALL, own]}
    request = Request(USER, "ecr:BatchGetImage", REPOSITORY, None, context or {}, frozenset(unknown))
    return evaluate(request, Policies(identity=[Policy.parse(document)])).allowed


CONDITIONS = [
    {"StringEquals": {KEY: "blue"}},
    {"StringNotEquals": {KEY: "blue"}},
    {"StringEqualsIfExists": {KEY: "blue"}},
    {"ForAllValues:StringEquals": {KEY: "blue"}},
    {"ForAnyValue:StringNotEquals": {KEY: "blue"}},
    {"Null": {KEY: "true"}},
    {"Null": {KEY: "false"}},
    {"StringEquals": {"aws:PrincipalAccount": "${aws:ResourceTag/owner}"}},
    {"StringNotEquals": {"aws:PrincipalAccount": "${aws:ResourceTag/owner}"}},
    {"StringNotEquals": {"aws:PrincipalAccount": "${aws:ResourceTag/owner, 'x'}"}},
]
CONTEXT = {"aws:PrincipalAccount": OWN}


@pytest.mark.parametrize(
    "unknown", [("aws:resourcetag/",), ("aws:resourcetag/team", "aws:resourcetag/owner")], ids=" ".join
)
@pytest.mark.parametrize("condition", CONDITIONS, ids=str)
def test_a_condition_on_an_unknown_key_satisfies_no_allow_and_every_deny(condition, unknown):
    assert not allowed("Allow", set(unknown), CONTEXT, Condition=condition)
    assert not allowed("Deny", set(unknown), CONTEXT, Condition=condition)


@pytest.mark.parametrize("element", ["Resource", "NotResource"])
def test_an_unknown_variable_in_a_resource_satisfies_no_allow_and_every_deny(element):
    arn = f"arn:aws:ecr:eu-central-1:{OWN}:repository/${{aws:ResourceTag/team}}"
    for effect in ("Allow", "Deny"):
        statement = {"Resource": arn} if element == "Resource" else {"NotResource": arn}
        own = {"Effect": effect, "Action": "ecr:*", **statement}
        document = {"Version": "2012-10-17", "Statement": [own] if effect == "Allow" else [ALL, own]}
        request = Request(USER, "ecr:BatchGetImage", REPOSITORY, unknown=frozenset({"aws:resourcetag/team"}))
        decision = evaluate(request, Policies(identity=[Policy.parse(document)]))
        assert not decision.allowed
        assert "the lab does not know the value of a variable in" in decision.unknowns[0]


def test_what_is_known_decides_as_ever():
    assert allowed("Allow", {"aws:resourcetag/"}, {KEY: "blue"}, Condition={"StringEquals": {KEY: "blue"}})
    assert allowed("Deny", {"aws:resourcetag/"}, {KEY: "red"}, Condition={"StringEquals": {KEY: "blue"}})
    assert allowed("Allow", {"aws:requesttag/"}, Condition={"Null": {KEY: "true"}})


def test_a_value_that_matches_without_the_unknown_variable_decides():
    either = {"StringEquals": {"aws:PrincipalAccount": [OWN, "${aws:ResourceTag/team}"]}}
    neither = {"StringNotEquals": {"aws:PrincipalAccount": [OWN, "${aws:ResourceTag/team}"]}}
    assert allowed("Allow", {"aws:resourcetag/"}, CONTEXT, Condition=either)
    assert allowed("Deny", {"aws:resourcetag/"}, CONTEXT, Condition=neither)


def test_a_statement_that_misses_otherwise_is_not_held_up_by_an_unknown_key():
    condition = {"StringEquals": {KEY: "blue", "aws:PrincipalAccount": "111122223333"}}
    assert allowed("Deny", {"aws:resourcetag/"}, CONTEXT, Condition=condition)


def test_an_unknown_key_becomes_known_when_it_is_asked_with_a_value():
    request = Request(USER, "ecr:BatchGetImage", REPOSITORY, unknown=frozenset({"aws:x"}))
    assert request.keys.get("aws:x") is UNKNOWN
    assert request.having("aws:X", "1").keys.get("aws:x") == "1"
    assert request.having("aws:X", None).keys.get("aws:x") is None
    assert request.keys.get("aws:y") is None


def test_an_unknown_value_equals_no_text():
    assert str(UNKNOWN) + "" != UNKNOWN
    assert not UNKNOWN == "not known"  # noqa: SIM201  # both of Python's comparisons
    assert UNKNOWN == UNKNOWN
    assert not Outcome.UNKNOWN.holds


def test_the_same_statement_is_decided_anew_when_a_key_becomes_known():
    policies = Policies(identity=[Policy.parse({"Statement": {**ALL, "Condition": {"StringEquals": {KEY: "blue"}}}})])
    asked = Request(USER, "ecr:BatchGetImage", REPOSITORY, unknown=frozenset({KEY.lower()}))
    assert not evaluate(asked, policies).allowed
    assert evaluate(asked.having(KEY, "blue"), policies).allowed
    assert not evaluate(asked, policies).allowed
