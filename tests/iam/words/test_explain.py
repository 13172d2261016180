"""Sentences and data about decisions, AWS's own words among them."""

from __future__ import annotations

import json

import pytest

from labkit.iam import CheckKind, Policies, Policy, Principal, Request, evaluate, policy_name
from labkit.iam.words.explain import explanation
from tests.iam.decided import (
    ALLOWED,
    EVERYTHING,
    LAMBDA,
    NOTHING,
    OWN,
    REFUSED,
    REPOSITORY,
    SERVICE,
    USER,
    decide,
    statements,
)

DENY_ALL = {"Effect": "Deny", "Action": "*", "Resource": "*"}
DENIALS = [
    ({"identity": []}, "because no identity-based policy allows the ecr:BatchGetImage action"),
    ({"identity": [EVERYTHING]}, "because no resource-based policy allows the ecr:BatchGetImage action"),
    ({"identity": [NOTHING]}, "with an explicit deny in an identity-based policy"),
    ({"boundary": NOTHING}, "with an explicit deny in a permissions boundary"),
    ({"scp": [[]]}, "because no service control policy allows the ecr:BatchGetImage action"),
    ({"rcp": [[NOTHING]]}, "with an explicit deny in a resource control policy"),
    (
        {"vpc_endpoint": statements({"Principal": {"AWS": "111122223333"}, "Resource": "*"})},
        "because no VPC endpoint policy allows the ecr:BatchGetImage action",
    ),
    (
        {"vpc_endpoint": statements({"Effect": "Deny", "Principal": "*", "Resource": "*"})},
        "with an explicit deny in a VPC endpoint policy",
    ),
]


@pytest.mark.parametrize(("kinds", "because"), DENIALS)
def test_a_denial_has_awss_words(kinds, because):
    assert decide(USER, **kinds).denial == (
        f"User: {USER.arn} is not authorized to perform: ecr:BatchGetImage on resource: {REPOSITORY} {because}"
    )


def test_a_session_is_named_by_the_sessions_arn():
    arn = f"arn:aws:sts::{OWN}:assumed-role/Deployer/s1"
    assert decide(Principal.aws(arn)).denial.startswith(f"User: {arn} is not")


def test_of_services_aws_documents_no_sentence():
    assert REFUSED.denial is None


def test_every_kind_of_policy_has_awss_name():
    assert [policy_name(kind) for kind in CheckKind] == [
        *("identity-based policy", "resource-based policy", "permissions boundary", "session policy"),
        *("service control policy", "resource control policy", "VPC endpoint policy"),
    ]


def test_a_decision_in_sentences():
    assert REFUSED.sentences() == [
        "No resource-based policy allows it (2 statements looked at).",
        REFUSED.nearest_miss.sentence,
    ]
    assert ALLOWED.sentences() == ["The resource-based policy allows it by LambdaECRImageCrossAccountRetrievalPolicy."]
    assert decide(LAMBDA).sentences() == ["There is no resource-based policy, and one would have to allow it."]
    root = decide(Principal.aws(OWN), owner=OWN).sentences()
    assert root == ["The identity-based policy allows it: the root user may do everything in its account."]
    one = statements({"Sid": "S", "Principal": {"AWS": OWN}})
    assert decide(LAMBDA, resource=one).sentences()[0].endswith("(1 statement looked at).")
    denied = decide(USER, owner=OWN, identity=[EVERYTHING, NOTHING, NOTHING]).sentences()
    assert denied[0] == "The identity-based policy denies it by No."


def test_what_is_unknown_is_said():
    raw = {**SERVICE, "Condition": {"StringLike": {"ecr:ResourceTag/team": "blue"}}}
    elsewhere = {**raw, "Action": "s3:*", "Condition": {"StringLike": {"ecr:ResourceTag/other": "blue"}}}
    request = Request(LAMBDA, "ecr:BatchGetImage", REPOSITORY, unknown=frozenset({"ecr:resourcetag/"}))
    decision = evaluate(request, Policies(resource=statements(raw, raw, elsewhere)))
    assert decision.unknowns == (
        "Unknown: the lab does not know the value of ecr:ResourceTag/team, which AWS has for this request; "
        "it is taken as failing, since it would allow.",
    )
    assert decision.sentences()[-1] == decision.unknowns[0]
    assert decision.nearest_miss.change == "say what ecr:ResourceTag/team is, which the lab does not know"
    assert REFUSED.unknowns == ()


def test_of_two_resource_policies_the_registrys_statements_are_marked():
    own = statements({**SERVICE, "Sid": "Own"})
    registry = Policy.parse({"Statement": {**DENY_ALL, "Principal": "*", "Sid": "Registry"}}, "registry")
    told = explanation(decide(LAMBDA, resource=own, registry=registry))
    assert [(each["sid"], each.get("document")) for each in told["statements"]] == [
        ("Own", None),
        ("Registry", "registry"),
    ]
    assert told["nearest_miss"]["document"] == "registry"
    assert "document" not in explanation(decide(LAMBDA, resource=registry))["nearest_miss"]


def test_a_decision_shows_itself_as_one_paragraph():
    assert repr(ALLOWED) == (
        f"Allowed: lambda.amazonaws.com may ecr:BatchGetImage on {REPOSITORY}. "
        "The resource-based policy allows it by LambdaECRImageCrossAccountRetrievalPolicy."
    )
    assert repr(REFUSED).startswith(f"Denied: lambda.amazonaws.com may not ecr:BatchGetImage on {REPOSITORY}. No ")
    assert "\n" not in repr(REFUSED)


def test_a_decision_as_data():
    data = REFUSED.to_dict()
    assert data["decision"] == "denied"
    assert data["checks"] == {kind.value: "NO_IMPACT" for kind in CheckKind} | {"RESOURCE": "IMPLICIT_DENY"}
    assert data["matched"] == []
    assert data["reasons"] == REFUSED.sentences()
    assert data["nearest_miss"]["key"] == "aws:SourceArn"
    allowed = ALLOWED.to_dict()
    assert (allowed["decision"], allowed["nearest_miss"]) == ("allowed", None)
    assert allowed["matched"] == ["LambdaECRImageCrossAccountRetrievalPolicy"]


def test_an_explanation_holds_every_statement_with_its_parts():
    raw = {
        "Sid": "S",
        **SERVICE,
        "Condition": {"ForAnyValue:StringLike": {"aws:x": "${aws:y}*"}, "Bool": {"aws:z": "true"}},
    }
    data = explanation(decide(LAMBDA, {"aws:x": ["b"], "aws:y": "a"}, resource=statements(raw)))
    assert json.loads(json.dumps(data)) == data
    assert data["denial"] is None
    (statement,) = data["statements"]
    assert (statement["check"], statement["sid"], statement["effect"], statement["matched"]) == (
        *("RESOURCE", "S", "Allow"),
        False,
    )
    principal, action, several, single = statement["parts"]
    assert principal == {
        "element": "Principal",
        "matched": True,
        "wanted": [LAMBDA.name],
        "got": LAMBDA.name,
        "reason": f"Principal covers {LAMBDA.name}",
    }
    assert action["element"] == "Action"
    assert (several["operator"], several["key"]) == ("ForAnyValue:StringLike", "aws:x")
    assert (several["wanted"], several["resolved"], several["got"]) == (["${aws:y}*"], ["a*"], ["b"])
    assert (single["got"], single["matched"]) == (None, False)
    assert "resolved" not in single
