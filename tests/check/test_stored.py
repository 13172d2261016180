"""Documents that AWS does not store are said to be such, whichever kind of policy they stand for.

Sources: IAM User Guide, "Principal", "Sid", and the errors of the IAM Access Analyzer policy check reference.
"""

from __future__ import annotations

import pytest

from labkit.check.stored import refusals
from labkit.iam import Policies, Principal, Request

ANN = Principal.aws("arn:aws:iam::111122223333:user/ann")
OBJECT = "arn:aws:s3:::bucket/key"
ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}
GRANT = {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "s3:*", "Resource": "*"}


def refused(kind: str, *statements: dict, action: str = "s3:GetObject", levels: bool = False) -> list[str]:
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    policies = Policies.from_json({kind: [[document]] if levels else document})
    return refusals(Request(ANN, action, OBJECT), policies)


def under(condition: dict) -> dict:
    return {**ALL, "Condition": {"StringEquals": condition}}


@pytest.mark.parametrize(
    ("kind", "statements"),
    [
        ("resource", [{**GRANT, "Principal": {"AWS": "arn:aws:sts::111122223333:assumed-role/app/*"}}]),
        ("resource", [{**GRANT, "Principal": {"AWS": "arn:aws:iam::111122223333:role/*"}}]),
        ("resource", [{**GRANT, "Principal": {"Service": "*.amazonaws.com"}}]),
        ("identity", [{**ALL, "Principal": "*"}]),
        ("identity", [{**ALL, "Sid": "A"}, {**ALL, "Sid": "A", "Action": "s3:*"}]),
        ("identity", [{**ALL, "Action": "ec*:Get*"}]),
        ("identity", [under({"aws:PrincipalTag/a": "1", "AWS:principaltag/A": "1"})]),
        ("identity", [under({"s3:prefix": "${ aws:username }"})]),
        ("identity", [under({"s3:prefix": "a${aws:username"})]),
        ("identity", [under({"s3:prefix": "${}"})]),
        ("identity", [under({"s3:prefix": "${aws:PrincipalTag/team, yellow}"})]),
        ("boundary", [{**ALL, "Principal": "*"}]),
        ("session", [{**ALL, "Principal": "*"}]),
        ("registry", [{**GRANT, "Action": "s3:*"}]),
        ("vpc_endpoint", [{**GRANT, "Principal": {"AWS": "arn:aws:iam::111122223333:role/*"}}]),
    ],
)
def test_what_aws_refuses_is_said(kind, statements):
    [sentence] = refused(kind, *statements)
    assert sentence.startswith(f"AWS would not store the {kind} policy as ")


@pytest.mark.parametrize(
    ("kind", "statement"),
    [("identity", ALL), ("boundary", ALL), ("session", ALL), ("resource", GRANT), ("vpc_endpoint", GRANT)],
)
def test_what_aws_takes_is_not_spoken_of(kind, statement):
    assert refused(kind, statement) == []


def test_policies_of_organizations_are_looked_at_level_by_level():
    assert refused("scp", ALL, levels=True) == []
    assert refused("scp", {**ALL, "Principal": "*"}, levels=True)[0].startswith(
        "AWS would not store the scp at level 1"
    )
    assert refused("rcp", {**GRANT, "Effect": "Deny", "Principal": "*"}, levels=True) == []
    assert len(refused("rcp", GRANT, levels=True)) == 1


def test_a_resource_policy_is_looked_at_as_what_the_action_makes_it():
    trust = {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole"}
    assert refused("resource", trust, action="sts:AssumeRole") == []
    assert refused("resource", GRANT, action="sts:AssumeRole")[0].startswith(
        "AWS would not store the resource policy as a role's trust policy: "
    )
    assert refused("resource", GRANT, action="ecr:BatchGetImage")[0].startswith(
        "AWS would not store the resource policy as an ECR repository policy: "
    )
