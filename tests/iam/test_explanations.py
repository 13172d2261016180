"""Nearest miss, counterfactuals, sentences and data: all from the matches of one decision."""

from __future__ import annotations

import json

import pytest

from labkit.iam import CheckKind, Decision, Policies, Policy, Principal, Request, evaluate, policy_name
from labkit.iam.words.explain import explanation
from tests.iam.decided import (
    ALLOWED,
    EVERYTHING,
    LAMBDA,
    NOTHING,
    OWN,
    REFUSED,
    REGISTRY,
    REPOSITORY,
    SERVICE,
    USER,
    decide,
    statements,
)


def test_the_nearest_miss_is_the_statement_with_the_fewest_failures():
    miss = REFUSED.nearest_miss
    assert miss.sid == "LambdaECRImageCrossAccountRetrievalPolicy"
    assert (miss.element, miss.key, miss.changes) == ("Condition", "aws:SourceArn", 1)
    assert miss.wanted == (f"arn:aws:lambda:*:{OWN}:function:*",)
    assert miss.got == "arn:aws:lambda:eu-central-1:111111111111:function:f"
    assert miss.sentence == (
        "LambdaECRImageCrossAccountRetrievalPolicy: the account in aws:SourceArn is 111111111111, "
        f"the pattern wants {OWN}."
    )
    assert miss.change == "let aws:SourceArn also be arn:aws:lambda:eu-central-1:111111111111:function:f"


def test_an_allowed_request_has_no_nearest_miss():
    assert ALLOWED.nearest_miss is None
    assert ALLOWED.denial is None


def test_without_a_statement_nothing_is_near():
    assert decide(LAMBDA).nearest_miss is None
    assert decide(USER).nearest_miss is None


def nearest(*raw: dict, context: dict | None = None) -> str:
    return decide(LAMBDA, context, resource=statements(*raw)).nearest_miss.sid


def test_ties_are_broken_by_what_is_easier_to_mend():
    differs = {"Sid": "Differs", **SERVICE, "Condition": {"StringEquals": {"aws:x": "a"}}}
    absent = {"Sid": "Absent", **SERVICE, "Condition": {"StringEquals": {"aws:y": "a"}}}
    resource = {"Sid": "Resource", **SERVICE, "Resource": "arn:aws:ecr:::other"}
    action = {"Sid": "Action", **SERVICE, "Action": "s3:*"}
    principal = {"Sid": "Principal", "Principal": {"AWS": OWN}}
    order = [principal, action, resource, absent, differs]
    found = []
    while order:
        found.append(nearest(*order, context={"aws:x": "b"}))
        order.pop()
    assert found == ["Differs", "Absent", "Resource", "Action", "Principal"]


def test_fewer_failures_come_before_easier_ones():
    two = {"Sid": "Two", **SERVICE, "Condition": {"StringEquals": {"aws:x": "a", "aws:y": "a"}}}
    one = {"Sid": "One", "Principal": {"AWS": OWN}}
    assert nearest(two, one, context={"aws:x": "b", "aws:y": "b"}) == "One"


def test_a_statement_for_the_caller_is_nearer_than_one_for_everybody():
    condition = {"Condition": {"StringEquals": {"aws:SourceOrgID": "o-x"}}}
    everybody, service = {"Sid": "All", "Principal": "*", **condition}, {"Sid": "Mine", **SERVICE, **condition}
    assert nearest(everybody, service) == "Mine"
    assert nearest(service, everybody) == "Mine"


def test_several_failures_are_all_told():
    raw = {"Sid": "S", "Principal": {"AWS": OWN}, "Action": "s3:*", "Condition": {"Bool": {"aws:x": "true"}}}
    miss = decide(LAMBDA, resource=statements(raw)).nearest_miss
    assert miss.changes == 3
    assert miss.sentence.count("; ") == 3  # one of them is inside the first reason
    assert miss.change.count(", and ") == 2
    assert (miss.element, miss.key) == ("Principal", None)


