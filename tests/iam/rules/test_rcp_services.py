"""Which actions resource control policies reach."""

from __future__ import annotations

import pytest

from labkit.iam.rules.rcp_services import LISTED_ON, RCP_SERVICES, reaches

REACHED = [
    "ecr:BatchGetImage",
    "ECR:batchgetimage",
    "ecr-public:PutImage",
    "s3:GetObject",
    "sts:AssumeRole",
    "kms:Decrypt",
]
LEFT_ALONE = ["lambda:InvokeFunction", "sns:Publish", "iam:GetRole", "ec2:RunInstances", "kms:RetireGrant", ""]


@pytest.mark.parametrize("action", REACHED)
def test_actions_of_listed_services_are_reached(action):
    assert reaches(action)


@pytest.mark.parametrize("action", LEFT_ALONE)
def test_actions_of_other_services_are_left_alone(action):
    assert not reaches(action)


def test_the_list_has_a_day_and_is_of_the_size_that_aws_publishes():
    assert LISTED_ON == "2026-09-26"
    assert 55 <= len(RCP_SERVICES) <= 70
    assert all(name == name.lower() and ":" not in name for name in RCP_SERVICES)
