"""Denials and guard rails, the caller's own call, and texts that are no policies."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labkit.diagnosis.facts import (
    BOUNDARY,
    IDENTITY_POLICY,
    RCP,
    REGISTRY_POLICY,
    REPOSITORY_POLICY,
    SCP,
    SESSION_POLICY,
    TRUST_POLICY,
    VPC_ENDPOINT_POLICY,
    Document,
    Facts,
    Layer,
)
from labkit.diagnosis.result import CERTAIN, LIKELY, POSSIBLE
from labkit.pull import policies
from tests.diagnosis.causes.given import (
    EXECUTION_ROLE,
    ORGANIZATION,
    OTHER,
    PULLS,
    REGISTRY,
    WORKLOAD,
    across,
    allow,
    causes,
    deny,
    document,
    ids,
    layer,
    policy,
    within,
)

HEALTHY = policies.cross_account(WORKLOAD)
EVERYTHING = policy(allow("*"))
NOT_ECR = policy(allow("lambda:*"))
ELSEWHERE = {"StringNotEquals": {"aws:PrincipalOrgID": "o-anotherorgid"}}
UNLESS_SERVICE = {"Bool": {"aws:PrincipalIsAWSService": "false"}}
OUTSIDE = deny(
    "ecr:*",
    "*",
    Resource="*",
    Condition={
        "StringNotEqualsIfExists": {"aws:SourceOrgID": "o-anotherorgid"},
        "Bool": {"aws:PrincipalIsAWSService": "true"},
    },
)


def with_statement(statement: dict[str, Any]) -> dict[str, Any]:
    return {**HEALTHY, "Statement": [*HEALTHY["Statement"], statement]}


def healthy(**changes: Any) -> Facts:
    return across(HEALTHY, **changes)


def rcp(*statements: dict[str, Any]) -> tuple[Layer, ...]:
    return (Layer((document(RCP, policy(*statements), "", "guard"),)),)


def scp(*levels: Any) -> tuple[Layer, ...]:
    return tuple(layer(SCP, *each) for each in levels)


def registry(*statements: dict[str, Any]) -> Document:
    return document(REGISTRY_POLICY, policy(*statements))


DENIALS = (
    (
        "everyone outside another organization",
        across(with_statement(deny("ecr:*", "*", Condition=ELSEWHERE))),
        {"explicit-deny"},
        2,
    ),
    (
        "the same, services spared",
        across(with_statement(deny("ecr:*", "*", Condition={**ELSEWHERE, **UNLESS_SERVICE}))),
        {"explicit-deny"},
        1,
    ),
    (
        "only the second action",
        across(with_statement(deny(PULLS[1], {"Service": "lambda.amazonaws.com"}))),
        {"explicit-deny"},
        1,
    ),
    ("a Deny for others", across(with_statement(deny("ecr:*", {"AWS": OTHER}))), set(), 0),
    ("a Deny for pushing", across(with_statement(deny("ecr:PutImage", "*"))), set(), 0),
    (
        "addresses outside the office",
        across(with_statement(deny("ecr:*", "*", Condition={"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}))),
        {"explicit-deny"},
        1,
    ),
    (
        "the caller's identity policy",
        healthy(identity=layer(IDENTITY_POLICY, EVERYTHING, policy(deny("ecr:*")))),
        {"explicit-deny"},
        1,
    ),
    (
        "the registry's policy",
        healthy(registry_policy=registry(deny("ecr:*", "*", Resource="*"))),
        {"registry-policy"},
        2,
    ),
    ("an RCP for services", healthy(rcp=rcp(OUTSIDE)), {"rcp"}, 1),
    ("an RCP for all", healthy(rcp=rcp(deny("*", "*", Resource="*"))), {"rcp"}, 2),
    ("an SCP that denies", healthy(scp=scp([EVERYTHING, policy(deny("ecr:*"))])), {"scp"}, 1),
    ("an SCP that does not allow", healthy(scp=scp([EVERYTHING], [NOT_ECR])), {"scp"}, 1),
    ("SCPs at two levels", healthy(scp=scp([NOT_ECR], [EVERYTHING], [policy(deny("ecr:*"), allow("*"))])), {"scp"}, 2),
    ("a boundary", healthy(boundary=document(BOUNDARY, NOT_ECR, WORKLOAD, "limit")), {"boundary"}, 1),
    (
        "a boundary with half",
        healthy(boundary=document(BOUNDARY, policy(allow(["lambda:*", PULLS[0]])), WORKLOAD)),
        {"boundary"},
        1,
    ),
    ("a session policy", healthy(session=layer(SESSION_POLICY, NOT_ECR)), {"session-policy"}, 1),
    ("one of two session policies allows", healthy(session=layer(SESSION_POLICY, NOT_ECR, EVERYTHING)), set(), 0),
    (
        "all at once",
        across(
            policy(*HEALTHY["Statement"][1:]),
            rcp=rcp(OUTSIDE),
            scp=scp([NOT_ECR]),
            boundary=document(BOUNDARY, NOT_ECR, WORKLOAD),
            identity=layer(IDENTITY_POLICY, NOT_ECR),
        ),
        {"rcp", "scp", "boundary", "caller-statement-missing", "caller-identity"},
        5,
    ),
)


@pytest.mark.parametrize(("title", "facts", "expected", "number"), DENIALS, ids=[row[0] for row in DENIALS])
def test_each_document_in_the_way_is_named(title: str, facts: Facts, expected: set[str], number: int) -> None:
    assert ids(facts) == expected
    assert len(causes(facts)) == number


def test_a_denial_by_a_value_that_aws_does_not_document_is_likely() -> None:
    statement = deny("ecr:*", "*", Condition={"ArnNotLike": {"aws:PrincipalArn": f"arn:aws:iam::{WORKLOAD}:role/*"}})
    [cause] = causes(across(with_statement(statement)))
    assert (cause.id, cause.certainty, cause.party, cause.statement) == ("explicit-deny", LIKELY, "lambda", 2)
    positive = deny("ecr:*", "*", Condition={"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{OTHER}:role/*"}})
    assert causes(across(with_statement(positive))) == ()


def test_the_registrys_account_comes_before_the_callers() -> None:
    facts = across(
        with_statement(deny("ecr:*", "*")), identity=layer(IDENTITY_POLICY, EVERYTHING, policy(deny("ecr:*")))
    )
    assert [cause.where.account for cause in causes(facts)] == [REGISTRY, REGISTRY, WORKLOAD]


def test_in_one_account_a_denial_is_no_matter_of_adding_a_statement() -> None:
    admin = layer(IDENTITY_POLICY, EVERYTHING)
    assert ids(
        within(
            None,
            identity=admin,
            rcp=rcp(deny("*", "*", Resource="*", Condition={"Bool": {"aws:PrincipalIsAWSService": "true"}})),
        )
    ) == {"rcp"}
    denied = {**policies.same_account(), "Statement": [*policies.same_account()["Statement"], deny("ecr:*", "*")]}
    assert ids(within(denied, identity=admin)) == {"explicit-deny"}


# The call

TRUSTING_OTHERS = document(TRUST_POLICY, policies.account_trust(OTHER), WORKLOAD, "Execution")
ENDPOINT = document(VPC_ENDPOINT_POLICY, policy(allow("lambda:Invoke*", "*", Resource="*")), WORKLOAD, "vpce-1")
ASKED = {"question": {"execution_role": EXECUTION_ROLE}}
CALLS = (
    (
        "no right to create",
        healthy(identity=layer(IDENTITY_POLICY, policy(allow(["ecr:*", "lambda:Get*"])))),
        {"create-function-denied"},
    ),
    (
        "an SCP against creating",
        healthy(scp=scp([EVERYTHING, policy(deny("lambda:CreateFunction"))])),
        {"create-function-denied"},
    ),
    (
        "no right to update",
        healthy(
            question={"operation": "update"},
            identity=layer(IDENTITY_POLICY, policy(allow(["ecr:*", "lambda:CreateFunction"]))),
        ),
        {"create-function-denied"},
    ),
    (
        "no right to pass",
        healthy(**ASKED, identity=layer(IDENTITY_POLICY, policy(allow(["ecr:*", "lambda:*"])))),
        {"pass-role"},
    ),
    (
        "passing to another service",
        healthy(
            **ASKED,
            identity=layer(
                IDENTITY_POLICY,
                policy(
                    allow(["ecr:*", "lambda:*"]),
                    allow("iam:PassRole", Condition={"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}),
                ),
            ),
        ),
        {"pass-role"},
    ),
    (
        "a role of another account",
        healthy(question={"execution_role": EXECUTION_ROLE.replace(WORKLOAD, OTHER)}),
        {"pass-role"},
    ),
    ("a role that trusts others", healthy(**ASKED, trust=TRUSTING_OTHERS), {"role-not-assumable"}),
    ("a role that is not there", healthy(**ASKED, trust=None), {"role-not-assumable"}),
    ("an endpoint that lets others through", healthy(vpc_endpoint=ENDPOINT), {"vpc-endpoint"}),
    ("all in order", healthy(**ASKED), set()),
)


@pytest.mark.parametrize(("title", "facts", "expected"), CALLS, ids=[row[0] for row in CALLS])
def test_what_stops_the_call_itself_is_named(title: str, facts: Facts, expected: set[str]) -> None:
    assert ids(facts) == expected
    assert all(cause.stops == "call" for cause in causes(facts))


def test_policies_given_by_hand_that_name_no_action_of_lambda_may_be_only_a_part() -> None:
    given = Layer((Document(IDENTITY_POLICY, WORKLOAD, "ecr.json", json.dumps(policy(allow("ecr:*")))),))
    found = causes(healthy(**ASKED, identity=given))
    assert {cause.id: cause.certainty for cause in found} == {"create-function-denied": POSSIBLE, "pass-role": POSSIBLE}


# Documents

TEXTS = (
    ("a comma too many", '{"Version": "2012-10-17", "Statement": [],}', "policy-not-json"),
    ("no JSON at all", "Version: 2012", "policy-not-json"),
    ("empty", "", "policy-not-json"),
    ("a Resource", json.dumps(policy(allow("ecr:*", "*", Resource="*"))), "policy-not-accepted"),
    (
        "an operator's case",
        json.dumps(policy(allow("ecr:*", "*", Condition={"stringequals": {"aws:SourceOrgID": "o"}}))),
        "policy-not-accepted",
    ),
    ("a bare statement", json.dumps(allow("ecr:*", "*")), "policy-not-accepted"),
    ("too long", json.dumps(policy(*(allow("ecr:*", "*", Sid=f"s{n}") for n in range(400)))), "policy-not-accepted"),
)


@pytest.mark.parametrize(("title", "text", "expected"), TEXTS, ids=[row[0] for row in TEXTS])
def test_a_text_that_is_no_policy_gives_no_further_cause(title: str, text: str, expected: str) -> None:
    given = Document(REPOSITORY_POLICY, REGISTRY, "lambda-test", text)
    assert ids(across(repository_policy=given)) == {expected}
    others = across(repository_policy=given, identity=layer(IDENTITY_POLICY, NOT_ECR))
    assert ids(others) == {expected, "caller-identity"}


def test_what_aws_has_stored_is_taken_as_it_is() -> None:
    assert ids(across(policy(allow("ecr:*", "*", Resource="*")))) == set()


def test_texts_of_others_are_made_visible() -> None:
    facts = across(
        {**HEALTHY, "Statement": [{**each, "Sid": "\x1b[31m", "Action": PULLS[0]} for each in HEALTHY["Statement"]]}
    )
    found = causes(facts)
    assert found
    assert not any("\x1b" in text for cause in found for text in (cause.sentence, *cause.evidence))


def test_the_organization_that_a_deny_names_stands_in_its_evidence() -> None:
    [cause] = causes(
        across(
            with_statement(
                deny("ecr:*", {"AWS": "*"}, Condition={"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}})
            )
        )
    )
    assert any(f"aws:PrincipalOrgID is {ORGANIZATION}" in line for line in cause.evidence)


def test_denies_of_the_registrys_account_come_before_the_callers() -> None:
    own = layer(IDENTITY_POLICY, policy(allow("*"), deny("ecr:*")))
    perimeter = policy({**deny("ecr:*", "*"), "Resource": "*"})
    rcp = (Layer((document(RCP, perimeter, "", "perimeter"),)),)
    registry = document(REGISTRY_POLICY, perimeter)
    found = causes(across(policies.cross_account(WORKLOAD), identity=own, rcp=rcp, registry_policy=registry))
    assert [each.id for each in found] == [*["registry-policy"] * 2, *["rcp"] * 2, "explicit-deny"]


@pytest.mark.parametrize(
    ("field", "kind", "certainty", "party"),
    [
        ("identity", IDENTITY_POLICY, CERTAIN, "caller"),
        ("execution_identity", IDENTITY_POLICY, POSSIBLE, ""),
    ],
)
def test_a_text_that_is_no_policy_bars_only_whom_it_is_about(field: str, kind: str, certainty: str, party: str) -> None:
    broken = {field: Layer((Document(kind, WORKLOAD, "own", "{,}"),))}
    [cause] = causes(across(policies.cross_account(WORKLOAD), **broken))
    assert (cause.id, cause.certainty, cause.party) == ("policy-not-json", certainty, party)


def test_a_caller_who_is_not_asked_is_not_barred_by_a_text_that_is_no_policy() -> None:
    broken = Layer((Document(IDENTITY_POLICY, WORKLOAD, "own", "{,}"),))
    [cause] = causes(across(policies.cross_account(WORKLOAD), identity=broken, question={"operation": "restore"}))
    assert cause.certainty == POSSIBLE
