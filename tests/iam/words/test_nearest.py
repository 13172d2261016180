"""The nearest miss: which statement came closest, and what would have to change."""

from __future__ import annotations

from labkit.iam import Policies, Policy, Request, evaluate
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
    assert miss.change == 'add "Bool": {"aws:PrincipalIsAWSService": "false"} to Org, which spares services'
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


def test_a_deny_on_a_key_of_a_service_that_nobody_knows_is_to_spare_services():
    deny = {
        "Sid": "D",
        "Effect": "Deny",
        "Principal": "*",
        "Condition": {"StringEquals": {"aws:PrincipalAccount": "1"}},
    }
    request = Request(LAMBDA, "ecr:BatchGetImage", REPOSITORY, unknown=frozenset({"aws:principalaccount"}))
    found = evaluate(request, Policies(resource=statements({"Principal": "*"}, deny))).nearest_miss
    assert found.change == 'add "Bool": {"aws:PrincipalIsAWSService": "false"} to D, which spares services'
