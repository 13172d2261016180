"""A user or role that a policy names is the one that there was when the policy was saved."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labkit.iam import Policies, Policy, Principal, Request, evaluate
from tests.embedded.conftest import Cloud
from tests.embedded.request.callers import ACCOUNT, Caller, allow, policy, refusal

PULLER = f"arn:aws:iam::{ACCOUNT}:role/Caller"
REGISTRY = "813835382529"
THERE = {"registryId": REGISTRY, "repositoryName": "theirs"}


def named(action: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": {"AWS": PULLER}, "Action": action}


def let_go(caller: Caller) -> None:
    caller.iam.delete_role_policy(RoleName="Caller", PolicyName="p")
    caller.iam.delete_role(RoleName="Caller")


def shown(ecr: Any) -> tuple[str, Any]:
    """The text of the repository's policy, and whom it names."""
    text = ecr.get_repository_policy(repositoryName="theirs")["policyText"]
    return text, json.loads(text)["Statement"][0]["Principal"]["AWS"]


def test_a_repositorys_policy_does_not_know_a_role_made_anew_and_the_explanation_says_so(cloud: Cloud):
    ecr = cloud.client("registry", "ecr")
    ecr.create_repository(repositoryName="theirs")
    first = Caller(cloud, allow("ecr:*"))
    ecr.set_repository_policy(repositoryName="theirs", policyText=policy(named("ecr:ListImages")))
    assert first.client("ecr").list_images(**THERE)["imageIds"] == []
    let_go(first)
    text, whom = shown(ecr)
    assert whom.startswith("AROA")
    again = Caller(cloud, allow("ecr:*"))
    assert "because no resource-based policy allows" in refusal(again.client("ecr").list_images, **THERE)[2]
    arn = f"arn:aws:ecr:eu-central-1:{REGISTRY}:repository/theirs"
    request = Request(
        Principal.aws(f"arn:aws:sts::{ACCOUNT}:assumed-role/Caller/Test"), "ecr:ListImages", arn, REGISTRY
    )
    everything = Policy.parse(policy(allow("ecr:*")), "p")
    miss = evaluate(request, Policies(identity=[everything], resource=Policy.parse(text))).nearest_miss
    assert miss and f"Principal is {whom}, which is what is left of a role that has been deleted" in miss.sentence
    assert miss.change == f"write {PULLER} in place of {whom}, and Principal means the one that there is now"
    ecr.set_repository_policy(repositoryName="theirs", policyText=policy(named("ecr:ListImages")))
    assert again.client("ecr").list_images(**THERE)["imageIds"] == []


@pytest.mark.aws("IAM User Guide, principal element; cloudnation.nl (tested)", "high")
def test_a_trust_policy_does_not_know_a_role_made_anew(cloud: Cloud):
    first = Caller(cloud, allow("sts:AssumeRole"))
    trusting = f"arn:aws:iam::{ACCOUNT}:role/Trusting"
    trust = policy(named("sts:AssumeRole"))
    first.iam.create_role(RoleName="Trusting", AssumeRolePolicyDocument=trust)
    assumed = {"RoleArn": trusting, "RoleSessionName": "Test"}
    assert first.client("sts").assume_role(**assumed)["Credentials"]
    let_go(first)
    document = first.iam.get_role(RoleName="Trusting")["Role"]["AssumeRolePolicyDocument"]
    assert document["Statement"][0]["Principal"]["AWS"].startswith("AROA")
    again = Caller(cloud, allow("sts:AssumeRole"))
    assert refusal(again.client("sts").assume_role, **assumed)[0] == "AccessDenied"
    again.iam.update_assume_role_policy(RoleName="Trusting", PolicyDocument=trust)
    assert again.client("sts").assume_role(**assumed)["Credentials"]