def test_deny_statements_are_no_misses():
    raw = {"Sid": "D", "Effect": "Deny", **SERVICE, "Condition": {"Bool": {"aws:x": "true"}}}
    assert decide(LAMBDA, resource=statements(raw)).nearest_miss is None


def test_in_one_account_the_nearest_can_be_in_either_policy():
    resource = statements({"Sid": "R", "Principal": {"AWS": USER.arn}, "Condition": {"Bool": {"aws:x": "true"}}})
    identity = Policy.parse({"Statement": {"Sid": "I", "Effect": "Allow", "Action": "s3:*", "Resource": "*"}})
    assert decide(USER, owner=OWN, identity=[identity], resource=resource).nearest_miss.sid == "R"
    assert decide(USER, owner=REGISTRY, identity=[identity], resource=resource).nearest_miss.sid == "I"


def test_an_explicit_deny_is_the_nearest_miss():
    decision = decide(USER, owner=OWN, identity=[EVERYTHING], scp=[[EVERYTHING, NOTHING]])
    miss = decision.nearest_miss
    assert (miss.sid, miss.element, miss.wanted, miss.got) == ("No", "Effect", ("Deny",), None)
    assert miss.sentence == "No denies this request explicitly; no allow can outweigh it."
    assert miss.change == "except this request from No"


def test_a_deny_says_which_conditions_made_it_apply_and_how_to_spare_services():
    raw = {"Sid": "Org", "Effect": "Deny", "Principal": "*"}
    condition = {"Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-x"}}}
    miss = decide(LAMBDA, resource=statements(SERVICE, {**raw, **condition})).nearest_miss
    assert miss.sentence == (
        "Org denies this request explicitly (aws:PrincipalOrgID is absent, which StringNotEquals lets pass); "
        "no allow can outweigh it."
    )
    assert miss.change == 'add "Bool": {"aws:PrincipalIsAWSService": "false"} to Org, to spare services'
    caller = decide(USER, owner=OWN, resource=statements({**raw, **condition}))
    assert caller.nearest_miss.change == "except this request from Org"
    other = {"Condition": {"StringNotEquals": {"aws:SourceOrgID": "o-x"}}}
    assert decide(LAMBDA, resource=statements({**raw, **other})).nearest_miss.change == "except this request from Org"
    present = {"Condition": {"StringEquals": {"aws:PrincipalX": "x"}}}
    denied = decide(LAMBDA, {"aws:PrincipalX": "x"}, resource=statements({**raw, **present}))
    assert denied.nearest_miss.change == "except this request from Org"


def test_a_miss_as_data():
    assert REFUSED.nearest_miss.to_dict() == {
        "sid": "LambdaECRImageCrossAccountRetrievalPolicy",
        "key": "aws:SourceArn",
        "wanted": [f"arn:aws:lambda:*:{OWN}:function:*"],
        "got": "arn:aws:lambda:eu-central-1:111111111111:function:f",
        "sentence": REFUSED.nearest_miss.sentence,
        "change": REFUSED.nearest_miss.change,
    }
    several = statements({**SERVICE, "Condition": {"ForAnyValue:StringLike": {"aws:x": "a"}}})
    data = decide(LAMBDA, {"aws:x": ["b", "c"]}, resource=several).nearest_miss.to_dict()
    assert data["got"] == ["b", "c"]
    assert (
        decide(LAMBDA, resource=statements({"Principal": {"AWS": OWN}})).nearest_miss.to_dict()["element"]
        == "Principal"
    )


