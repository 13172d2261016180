"""Identity policies that reach another repository, or give more to somebody; and right ones, unusually written."""

from __future__ import annotations

import json

import pytest

from labkit import exercises
from tests.exercises.writing import PULL, beside, document, identity, repository

CALLS = ["ecr:DescribeRepositories", "ecr:ListTagsForResource", "ecr:DeleteRepository"]
ADDING = ["ecr:GetRepositoryPolicy", "ecr:SetRepositoryPolicy"]


@pytest.mark.parametrize(
    ("exercise", "actions", "name"),
    [
        (exercises.lets_lambda_add, ADDING, "lambda-same-account"),
        (exercises.least_caller, PULL, "lambda-another-account"),
        (exercises.least_cleaner, CALLS, "lambda-another-account"),
    ],
    ids=["02.2", "03.2", "06.1"],
)
class TestIdentityPolicies:
    @pytest.mark.parametrize(
        "wider",
        [
            lambda arn: [arn, arn.replace("eu-central-1", "us-east-1")],
            lambda arn: arn.replace("eu-central-1", "*"),
            lambda arn: arn.replace("eu-central-1", "eu-*"),
            lambda arn: arn.replace("813835382529", "8138*"),
            lambda arn: arn.replace("/lambda-", "/*lambda-"),
            lambda arn: f"{arn[:-1]}?",
            lambda arn: [arn, arn.replace("lambda-", "team/lambda-")],
        ],
        ids=["region", "any region", "some regions", "accounts", "before", "one character", "nested"],
    )
    def test_any_other_repository_is_too_much(self, lab, exercise, actions, name, wider):
        resource = wider(repository(lab, name))
        verdict = exercise(lab, document({"Effect": "Allow", "Action": actions, "Resource": resource}))
        assert not verdict.solved
        assert verdict.reason.endswith("and must not.")

    def test_more_for_whoever_has_a_tag_is_too_much(self, lab, exercise, actions, name):
        more = {"Condition": {"StringEquals": {"aws:PrincipalTag/team": "a"}}}
        wide = {"Effect": "Allow", "Action": "ecr:*", "Resource": "*", **more}
        verdict = exercise(lab, beside(identity(*actions, resource=repository(lab, name)), wide))
        assert not verdict.solved
        assert verdict.reason.startswith("With aws:principaltag/team: The role is allowed to call ")

    @pytest.mark.parametrize(
        "spelled",
        [
            lambda actions, arn: document(*({"Effect": "Allow", "Action": each, "Resource": arn} for each in actions)),
            lambda actions, arn: document({"Effect": "Allow", "Action": actions[::-1], "Resource": [arn]}),
            lambda actions, arn: json.dumps(identity(*actions, resource=arn)).replace('"ecr:', '"ECR:'),
            lambda actions, arn: document(
                {"Effect": "Allow", "Action": actions, "Resource": "*"},
                {"Effect": "Deny", "Action": "ecr:*", "NotResource": arn},
            ),
            lambda actions, arn: document(
                {
                    "Effect": "Allow",
                    "Action": actions,
                    "Resource": arn.replace("eu-central-1", "*"),
                    "Condition": {"StringEquals": {"aws:RequestedRegion": "eu-central-1"}},
                }
            ),
        ],
        ids=["statements", "lists", "any case", "a Deny elsewhere", "the region by its key"],
    )
    def test_the_same_in_another_way_is_solved(self, lab, exercise, actions, name, spelled):
        verdict = exercise(lab, spelled(actions, repository(lab, name)))
        assert verdict.solved, verdict
