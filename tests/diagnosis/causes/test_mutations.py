"""Each of the article's policies, and each way of getting it slightly wrong: the causes agree with the evaluation.

Whoever is refused has a cause, whoever is let in has none; and making just the changes that the causes name (a
condition that fails taken out, an action put in, a statement that is missing added, a Deny taken out) lets the party
through.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from labkit.diagnosis.case import Case
from labkit.diagnosis.causes import find
from labkit.diagnosis.facts import REPOSITORY_POLICY, Document, Facts
from labkit.diagnosis.result import CALLER_SIDE, CAN, LAMBDA_SIDE, Cause
from labkit.pull import policies
from tests.diagnosis.causes.given import (
    ORGANIZATION,
    OTHER,
    PATH,
    PULLS,
    REGISTRY,
    WORKLOAD,
    across,
    document,
    within,
)

Document_ = dict[str, Any]
ARTICLE = {
    "same account": policies.same_account(),
    "added by Lambda": json.loads(policies.lambda_added_policy("eu-central-1", REGISTRY)),
    "across accounts": policies.cross_account(WORKLOAD),
    "organization": policies.organization(ORGANIZATION),
    "organization paths": policies.organization_paths(f"{PATH}*"),
}
PRINCIPALS = (
    "*",
    {"AWS": "*"},
    {"AWS": OTHER},
    {"AWS": [WORKLOAD, OTHER]},
    {"AWS": f"arn:aws:iam::{WORKLOAD}:role/Deployer"},
    {"AWS": f"arn:aws:iam::{WORKLOAD}:role/Other"},
    {"AWS": "AROADELETEDDELETED01"},
    {"Service": "lambda.amazonaws.com"},
    {"Service": "edgelambda.amazonaws.com"},
    {"Service": "lambda.amazonaws.com", "AWS": f"arn:aws:iam::{WORKLOAD}:root"},
)
ACTIONS = (
    PULLS[0],
    PULLS[1],
    "ecr:*",
    "*",
    "ecr:BatchGet*",
    ["ecr:BatchGetImages", PULLS[1]],
    [PULLS[0], "ecr:GetDownloadURLForLayers"],
    "ecr:PutImage",
    ["ECR:BATCHGETIMAGE", "ecr:GetDownloadUrlForLaye?"],
)
CONDITIONS: tuple[tuple[str, str, Any], ...] = tuple(
    (operator, key, value)
    for key, values in {
        "aws:SourceArn": (
            f"arn:aws:lambda:*:{WORKLOAD}:function:*",
            f"arn:aws:lambda:eu-central-1:{WORKLOAD}:function:f",
            f"arn:aws:lambda:us-east-1:{WORKLOAD}:function:*",
            f"arn:aws:lambda:*:{OTHER}:function:*",
            f"arn:aws:iam::{WORKLOAD}:role/f",
            "*",
        ),
        "aws:PrincipalArn": (f"arn:aws:iam::{WORKLOAD}:role/Deployer", "arn:aws:iam::*:role/Other"),
    }.items()
    for value in values
    for operator in ("StringEquals", "StringLike", "ArnLike", "ArnEquals", "StringNotLike", "ArnNotEquals")
) + tuple(
    (operator, key, value)
    for key, values in {
        "aws:SourceAccount": (WORKLOAD, OTHER, "5924*", "${aws:SourceAccount}"),
        "aws:PrincipalAccount": (WORKLOAD, OTHER),
        "aws:SourceOrgID": (ORGANIZATION, "o-anotherorgid", "o-*"),
        "aws:PrincipalOrgID": (ORGANIZATION, "o-anotherorgid", "o-*"),
        "aws:SourceOrgPaths": (f"{PATH}*", PATH, PATH[:-1], "r-ab12/*", "o-anotherorgid/*"),
        "aws:PrincipalOrgPaths": (f"{PATH}*", PATH, PATH[:-1], "r-ab12/*", "o-anotherorgid/*"),
        "aws:SourceIp": ("203.0.113.0/24",),
        "aws:SecureTransport": ("true", "false"),
    }.items()
    for value in values
    for operator in (
        *("StringEquals", "StringLike", "StringNotEquals", "StringEqualsIfExists", "Null", "Bool"),
        *("ForAnyValue:StringLike", "ForAnyValue:StringEquals", "ForAllValues:StringLike"),
    )
)


def changed(content: Document_, place: int, **elements: Any) -> Document_:
    found = json.loads(json.dumps(content))
    found["Statement"][place].update(elements)
    return found


def mutations(content: Document_) -> Iterator[Document_]:
    """The document with one thing changed: an effect, a principal, actions, a condition; a statement gone or more."""
    yield content
    yield {**content, "Version": "2008-10-17" if content["Version"] == "2012-10-17" else "2012-10-17"}
    for place, statement in enumerate(content["Statement"]):
        yield changed(content, place, Effect="Deny")
        yield {**content, "Statement": [*content["Statement"], {**statement, "Effect": "Deny", "Principal": "*"}]}
        yield {**content, "Statement": [each for each in content["Statement"] if each is not statement]}
        yield from (changed(content, place, Principal=each) for each in PRINCIPALS)
        yield from (changed(content, place, Action=each) for each in ACTIONS)
        yield changed(content, place, Condition={})
        for operator, key, value in CONDITIONS:
            yield changed(content, place, Condition={operator: {key: value}})


def all_of(content: Document_) -> list[Document_]:
    return [each for each in mutations(content) if each["Statement"]]


def healed(content: Document_, causes: Sequence[Cause]) -> Document_:
    """The document with what the causes name changed, and nothing else."""
    found = json.loads(json.dumps(content))
    gone = []
    for cause in causes:
        if cause.statement is None or cause.id in ("wrong-service-principal", "principal-recreated"):
            whom = {"Service": policies.LAMBDA} if cause.party == LAMBDA_SIDE else {"AWS": WORKLOAD}
            found["Statement"].append({"Effect": "Allow", "Principal": whom, "Action": PULLS})
            continue
        statement = found["Statement"][cause.statement]
        if cause.id == "explicit-deny":
            gone.append(statement)
        elif cause.key:
            for keys in statement["Condition"].values():
                keys.pop(cause.key, None)
        else:
            listed = statement["Action"]
            statement["Action"] = [*(listed if isinstance(listed, list) else [listed]), *PULLS]
    found["Statement"] = [each for each in found["Statement"] if each not in gone]
    return found


def having(facts: Facts, content: Document_) -> Facts:
    return facts.having(repository_policy=document(REPOSITORY_POLICY, content))


def let_in(facts: Facts, party: str) -> bool:
    decision = Case(facts).decision
    assert decision is not None
    return all(each.allowed for each in (decision.service if party == LAMBDA_SIDE else decision.caller))


@pytest.mark.parametrize("name", ARTICLE)
@pytest.mark.parametrize("given", [across, within], ids=["across accounts", "in one account"])
def test_whoever_is_refused_has_causes_that_heal_and_whoever_is_let_in_has_none(name: str, given: Any) -> None:
    for content in all_of(ARTICLE[name])[:: 2 if given is across else 7]:
        facts = given(content)
        case = Case(facts)
        found = [each for each in find(case) if each.stops == "pull" and each.id != "caller-cannot-add"]
        for party in (LAMBDA_SIDE, CALLER_SIDE) if given is across else (LAMBDA_SIDE,):
            own = [each for each in found if each.party == party]
            verdict, said = case.parties[party].verdict, f"{party} of {json.dumps(content)}: {own}"
            assert all(isinstance(each.where.kind, str) for each in own)
            if verdict == CAN:
                assert not own, said
            elif verdict == "cannot":
                assert own, said
            if own:
                assert let_in(having(facts, healed(content, own)), party), said


def test_there_are_thousands_of_ways() -> None:
    assert sum(len(all_of(each)) for each in ARTICLE.values()) > 1_000


def test_what_aws_refuses_to_store_gets_no_other_cause() -> None:
    for content in all_of(ARTICLE["across accounts"])[::7]:
        text = json.dumps({**content, "Statement": [{**each, "Resource": "*"} for each in content["Statement"]]})
        given = Document(REPOSITORY_POLICY, REGISTRY, "lambda-test", text)
        assert {each.id for each in find(Case(across(repository_policy=given)))} == {"policy-not-accepted"}