DENIALS = [
    ({"identity": []}, "because no identity-based policy allows the ecr:BatchGetImage action"),
    ({"identity": [EVERYTHING]}, "because no resource-based policy allows the ecr:BatchGetImage action"),
    ({"identity": [NOTHING]}, "with an explicit deny in an identity-based policy"),
    ({"boundary": NOTHING}, "with an explicit deny in a permissions boundary"),
    ({"scp": [[]]}, "because no service control policy allows the ecr:BatchGetImage action"),
    ({"rcp": [[NOTHING]]}, "with an explicit deny in a resource control policy"),
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
        *("service control policy", "resource control policy"),
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
    raw = {**SERVICE, "Condition": {"StringLike": {"aws:SourceOrgPaths": "o-x/*"}}}
    decision = decide(LAMBDA, {"aws:SourceOrgPaths": ["o-x/r-a/"]}, resource=statements(raw, raw))
    assert len(decision.unknowns) == 1
    assert decision.unknowns[0].startswith("Unknown: aws:SourceOrgPaths can have several values")
    assert decision.sentences()[-1] == decision.unknowns[0]
    assert REFUSED.unknowns == ()


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


def flips(decision: Decision, key: str):
    found = decision.counterfactual(key)
    return found and found.value


def test_a_counterfactual_is_a_value_that_flips_the_decision():
    assert flips(REFUSED, "AWS:sourcearn") == f"arn:aws:lambda:eu-central-1:{OWN}:function:f"
    found = REFUSED.counterfactual("aws:SourceArn")
    assert found.allowed
    assert found.sentence == f"If aws:SourceArn were {found.value}, it would be allowed."
    denied = ALLOWED.counterfactual("aws:SourceArn")
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
    found = decision.counterfactual("aws:x")
    assert found.allowed
    assert evaluate(decision.request.having("aws:x", found.value), decision.policies).allowed


def test_absence_can_be_what_flips():
    raw = {**SERVICE, "Condition": {"StringNotLike": {"aws:x": "*"}}}
    found = decide(LAMBDA, {"aws:x": "b"}, resource=statements(raw)).counterfactual("aws:x")
    assert found.value is None
    assert found.sentence == "Without aws:x it would be allowed."


def test_several_values_can_be_what_flips():
    conditions = {"ForAnyValue:StringEquals": {"aws:x": "a"}, "ForAnyValue:StringLike": {"aws:X": "b*"}}
    found = decide(LAMBDA, {"aws:x": ["c"]}, resource=statements({**SERVICE, "Condition": conditions}))
    assert found.counterfactual("aws:x").sentence == "If aws:x were a, bx, it would be allowed."


def test_a_key_that_nobody_looks_at_flips_nothing():
    assert REFUSED.counterfactual("aws:Nothing") is None
    assert decide(LAMBDA).counterfactuals() == ()


def test_a_variable_without_value_gives_nothing_to_try():
    raw = {**SERVICE, "Condition": {"StringEquals": {"aws:x": "${aws:y}"}}}
    assert decide(LAMBDA, {"aws:x": "b"}, resource=statements(raw)).counterfactual("aws:x") is None


def test_an_empty_value_is_named_in_words():
    raw = {**SERVICE, "Condition": {"StringEquals": {"aws:x": ""}}}
    found = decide(LAMBDA, {"aws:x": "b"}, resource=statements(raw)).counterfactual("aws:x")
    assert found.sentence == "If aws:x were empty, it would be allowed."


def test_all_kinds_of_policy_are_searched_for_keys():
    def denying(key: str) -> Policy:
        raw = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"Bool": {key: "true"}}}
        return Policy.parse({"Statement": [raw, {"Effect": "Allow", "Action": "*", "Resource": "*"}]})

    decision = decide(
        USER,
        owner=OWN,
        identity=[denying("aws:i")],
        boundary=denying("aws:b"),
        session=[denying("aws:s")],
        scp=[[denying("aws:c")]],
        rcp=[[EVERYTHING], [denying("aws:r")]],
        resource=statements({"Effect": "Deny", "Principal": "*", "Condition": {"Bool": {"aws:p": "true"}}}),
    )
    assert decision.allowed
    assert {each.key for each in decision.counterfactuals()} == {f"aws:{letter}" for letter in "ibscrp"}


def test_a_trust_policys_counterfactual_stays_one():
    trust = statements({"Principal": {"AWS": USER.arn}, "Condition": {"StringEquals": {"sts:ExternalId": "secret"}}})
    request = Request(USER, "ecr:BatchGetImage", REPOSITORY, OWN)
    decision = evaluate(request, Policies(identity=[EVERYTHING], resource=trust), resource_must_allow=True)
    assert decision.counterfactual("sts:ExternalId").value == "secret"
