"""What the check says of a condition without its key is what the policy engine decides."""

from __future__ import annotations

import json

import pytest

from labkit.check import DOCUMENT_KINDS
from labkit.check.located import LocatedStatement
from labkit.iam import CheckEffect, CheckKind, Policies, Policy, Principal, Request, evaluate
from labkit.iam.operators import OPERATORS

VALUES = {"Numeric": "1", "Date": "2026-01-01T00:00:00Z", "Bool": "true", "IpAddress": "203.0.113.0/24"}
VALUES |= {"NotIpAddress": "203.0.113.0/24", "Arn": "arn:aws:iam::592444418872:role/R", "Binary": "YQ=="}
WRITTEN = [
    f"{quantifier}{name}{ending}"
    for quantifier in ("", "ForAnyValue:", "ForAllValues:")
    for name in OPERATORS
    for ending in ("", "IfExists")
]


@pytest.mark.parametrize("operator", WRITTEN)
def test_a_condition_holds_without_its_key_where_the_check_says_so(operator: str):
    name = operator.rpartition(":")[2]
    value = next((VALUES[family] for family in VALUES if name.startswith(family)), "x")
    deny = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {operator: {"aws:PrincipalTag/team": value}}}
    [condition] = LocatedStatement(DOCUMENT_KINDS["identity"], "2012-10-17", deny, "").conditions
    policy = Policy.parse(json.dumps({"Version": "2012-10-17", "Statement": [deny]}))
    user = Principal.aws("arn:aws:iam::592444418872:user/alice")
    decision = evaluate(Request(user, "ecr:DescribeRegistry", "*"), Policies(identity=(policy,)))
    denied = any(
        check.kind is CheckKind.PRINCIPAL and check.effect is CheckEffect.EXPLICIT_DENY for check in decision.checks
    )
    assert denied is condition.holds_when_absent
