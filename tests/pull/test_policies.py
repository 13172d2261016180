"""The article's policies, and the policy that Lambda adds by itself."""

from __future__ import annotations

import json

import pytest

from labkit.iam import Policy
from labkit.pull import policies
from labkit.pull.stored_policy import rewritten

ADDED = """{
  "Statement": [
    {
      "Condition": {
        "StringLike": {
          "aws:sourceArn": "arn:aws:lambda:eu-central-1:813835382529:function:*"
        }
      },
      "Action": [
        "ecr:BatchGetImage",
        "ecr:DeleteRepositoryPolicy",
        "ecr:GetDownloadUrlForLayer",
        "ecr:GetRepositoryPolicy",
        "ecr:SetRepositoryPolicy"
      ],
      "Principal": {
        "Service": [
          "lambda.amazonaws.com"
        ]
      },
      "Effect": "Allow",
      "Sid": "LambdaECRImageRetrievalPolicy"
    }
  ],
  "Version": "2008-10-17"
}"""


def test_lambda_adds_byte_for_byte_the_policy_that_the_article_found():
    assert policies.lambda_added_policy("eu-central-1", "813835382529") == ADDED


def test_adding_to_no_policy_gives_the_policy_that_the_article_found():
    assert policies.add_lambda_statement(None, "eu-central-1", "813835382529") == ADDED


@pytest.mark.parametrize("as_list", [True, False])
def test_adding_to_a_policy_keeps_its_version_and_statements_and_appends(as_list):
    statement = {"Sid": "Mine", "Effect": "Deny", "Principal": "*", "Action": "ecr:PutImage"}
    existing = {"Version": "2012-10-17", "Statement": [statement] if as_list else statement}
    after = json.loads(policies.add_lambda_statement(json.dumps(existing), "eu-central-1", "813835382529"))
    assert after["Version"] == "2012-10-17"
    assert after["Statement"] == [statement, json.loads(ADDED)["Statement"][0]]


@pytest.mark.parametrize("stored", [ADDED, rewritten(ADDED)])
def test_a_policy_that_has_the_statement_already_stays_as_it_is(stored):
    assert policies.add_lambda_statement(stored, "eu-central-1", "813835382529") == stored


@pytest.mark.parametrize(
    "document",
    [
        policies.same_account(),
        policies.cross_account("592444418872"),
        policies.cross_account("592444418872", "444455556666"),
        policies.organization("o-exampleorgid"),
        policies.organization_paths("o-exampleorgid/*"),
        policies.lambda_trust(),
        policies.account_trust("592444418872"),
    ],
)
def test_every_policy_is_one_that_the_engine_reads(document):
    assert Policy.parse(document).statements


def test_the_service_statement_carries_source_keys_and_the_callers_principal_keys():
    caller, service = policies.organization("o-exampleorgid")["Statement"]
    assert caller["Condition"] == {"StringEquals": {"aws:PrincipalOrgID": "o-exampleorgid"}}
    assert service["Condition"] == {"StringEquals": {"aws:SourceOrgID": "o-exampleorgid"}}


def test_policies_are_new_each_time_so_that_changing_one_changes_no_other():
    policies.same_account()["Statement"][0]["Action"].append("ecr:*")
    assert policies.same_account()["Statement"][0]["Action"] == list(policies.PULL_ACTIONS)
