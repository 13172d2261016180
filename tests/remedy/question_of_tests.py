"""A world in which every read of a diagnosis has something to read, and whoever asks in it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from labkit.aws import images
from labkit.diagnosis.asked import Asked
from labkit.diagnosis.evidence.answers import Answers
from labkit.image.format.image import Image
from labkit.pull import policies
from labkit.remedy.asking import Asker
from labkit.remedy.collecting import Collector, Opener
from tests.embedded.conftest import Cloud

REGION = "eu-central-1"
REGISTRY, WORKLOAD = "813835382529", "592444418872"
IMAGE = f"{REGISTRY}.dkr.ecr.{REGION}.amazonaws.com/app:1"
FUNCTION = f"arn:aws:lambda:{REGION}:{WORKLOAD}:function:f"
ROLE = f"arn:aws:iam::{WORKLOAD}:role/lambda-role"
DEPLOYER, ANN = f"arn:aws:iam::{WORKLOAD}:role/team/Deployer", f"arn:aws:iam::{WORKLOAD}:user/ann"
SIDES = ("workload", "registry", "management")
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"AWS": WORKLOAD, "Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        },
    }
)


def allowing(*actions: str) -> str:
    return json.dumps(
        {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": actions, "Resource": "*"}}, indent=2
    )


def furnish(cloud: Cloud, image: Image) -> None:
    """A repository with all that it can have, a role and a user with every kind of policy, guard rails."""
    ecr = cloud.client("registry", "ecr")
    ecr.create_repository(repositoryName="app", tags=[{"Key": "team", "Value": "a"}])
    images.push(ecr, "app", "1", image)
    ecr.set_repository_policy(repositoryName="app", policyText=json.dumps(policies.cross_account(WORKLOAD)))
    rule = {
        "rulePriority": 1,
        "selection": {"tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": 9},
    }
    expiring = {"rules": [{**rule, "action": {"type": "expire"}}]}
    ecr.put_lifecycle_policy(repositoryName="app", lifecyclePolicyText=json.dumps(expiring))
    ecr.create_pull_through_cache_rule(ecrRepositoryPrefix="quay", upstreamRegistryUrl="quay.io")
    iam = cloud.client("workload", "iam")
    managed = iam.create_policy(PolicyName="pulling", PolicyDocument=allowing("ecr:*", "lambda:*", "iam:PassRole"))[
        "Policy"
    ]["Arn"]
    iam.create_role(RoleName="lambda-role", AssumeRolePolicyDocument=TRUST)
    for name, more in (("Deployer", {"Path": "/team/", "PermissionsBoundary": managed}), ("plain", {})):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST, **more)
        iam.attach_role_policy(RoleName=name, PolicyArn=managed)
        iam.put_role_policy(RoleName=name, PolicyName="passing", PolicyDocument=allowing("iam:PassRole"))
    iam.create_user(UserName="ann")
    iam.put_user_policy(UserName="ann", PolicyName="own", PolicyDocument=allowing("ecr:*"))
    iam.create_group(GroupName="deployers")
    iam.add_user_to_group(GroupName="deployers", UserName="ann")
    iam.attach_group_policy(GroupName="deployers", PolicyArn=managed)
    iam.put_group_policy(GroupName="deployers", PolicyName="inline", PolicyDocument=allowing("iam:PassRole"))
    organizations = cloud.client("management", "organizations")
    root = organizations.list_roots()["Roots"][0]["Id"]
    for kind in ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"):
        if {"Type": kind, "Status": "ENABLED"} not in organizations.list_roots()["Roots"][0]["PolicyTypes"]:
            organizations.enable_policy_type(RootId=root, PolicyType=kind)


def openers(clients: Mapping[str, Callable[[str, str], Any]]) -> dict[str, Opener]:
    """Openers by side from ``client(service, region)`` of each."""

    def opener(client: Callable[[str, str], Any]) -> Opener:
        return lambda region: Asker("", region, lambda service: client(service, region))

    return {side: opener(client) for side, client in clients.items()}


def administrators(cloud: Cloud, *sides: str) -> dict[str, Opener]:
    """The accounts' administrators ask."""

    def client(side: str) -> Callable[[str, str], Any]:
        return lambda service, region: cloud.client(side, service, region)

    return openers({side: client(side) for side in sides or SIDES})


def collected(asked: Asked, whoever: Mapping[str, Opener]) -> Answers:
    return Collector(asked, whoever, REGION, lambda _detail: None).collect()
