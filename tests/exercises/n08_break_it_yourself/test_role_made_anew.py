"""The case of notebook 08 in which a role was deleted and made anew."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from labkit import exercises
from labkit.aws import roles
from labkit.exercises.n08_break_it_yourself.role_made_anew import DEPLOYER
from labkit.pull import policies
from labkit.scenarios import prepare

REPOSITORY = "lambda-another-account"


@pytest.fixture
def ready(lab) -> Iterator[object]:
    """The scenario for two accounts, and the role."""
    prepare(lab, "cross-account")
    iam = lab.workload.client("iam")
    roles.ensure(iam, DEPLOYER, policies.account_trust(lab.workload.account), "break-it-yourself")
    yield lab
    roles.delete(iam, DEPLOYER)


def save(lab, principal: str, *, with_lambda: bool = True) -> None:
    """Set the policy that names somebody in place of the account."""
    document = policies.cross_account(lab.workload.account)
    document["Statement"][0]["Principal"] = {"AWS": principal}
    kept = document["Statement"] if with_lambda else document["Statement"][:1]
    text = json.dumps({**document, "Statement": kept})
    lab.registry.client("ecr").set_repository_policy(repositoryName=REPOSITORY, policyText=text)


def test_a_role_made_anew_is_let_in_once_the_policy_is_saved_with_its_name_again(ready) -> None:
    arn = f"arn:aws:iam::{ready.workload.account}:role/{DEPLOYER}"
    iam = ready.workload.client("iam")
    save(ready, arn)
    assert exercises.repaired_principal(ready).solved
    roles.delete(iam, DEPLOYER)
    roles.ensure(iam, DEPLOYER, policies.account_trust(ready.workload.account), "break-it-yourself")
    assert "Principal still has AROA" in exercises.repaired_principal(ready).reason
    save(ready, arn)
    assert exercises.repaired_principal(ready).solved


def test_the_repair_opens_no_more_than_the_policy_did(ready) -> None:
    save(ready, ready.workload.account)
    assert "Any role of" in exercises.repaired_principal(ready).reason
    save(ready, f"arn:aws:iam::{ready.workload.account}:role/{DEPLOYER}", with_lambda=False)
    assert "Lambda may not pull" in exercises.repaired_principal(ready).reason
    ready.registry.client("ecr").delete_repository_policy(repositoryName=REPOSITORY)
    assert exercises.repaired_principal(ready).held == 0
