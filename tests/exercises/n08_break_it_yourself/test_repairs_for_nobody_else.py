"""Repairs of notebook 08 let in whom they mean, and nobody else."""

from __future__ import annotations

import json

import pytest

from labkit import exercises
from labkit.pull import policies
from labkit.scenarios import prepare
from tests.exercises.writing import ELSE, LAMBDA, allow, beside, document, places, root, unit

MISTAKES = {
    "path-without-end": (
        lambda lab: places([f"{unit(lab)[:-1]}*"]),
        lambda lab: places([unit(lab), f"{unit(lab)}ou-*"]),
    ),
    "wildcard": (
        lambda lab: policies.cross_account(lab.workload.account, ELSE),
        lambda lab: document(
            allow({"AWS": [lab.workload.account]}),
            allow(LAMBDA, {"StringEquals": {"aws:SourceAccount": lab.workload.account}}),
        ),
    ),
    "wrong-account": (
        lambda lab: policies.cross_account(lab.workload.account, lab.registry.account),
        lambda lab: document(*policies.cross_account(lab.workload.account)["Statement"][::-1]),
    ),
    "principal-org-id": (
        lambda lab: beside(policies.organization(lab.organization_id), *policies.cross_account(ELSE)["Statement"]),
        lambda lab: places([f"{root(lab)}*"]),
    ),
}


@pytest.fixture
def ecr(lab):
    prepare(lab, "cross-account")
    return lab.registry.client("ecr")


@pytest.mark.parametrize("name", MISTAKES)
def test_a_repair_lets_in_whom_it_means_and_nobody_else(lab, ecr, name):
    wrong, right = (answer(lab) for answer in MISTAKES[name])
    ecr.set_repository_policy(repositoryName="lambda-another-account", policyText=json.dumps(wrong))
    verdict = exercises.repaired(lab, name)
    assert (verdict.held, verdict.cases) == (4, 6)
    ecr.set_repository_policy(repositoryName="lambda-another-account", policyText=json.dumps(right))
    assert exercises.repaired(lab, name).solved
