"""Repositories made by replication: the images are there, the policy is not, so Lambda is refused."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from labkit.aws.images import pull, push
from labkit.embedded.process import client
from labkit.errors import UsageError
from labkit.image.format.image import Image
from labkit.image.format.manifest import OCI_INDEX
from labkit.pull import policies
from tests.embedded.conftest import REGION, Cloud
from tests.embedded.lab_of_tests import PULL_DENIED, REGISTRY, WORKLOAD, Lab, refusal

HERE = (REGISTRY, REGION)
PLACES = {
    "another region": ("registry", REGISTRY, "eu-west-1"),
    "another account": ("workload", WORKLOAD, REGION),
    "both": ("workload", WORKLOAD, "eu-west-1"),
}


@pytest.fixture
def original(lab: Lab, name: str, image: Image) -> str:
    """A repository with an image, from which Lambda may pull."""
    lab.repository(name, image)
    lab.allow(name, policies.same_account())
    return name


def replicate(cloud: Cloud, name: str, account: str, region: str) -> str:
    return client.replicate(cloud.home.root, name, HERE, (account, region))


@pytest.mark.parametrize(("profile", "account", "region"), PLACES.values(), ids=PLACES)
@pytest.mark.aws("aws/containers-roadmap #1690, #2282", "high")
def test_a_replica_has_the_images_and_no_policy(
    cloud: Cloud, original: str, image: Image, profile: str, account: str, region: str
):
    uri = replicate(cloud, original, account, region)
    assert uri == f"{account}.dkr.ecr.{region}.amazonaws.com/{original}"
    theirs = cloud.client(profile, "ecr", region)
    assert pull(theirs, account, original, "0.0.1").digest == image.digest
    assert refusal(theirs.get_repository_policy, repositoryName=original)[0] == "RepositoryPolicyNotFoundException"


def test_lambda_is_refused_the_replica_until_it_has_a_policy(cloud: Cloud, lab: Lab, original: str):
    uri = replicate(cloud, original, WORKLOAD, REGION) + ":0.0.1"
    iam = lab.client("workload", "iam")
    role = lab.role("workload")
    lab.role("workload", "deployer", policies.account_trust(WORKLOAD))
    actions = ["lambda:CreateFunction", "lambda:GetFunction", "iam:PassRole"]
    allow = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    iam.put_role_policy(RoleName="deployer", PolicyName="p", PolicyDocument=document)
    session = lab.client("workload", "sts").assume_role(
        RoleArn=f"arn:aws:iam::{WORKLOAD}:role/deployer", RoleSessionName="ci"
    )["Credentials"]
    keys = {
        "aws_access_key_id": session["AccessKeyId"],
        "aws_secret_access_key": session["SecretAccessKey"],
        "aws_session_token": session["SessionToken"],
    }
    narrow = cloud.client(keys, "lambda")
    call = {"FunctionName": "f", "Role": role, "PackageType": "Image", "Code": {"ImageUri": uri}}
    assert refusal(narrow.create_function, **call) == ("AccessDeniedException", 403, PULL_DENIED)
    lab.allow(original, policies.same_account(), "workload")
    assert narrow.create_function(**call)["FunctionName"] == "f"


def test_the_original_s_images_say_where_their_replicas_are(cloud: Cloud, ecr: Any, original: str):
    replicate(cloud, original, WORKLOAD, "eu-west-1")
    answer = ecr.describe_image_replication_status(repositoryName=original, imageId={"imageTag": "0.0.1"})
    complete = {"region": "eu-west-1", "registryId": WORKLOAD, "status": "COMPLETE"}
    assert answer["replicationStatuses"] == [complete]


def test_what_was_pushed_later_comes_when_it_is_replicated_again(cloud: Cloud, ecr: Any, original: str, another: Image):
    replicate(cloud, original, WORKLOAD, REGION)
    push(ecr, original, "0.0.2", another)
    theirs = cloud.client("workload", "ecr")
    missing = theirs.batch_get_image(repositoryName=original, imageIds=[{"imageTag": "0.0.2"}])
    assert missing["failures"][0]["failureCode"] == "ImageNotFound"
    replicate(cloud, original, WORKLOAD, REGION)
    assert pull(theirs, WORKLOAD, original, "0.0.2").digest == another.digest


def test_a_replica_outlives_its_original(cloud: Cloud, ecr: Any, original: str, image: Image):
    replicate(cloud, original, WORKLOAD, REGION)
    ecr.delete_repository(repositoryName=original, force=True)
    cloud.embedded.move_clock(timedelta(days=3))
    cloud.embedded.tidy()
    assert pull(cloud.client("workload", "ecr"), WORKLOAD, original, "0.0.1").digest == image.digest


def test_an_index_is_replicated_with_its_images_and_an_archived_image_is_not(
    cloud: Cloud, ecr: Any, original: str, another: Image
):
    (detail,) = ecr.describe_images(repositoryName=original)["imageDetails"]
    entry = {"mediaType": detail["imageManifestMediaType"], "digest": detail["imageDigest"], "size": 1}
    index = json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [entry]})
    ecr.put_image(repositoryName=original, imageManifest=index, imageTag="multi")
    push(ecr, original, "cold", another)
    ecr.update_image_storage_class(repositoryName=original, imageId={"imageTag": "cold"}, targetStorageClass="ARCHIVE")
    replicate(cloud, original, WORKLOAD, REGION)
    theirs = cloud.client("workload", "ecr")
    tags = {each.get("imageTag") for each in theirs.list_images(repositoryName=original)["imageIds"]}
    assert tags == {"0.0.1", "multi"}
    failure = theirs.batch_delete_image(repositoryName=original, imageIds=[{"imageTag": "0.0.1"}])["failures"][0]
    assert failure["failureCode"] == "ImageReferencedByManifestList"


REFUSED = {
    "no such repository": (("none", WORKLOAD, REGION), "There is no repository none in the account 813835382529"),
    "where it is": (("there", REGISTRY, REGION), "is not replicated to where it is"),
    "an account that does not exist": (("there", "999999999999", REGION), "labkit up --account 999999999999"),
    "no account": (("there", "12", REGION), "The account of the replica"),
    "no region": (("there", WORKLOAD, "mars-1"), "mars-1"),
}


@pytest.mark.parametrize(("where", "sentence"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_replicated_is_told_in_a_sentence(
    cloud: Cloud, ecr: Any, where: tuple[str, str, str], sentence: str
):
    ecr.create_repository(repositoryName="there")
    with pytest.raises(UsageError, match=sentence):
        replicate(cloud, *where)
