"""A statement that denies is narrowed so that it spares this party and goes on denying everybody else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labkit.diagnosis import facts as f
from labkit.diagnosis.facts import Layer
from labkit.diagnosis.result import LAMBDA_SIDE, Cause
from labkit.iam import Policies, Policy, Principal, Request, evaluate
from labkit.pull import policies
from tests.diagnosis.fixing.made import REGISTRY, STRANGER, WORKLOAD, caller, callers, cause, document, facts, fixed

ARN = f"arn:aws:ecr:eu-central-1:{REGISTRY}:repository/app"
OURS = f"arn:aws:iam::{REGISTRY}:role/Admin"
DENY = {"Sid": "Deny", "Effect": "Deny", "Principal": "*", "Action": "ecr:*"}


def with_deny(**elements: Any) -> dict[str, Any]:
    made = policies.cross_account(WORKLOAD)
    statement = {**DENY, **elements}
    if "NotPrincipal" in elements:
        del statement["Principal"]
    made["Statement"].append(statement)
    return made


SERVICE = {"Principal": {"Service": policies.LAMBDA}}
OTHERS = {"StringNotEquals": {"aws:PrincipalOrgID": "o-exampleorgid"}}
BOTH = [cause("explicit-deny", statement=2), callers("explicit-deny", 2)]
DENIES: dict[str, tuple[dict[str, Any], list[Cause]]] = {
    "a network": ({"Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}}, BOTH),
    "a network, by Null": ({"Condition": {"Null": {"aws:SourceVpce": "true"}}}, BOTH),
    "an organization's principals": (
        {"Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-exampleorgid"}}},
        BOTH,
    ),
    "everybody but some": ({"NotPrincipal": {"AWS": [f"arn:aws:iam::{REGISTRY}:root", OURS]}}, BOTH),
    "all functions but some accounts'": (
        {
            "Principal": {"Service": policies.LAMBDA},
            "Condition": {"StringNotEquals": {"aws:SourceAccount": [STRANGER]}},
        },
        BOTH[:1],
    ),
    "some accounts' functions": (
        {
            "Principal": {"Service": policies.LAMBDA},
            "Condition": {"StringEquals": {"aws:SourceAccount": [STRANGER, WORKLOAD]}},
        },
        BOTH[:1],
    ),
    "Lambda": (SERVICE, BOTH[:1]),
    "Lambda among services": ({"Principal": {"Service": ["ecs.amazonaws.com", policies.LAMBDA]}}, BOTH[:1]),
    "the caller among others": (
        {"Principal": {"AWS": [caller().arn, f"arn:aws:iam::{STRANGER}:root"]}},
        BOTH[1:],
    ),
    "all but some principals, by ARN": ({"Condition": {"ArnNotEquals": {"aws:PrincipalArn": OURS}}}, BOTH),
    "insecure transport and everything": ({"Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]}, BOTH),
}


def is_denied(text: str, who: Principal, **context: str) -> bool:
    request = Request(who, "ecr:BatchGetImage", ARN, REGISTRY, context)
    return not evaluate(request, Policies(identity=[Policy.parse(EVERYTHING)], resource=Policy.parse(text))).allowed


EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


@pytest.mark.parametrize(("deny", "causes"), DENIES.values(), ids=DENIES)
def test_a_deny_spares_the_party_and_nobody_else(deny: dict[str, Any], causes: list[Cause]):
    policy = with_deny(**deny)
    found = fixed(facts(policy), *causes)
    (change,) = found.changes
    after = json.loads(change.after)["Statement"]
    assert found.proved
    assert change.guard_rail
    assert after[:2] == policy["Statement"][:2]
    assert after[2]["Effect"] == "Deny"
    assert is_denied(change.after, Principal.aws(f"arn:aws:iam::{STRANGER}:role/Somebody"))


def test_only_the_named_party_is_spared():
    found = fixed(facts(with_deny(Condition={"StringNotEquals": {"aws:SourceVpce": "vpce-1"}})), *BOTH)
    text = found.changes[0].after
    other = Principal.aws(f"arn:aws:iam::{WORKLOAD}:role/Other")
    assert is_denied(text, other, **{"aws:PrincipalArn": other.arn})
    service = Principal.service("ecs-tasks.amazonaws.com")
    assert is_denied(text, service, **{"aws:PrincipalServiceName": service.name})


def level(*documents: Any) -> Layer:
    return Layer(documents)


FULL = document(f.SCP, "", "FullAWSAccess", EVERYTHING)
LIMITS: dict[str, tuple[dict[str, Any], Cause]] = {
    "an SCP that denies": (
        {"scp": (level(FULL, document(f.SCP, "", "NoEcr", {"Version": "2012-10-17", "Statement": [
            {"Effect": "Deny", "Action": "ecr:*", "Resource": "*"}]})),)},
        callers("scp", 0, kind=f.SCP, account="", name="NoEcr"),
    ),
    "an SCP that denies all but some actions": (
        {"scp": (level(FULL, document(f.SCP, "", "Some", {"Version": "2012-10-17", "Statement": [
            {"Effect": "Deny", "NotAction": ["lambda:*", "iam:*"], "Resource": "*"}]})),)},
        callers("scp", 0, kind=f.SCP, account="", name="Some"),
    ),
    "SCPs that allow too little": (
        {"scp": (level(FULL), level(document(f.SCP, "", "Some", {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": ["lambda:*", "iam:*"], "Resource": "*"}]})))},
        callers("scp", kind=f.SCP, account="", name="Some"),
    ),
    "an RCP": (
        {"rcp": (level(document(f.RCP, "", "Perimeter", {"Version": "2012-10-17", "Statement": [
            {"Effect": "Deny", "Principal": "*", "Action": "ecr:*", "Resource": "*",
             "Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-exampleorgid"},
                           "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}}]})),)},
        callers("rcp", 0, kind=f.RCP, account="", name="Perimeter"),
    ),
    "a boundary that allows too little": (
        {"boundary": document(f.BOUNDARY, WORKLOAD, "Limit", {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": ["lambda:*", "iam:*"], "Resource": "*"}]})},
        callers("boundary", kind=f.BOUNDARY, account=WORKLOAD, name="Limit"),
    ),
    "a session policy that allows too little": (
        {"session": Layer((document(f.SESSION_POLICY, WORKLOAD, "session", {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": ["lambda:*", "iam:*"], "Resource": "*"}]}),))},
        callers("session-policy", kind=f.SESSION_POLICY, account=WORKLOAD, name="session"),
    ),
    "a registry policy that denies Lambda": (
        {"registry_policy": document(f.REGISTRY_POLICY, REGISTRY, REGISTRY, {"Version": "2012-10-17", "Statement": [
            {"Effect": "Deny", "Principal": {"Service": policies.LAMBDA}, "Action": "ecr:*", "Resource": "*"}]})},
        cause("registry-policy", LAMBDA_SIDE, 0, kind=f.REGISTRY_POLICY, name=REGISTRY),
    ),
    "an endpoint's policy": (
        {"vpc_endpoint": document(f.VPC_ENDPOINT_POLICY, WORKLOAD, "vpce-1", {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "lambda:Invoke*", "Resource": "*"}]})},
        callers("vpc-endpoint", kind=f.VPC_ENDPOINT_POLICY, account=WORKLOAD, name="vpce-1"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("known", "why"), LIMITS.values(), ids=LIMITS)
def test_a_document_that_limits_lets_the_request_through(known: dict[str, Any], why: Cause):
    found = fixed(facts(policies.cross_account(WORKLOAD), **known), why)
    (change,) = found.changes
    assert (change.kind, change.name) == (why.where.kind, why.where.name)
    assert found.proved
    assert change.guard_rail is (change.kind in f.GUARD_RAILS or "Deny" in change.after)
