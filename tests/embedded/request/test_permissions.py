"""What one call needs beside the action of its own name: tagging what it makes, listing what it shows."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labkit.image.format.image import Image
from tests.embedded.conftest import Cloud
from tests.embedded.lab_of_tests import Lab, unique
from tests.embedded.request.callers import ACCOUNT, TRUST, Caller, allow, policy, refusal

TAGS = [{"Key": "team", "Value": "blue"}]
ROLE = f"arn:aws:iam::{ACCOUNT}:role/Caller"
FUNCTION = {"FunctionName": "f", "Role": ROLE, "PackageType": "Image", "Code": {"ImageUri": "x"}, "Tags": {"a": "b"}}

#: what makes something, what tags it, on what, and the call with its parameters
MAKING = [
    (
        "ecr:CreateRepository",
        "ecr:TagResource",
        "repository/tt",
        "create_repository",
        {"repositoryName": "tt", "tags": TAGS},
    ),
    ("lambda:CreateFunction", "lambda:TagResource", "function:f", "create_function", FUNCTION),
    ("iam:CreateUser", "iam:TagUser", "user/t", "create_user", {"UserName": "t", "Tags": TAGS}),
    (
        "iam:CreateRole",
        "iam:TagRole",
        "role/a/t",
        "create_role",
        {"RoleName": "t", "Path": "/a/", "AssumeRolePolicyDocument": TRUST, "Tags": TAGS},
    ),
    (
        "iam:CreatePolicy",
        "iam:TagPolicy",
        "policy/t",
        "create_policy",
        {"PolicyName": "t", "PolicyDocument": policy(allow("s3:*")), "Tags": TAGS},
    ),
    (
        "iam:CreateInstanceProfile",
        "iam:TagInstanceProfile",
        "instance-profile/t",
        "create_instance_profile",
        {"InstanceProfileName": "t", "Tags": TAGS},
    ),
]


@pytest.mark.parametrize(("makes", "tagging", "what", "call", "params"), MAKING, ids=[row[0] for row in MAKING])
@pytest.mark.aws("k8s-image-swapper #416, with AWS's notice", "high")
def test_who_makes_something_with_tags_tags_it(
    cloud: Cloud, makes: str, tagging: str, what: str, call: str, params: dict[str, Any]
):
    passing = allow("iam:PassRole")
    caller = Caller(cloud, allow(makes), passing)
    service = makes.partition(":")[0]
    client = caller.client(service)
    code, _, message = refusal(getattr(client, call), **params)
    assert code in ("AccessDenied", "AccessDeniedException")
    assert f"is not authorized to perform: {tagging} on resource: arn:aws:" in message
    assert f":{what} because no identity-based policy allows the {tagging} action" in message
    caller.may(allow([makes, tagging], f"arn:aws:{service}:{'' if service == 'iam' else '*'}:*:{what}"), passing)
    assert "not authorized" not in said(client, call, params)


def test_who_makes_something_without_tags_needs_no_leave_to_tag(cloud: Cloud):
    caller = Caller(cloud, allow(["ecr:CreateRepository", "iam:CreateUser"]))
    assert caller.client("ecr").create_repository(repositoryName="tt", tags=[])["repository"]
    assert caller.client("iam").create_user(UserName="t")["User"]


@pytest.mark.aws("Service Authorization Reference", "high")
def test_a_boundary_at_creation_needs_no_leave_to_put_one(cloud: Cloud):
    boundary = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    caller = Caller(cloud, allow(["iam:CreateUser"]))
    assert caller.client("iam").create_user(UserName="t", PermissionsBoundary=boundary)["User"]


def said(client: Any, call: str, params: dict[str, Any]) -> str:
    """The error of a call, empty where there is none."""
    try:
        getattr(client, call)(**params)
    except client.exceptions.ClientError as error:
        return str(error)
    return ""


def test_tags_of_the_request_limit_what_may_be_made(cloud: Cloud):
    blue = {"StringEquals": {"aws:RequestTag/team": "blue"}, "ForAllValues:StringEquals": {"aws:TagKeys": "team"}}
    ecr = Caller(cloud, allow(["ecr:CreateRepository", "ecr:TagResource"], Condition=blue)).client("ecr")
    assert "ecr:CreateRepository" in refusal(ecr.create_repository, repositoryName="tt")[2]
    more = [*TAGS, {"Key": "other", "Value": "x"}]
    assert "ecr:CreateRepository" in refusal(ecr.create_repository, repositoryName="tt", tags=more)[2]
    assert ecr.create_repository(repositoryName="tt", tags=TAGS)["repository"]


@pytest.mark.aws("AWS's notice in DataBiosphere/azul #6387", "high")
def test_a_function_is_shown_with_its_tags_to_who_may_list_them(lab: Lab, image: Image):
    name = unique("tagged")
    lab.create("registry", name, lab.repository(name, image), Tags={"team": "blue"})

    def shown(*actions: str) -> dict[str, Any]:
        reader = lab.assume("registry", unique("Reader"), inline=json.loads(policy(allow(list(actions)))))
        return dict(lab.connect(reader, "lambda").get_function(FunctionName=name))

    assert "Tags" not in shown("lambda:GetFunction")
    assert shown("lambda:GetFunction", "lambda:ListTags")["Tags"] == {"team": "blue"}


REGISTRY = "813835382529"


def test_the_registrys_policy_has_a_say_in_every_request_to_ecr(cloud: Cloud):
    ecr = cloud.client("registry", "ecr")
    ecr.create_repository(repositoryName="theirs")
    caller = Caller(cloud, allow("ecr:*"))
    there = {"registryId": REGISTRY, "repositoryName": "theirs"}
    assert "no resource-based policy allows" in refusal(caller.client("ecr").list_images, **there)[2]
    statement = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "ecr:*", "Resource": "*"}
    ecr.put_registry_policy(policyText=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    assert caller.client("ecr").list_images(**there)["imageIds"] == []
    statement["Effect"] = "Deny"
    ecr.put_registry_policy(policyText=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    assert "with an explicit deny in a resource-based policy" in refusal(caller.client("ecr").list_images, **there)[2]
