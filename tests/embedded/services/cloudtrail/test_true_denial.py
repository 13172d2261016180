"""The one place where AWS shows the true denial of a cross-account creation, and the rest of what Lambda calls.

Whoever creates a function sees one sentence; the events of Lambda's calls say what was denied.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from labkit.aws import transport
from labkit.docker.engine_choice import INTERPRETER, VARIABLE
from labkit.pull import policies
from tests.embedded.conftest import Cloud, session_keys
from tests.embedded.lab_of_tests import REGISTRY, WORKLOAD, image_of, push

LAMBDA = "lambda.amazonaws.com"


class Place:
    """A repository ``repo`` with an image in the registry account, and callers of Lambda."""

    def __init__(self, cloud: Cloud, folder: Path) -> None:
        self.cloud = cloud
        self.ecr = cloud.client("registry", "ecr")
        uri = self.ecr.create_repository(repositoryName="repo")["repository"]["repositoryUri"]
        push(self.ecr, "repo", "1", image_of(folder))
        self.uri = f"{uri}:1"

    def role(self, profile: str, name: str, trust: dict[str, Any]) -> str:
        iam = self.cloud.client(profile, "iam")
        made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
        return str(made["Role"]["Arn"])

    def caller(self, profile: str, *actions: str) -> dict[str, str]:
        """Keys of a session ``deploy`` that may create functions, and what ``actions`` say."""
        account = {"registry": REGISTRY, "workload": WORKLOAD}[profile]
        trust = {"Statement": [{"Effect": "Allow", "Principal": {"AWS": account}, "Action": "sts:AssumeRole"}]}
        role = self.role(profile, "Deployer", trust)
        allowed = ["lambda:*", "iam:PassRole", "cloudtrail:LookupEvents", *actions]
        document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": allowed, "Resource": "*"}]}
        iam = self.cloud.client(profile, "iam")
        iam.put_role_policy(RoleName="Deployer", PolicyName="p", PolicyDocument=json.dumps(document))
        sts = self.cloud.client(profile, "sts")
        return session_keys(sts.assume_role(RoleArn=role, RoleSessionName="deploy")["Credentials"])

    def create(self, keys: Any, profile: str) -> None:
        execution = self.role(profile, "Execution", dict(policies.lambda_trust()))
        code = {"ImageUri": self.uri}
        client = self.cloud.client(keys, "lambda")
        client.create_function(FunctionName="f", Role=execution, PackageType="Image", Code=code)

    def records(self, who: Any, name: str) -> list[dict[str, Any]]:
        """The records of events of this name in the account of ``who``, oldest first."""
        attribute = {"AttributeKey": "EventName", "AttributeValue": name}
        events = self.cloud.client(who, "cloudtrail").lookup_events(LookupAttributes=[attribute])["Events"]
        return [json.loads(event["CloudTrailEvent"]) for event in reversed(events)]


@pytest.fixture
def place(cloud: Cloud, tmp_path: Path) -> Place:
    return Place(cloud, tmp_path / "image")


@pytest.mark.aws("aws-controllers-k8s #1641", "high")
def test_whoever_was_refused_finds_what_really_was_denied(place: Place):
    document = policies.cross_account(WORKLOAD)
    place.ecr.set_repository_policy(repositoryName="repo", policyText=json.dumps(document))
    keys = place.caller("workload")
    with pytest.raises(ClientError) as refused:
        place.create(keys, "workload")
    assert "BatchGetImage" not in str(refused.value)
    (denied,) = place.records(keys, "BatchGetImage")
    assert (denied["errorCode"], denied["sourceIPAddress"], denied["userAgent"]) == ("AccessDenied", LAMBDA, LAMBDA)
    assert denied["errorMessage"] == (
        f"User: arn:aws:sts::{WORKLOAD}:assumed-role/Deployer/deploy is not authorized to perform: ecr:BatchGetImage "
        f"on resource: arn:aws:ecr:eu-central-1:{REGISTRY}:repository/repo because no identity-based policy allows the "
        "ecr:BatchGetImage action"
    )
    assert denied["userIdentity"]["invokedBy"] == LAMBDA
    assert denied["userIdentity"]["sessionContext"]["sessionIssuer"]["userName"] == "Deployer"
    assert denied["requestParameters"] == {
        "registryId": REGISTRY,
        "repositoryName": "repo",
        "imageIds": [{"imageTag": "1"}],
    }
    (creation,) = place.records(keys, "CreateFunction20150331")
    assert (creation["errorCode"], creation["requestParameters"]) == ("AccessDenied", None)
    assert creation["errorMessage"] == refused.value.response["Error"]["Message"]


def test_the_owner_of_the_repository_has_the_event_too_and_no_more_of_the_caller_than_ids(place: Place):
    keys = place.caller("workload")
    with pytest.raises(ClientError):
        place.create(keys, "workload")
    (theirs,) = place.records(keys, "BatchGetImage")
    (owners,) = [each for each in place.records("registry", "BatchGetImage") if "errorCode" in each]
    assert owners["userIdentity"].keys() == {"type", "principalId", "accountId"}
    assert (owners["userIdentity"]["type"], owners["userIdentity"]["accountId"]) == ("AWSAccount", WORKLOAD)
    assert owners["sharedEventID"] == theirs["sharedEventID"]
    assert owners["eventID"] != theirs["eventID"]
    assert (theirs["recipientAccountId"], owners["recipientAccountId"]) == (WORKLOAD, REGISTRY)


@pytest.mark.aws("Lambda Developer Guide; the samples are of KMS and AssumeRole", "medium")
def test_where_the_caller_may_lambda_itself_is_the_one_who_is_denied(place: Place):
    actions = {"Effect": "Allow", "Principal": {"AWS": WORKLOAD}, "Action": list(policies.PULL_ACTIONS)}
    text = json.dumps({"Version": "2012-10-17", "Statement": [actions]})
    place.ecr.set_repository_policy(repositoryName="repo", policyText=text)
    keys = place.caller("workload", *policies.PULL_ACTIONS)
    with pytest.raises(ClientError):
        place.create(keys, "workload")
    (theirs,) = place.records(keys, "BatchGetImage")
    assert "errorCode" not in theirs
    as_itself = [each for each in place.records("registry", "BatchGetImage") if "errorCode" in each]
    assert [each["userIdentity"] for each in as_itself] == [{"type": "AWSService", "invokedBy": LAMBDA}]
    assert "errorMessage" not in as_itself[0]  # in which words AWS refuses a service is not known


def test_the_statement_that_lambda_adds_is_added_with_the_callers_credentials(place: Place):
    keys = place.caller("registry", "ecr:GetRepositoryPolicy", "ecr:SetRepositoryPolicy")
    place.create(keys, "registry")
    (read,) = place.records("registry", "GetRepositoryPolicy")
    (written,) = place.records("registry", "SetRepositoryPolicy")
    assert read["errorCode"] == "RepositoryPolicyNotFoundException"
    assert {each["userIdentity"]["invokedBy"] for each in (read, written)} == {LAMBDA}
    assert "LambdaECRImageRetrievalPolicy" in written["requestParameters"]["policyText"]
    assert [each["userIdentity"]["type"] for each in place.records("registry", "GetDownloadUrlForLayer")] == [
        "AWSService"
    ]


def test_a_function_that_starts_leaves_an_event_of_its_role_being_assumed(
    place: Place, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv(VARIABLE, INTERPRETER)
    transport.connect_clients()
    place.create("registry", "registry")
    place.cloud.embedded.functions.settle()
    place.cloud.client("registry", "lambda").invoke(FunctionName="f")
    assumed = place.records("registry", "AssumeRole")[-1]
    assert assumed["userIdentity"] == {"type": "AWSService", "invokedBy": LAMBDA}
    assert assumed["requestParameters"]["roleSessionName"] == "f"
    assert "sharedEventID" in assumed
    assert place.records("registry", "Invoke") == []  # a data event: it is kept, and LookupEvents does not show it
    kept = place.cloud.embedded.database.all("SELECT record FROM event WHERE category = 'Data'")
    assert [json.loads(row["record"])["eventName"] for row in kept] == ["Invoke"]
