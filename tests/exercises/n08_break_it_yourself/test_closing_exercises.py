"""The exercises at the end of notebook 08: a mistake of one's own, and a Deny that spares AWS's services."""

from __future__ import annotations

import json

import pytest

from labkit import exercises
from labkit.pull import policies
from labkit.scenarios import prepare
from tests.exercises.writing import LAMBDA, PULL, allow, beside, deny, document


@pytest.fixture(scope="module")
def ready(lab):
    prepare(lab, "cross-account")
    return lab


def test_a_policy_that_refuses_lambda_only(ready):
    elsewhere = {"ArnLike": {"aws:SourceArn": f"arn:aws:lambda:xx-nowhere-1:{ready.workload.account}:function:*"}}
    callers = policies.cross_account(ready.workload.account)["Statement"][0]
    assert exercises.refuses_lambda_only(ready, document(callers, allow(LAMBDA, elsewhere))).solved
    assert exercises.refuses_lambda_only(ready, document(callers, allow(LAMBDA, Action=PULL[:1]))).solved
    assert exercises.refuses_lambda_only(ready, {}).held == 0
    for policy, reason in (
        (exercises.broken(ready, "explicit-deny"), "too easy"),
        (exercises.broken(ready, "wrong-account"), "may not pull"),
        (policies.cross_account(ready.workload.account), "Lambda may pull."),
        ({"Version": "2012-10-17", "Statement": policies.cross_account("1" * 12)["Statement"][:1]}, "No statement"),
    ):
        assert reason in exercises.refuses_lambda_only(ready, policy).reason


def test_ones_own_mistake_may_be_one_with_the_organization_or_its_paths(ready):
    for right in (policies.organization(ready.organization_id), policies.organization_paths(ready.organization_path)):
        text = json.dumps(right).replace("aws:SourceOrg", "aws:ResourceOrg")
        assert exercises.refuses_lambda_only(ready, text).solved


@pytest.mark.parametrize("name", ["wildcard", "principal-org-id"])
def test_a_mistake_that_stands_above_is_none_of_ones_own_however_it_is_spelled(ready, name):
    above = exercises.broken(ready, name)
    spelled = [{**each, "Sid": f"My{i}", "Action": PULL[::-1]} for i, each in enumerate(above["Statement"])]
    for policy in (above, json.dumps(above, indent=8), {**above, "Statement": spelled[::-1]}):
        verdict = exercises.refuses_lambda_only(ready, policy)
        assert (verdict.held, verdict.cases) == (5, 6)
        assert "stands above" in verdict.reason


def test_a_policy_that_ecr_would_not_store_does_not_count(ready):
    document = exercises.broken(ready, "wildcard")
    document["Statement"][1]["Resource"] = "*"
    assert exercises.refuses_lambda_only(ready, document).reason.startswith("ECR would not store it: ")


def test_a_deny_that_spares_services_is_kept_and_lets_the_organization_in(ready):
    document = exercises.broken(ready, "explicit-deny")
    assert not exercises.deny_that_spares_services(ready, document).solved
    document["Statement"][2]["Condition"]["Bool"] = {"aws:PrincipalIsAWSService": "false"}
    assert exercises.deny_that_spares_services(ready, document).solved
    without = exercises.deny_that_spares_services(ready, policies.organization(ready.organization_id))
    assert without.reason == "There is no Deny in it any more."


@pytest.mark.parametrize(
    "deny",
    [
        {"Principal": "*", "Action": "ecr:PutImage"},
        {"Principal": {"AWS": "111111111111"}, "Action": PULL},
        {"Principal": {"AWS": "999999999999"}, "Action": PULL},
        {"Principal": {"Service": "lambda.amazonaws.com"}, "Action": "ecr:DeleteRepository"},
    ],
)
def test_a_deny_that_does_not_stop_those_from_outside_does_not_count(ready, deny):
    policy = policies.organization(ready.organization_id)
    policy["Statement"].append({"Effect": "Deny", **deny})
    verdict = exercises.deny_that_spares_services(ready, policy)
    assert not verdict.solved
    assert verdict.reason.startswith("The Deny does not stop the caller for functions of ")


def test_a_deny_that_stops_lambda_for_those_from_outside_does_not_spare_services(ready):
    policy = exercises.broken(ready, "explicit-deny")
    condition = policy["Statement"][2]["Condition"]
    condition["Bool"] = {"aws:PrincipalIsAWSService": "false"}
    outside = {"StringNotEquals": {"aws:SourceOrgID": ready.organization_id}}
    policy["Statement"].append(allow(LAMBDA, outside, Effect="Deny"))
    verdict = exercises.deny_that_spares_services(ready, policy)
    assert (verdict.held, verdict.cases) == (6, 7)
    assert verdict.reason.startswith("The Deny also stops Lambda")


def test_a_deny_for_the_accounts_that_the_check_names_does_not_stop_the_others(lab):
    outside = deny({"StringEquals": {"aws:PrincipalAccount": ["999999999999", "888888888888"]}})
    verdict = exercises.deny_that_spares_services(lab, beside(policies.organization(lab.organization_id), outside))
    assert not verdict.solved
    assert verdict.reason.startswith("The Deny does not stop the caller for functions of ")
