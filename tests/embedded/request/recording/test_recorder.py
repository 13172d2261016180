"""Which calls leave an event, in which accounts, in which form, and when it is written."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from labkit.embedded.request.recording import events as recording
from tests.embedded.conftest import Cloud, session_keys
from tests.embedded.lab_of_tests import REGISTRY, WORKLOAD

TRUST = json.dumps({"Statement": [{"Effect": "Allow", "Principal": {"AWS": WORKLOAD}, "Action": "sts:AssumeRole"}]})


def written(cloud: Cloud) -> list[dict[str, Any]]:
    """The records that are in the database now, oldest first."""
    return [
        json.loads(row["record"]) for row in cloud.embedded.database.all("SELECT record FROM event ORDER BY number")
    ]


def records(cloud: Cloud) -> list[dict[str, Any]]:
    """All records, oldest first."""
    cloud.embedded.events.flush()
    return written(cloud)


def names(cloud: Cloud) -> list[str]:
    return [record["eventName"] for record in written(cloud)]


# -- When it is written --------------------------------------------------------------------------------------------


def test_a_call_that_writes_is_there_with_its_event_and_what_was_read_before_too(cloud: Cloud):
    iam = cloud.client("registry", "iam")
    iam.list_users()
    assert names(cloud) == []
    iam.create_user(UserName="ann")
    assert names(cloud) == ["ListUsers", "CreateUser"]


def test_a_refused_call_leaves_its_event_and_nothing_else(cloud: Cloud):
    iam = cloud.client("registry", "iam")
    with pytest.raises(ClientError):
        iam.create_user(UserName="ann", PermissionsBoundary="arn:aws:iam::aws:policy/NoSuchPolicy")
    (record,) = records(cloud)
    assert (record["eventName"], record["errorCode"]) == ("CreateUser", "NoSuchEntityException")
    assert record["responseElements"] is None
    assert record["requestParameters"]["userName"] == "ann"
    assert [user["UserName"] for user in iam.list_users()["Users"]] == ["admin"]


def test_what_waits_is_written_when_the_lab_ends_and_found_when_it_begins_again(cloud: Cloud):
    cloud.client("registry", "sts").get_caller_identity()
    home = cloud.home.root
    cloud.close()
    again = Cloud(Path(home), cloud.clock)
    try:
        assert names(again) == ["GetCallerIdentity"]
    finally:
        again.close()


def test_a_thread_writes_what_waits_and_sleeps_else(cloud: Cloud):
    stopped, events = threading.Event(), cloud.embedded.events
    cloud.client("registry", "sts").get_caller_identity()
    thread = threading.Thread(target=events.keep_written, args=(stopped,))
    thread.start()
    events.end(stopped)
    thread.join(10)
    assert not thread.is_alive()
    assert names(cloud) == ["GetCallerIdentity"]


def test_memory_is_bounded_too(cloud: Cloud, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(recording, "_MOST_WAITING", 3)
    sts = cloud.client("registry", "sts")
    for _ in range(4):
        sts.get_caller_identity()
    assert len(written(cloud)) == 4


def test_the_oldest_go_first(cloud: Cloud, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(recording, "MOST", 2)
    monkeypatch.setattr(recording, "_PRUNED_EVERY", 1)
    iam = cloud.client("registry", "iam")
    for name in ("one", "two", "three"):
        iam.create_user(UserName=name)
    assert [record["requestParameters"]["userName"] for record in records(cloud)] == ["two", "three"]
    assert {row["name"] for row in cloud.embedded.database.all("SELECT name FROM event_resource")} >= {"two", "three"}
    assert not cloud.embedded.database.all("SELECT * FROM event_resource WHERE name = 'one'")


@pytest.mark.aws("CloudTrail User Guide, event history", "high")
def test_none_is_older_than_90_days(cloud: Cloud, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(recording, "_PRUNED_EVERY", 1)
    iam = cloud.client("registry", "iam")
    iam.create_user(UserName="one")
    cloud.embedded.move_clock(timedelta(days=91))
    iam.create_user(UserName="two")
    assert [record["requestParameters"]["userName"] for record in records(cloud)] == ["two"]


# -- Which calls, and in which accounts ----------------------------------------------------------------------------


def test_who_is_not_authentic_leaves_no_event(cloud: Cloud):
    keys = {**cloud.keys("registry"), "aws_secret_access_key": "wrong"}
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        cloud.client(keys, "sts").get_caller_identity()
    assert records(cloud) == []


def test_what_the_model_refuses_leaves_an_event(cloud: Cloud):
    with pytest.raises(ClientError):
        cloud.client("registry", "iam").create_user(UserName="a b")
    assert [record["errorCode"] for record in records(cloud)] == ["ValidationException"]


def test_what_is_not_offered_leaves_none(cloud: Cloud):
    with pytest.raises(ClientError):
        cloud.client("registry", "iam").list_saml_providers()
    assert records(cloud) == []


@pytest.mark.aws("IAM User Guide, logging IAM and STS calls", "high")
def test_a_role_that_is_assumed_across_accounts_leaves_an_event_in_both(cloud: Cloud):
    role = cloud.client("registry", "iam").create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)["Role"]
    cloud.client("workload", "sts").assume_role(RoleArn=role["Arn"], RoleSessionName="deploy")
    callers, owners = records(cloud)[-2:]
    assert (callers["recipientAccountId"], owners["recipientAccountId"]) == (WORKLOAD, REGISTRY)
    assert callers["sharedEventID"] == owners["sharedEventID"]
    assert callers["userIdentity"]["userName"] == "admin"
    assert owners["userIdentity"]["type"] == "AWSAccount"
    assert (
        callers["resources"]
        == owners["resources"]
        == [{"accountId": REGISTRY, "type": "AWS::IAM::Role", "ARN": role["Arn"]}]
    )
    assert callers["responseElements"]["credentials"].keys() == {"accessKeyId", "sessionToken", "expiration"}
    assert (callers["readOnly"], callers["awsRegion"]) == (True, "eu-central-1")


def test_one_that_may_not_be_assumed_leaves_one_in_the_callers_account_only(cloud: Cloud):
    role = cloud.client("registry", "iam").create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)["Role"]
    with pytest.raises(ClientError):
        cloud.client("management", "sts").assume_role(RoleArn=role["Arn"], RoleSessionName="deploy")
    denied = [record for record in records(cloud) if record["eventName"] == "AssumeRole"]
    accounts = [record["recipientAccountId"] for record in denied]
    assert accounts == [cloud.embedded.settings.accounts["management"]]
    assert "sharedEventID" not in denied[0]


def test_a_session_is_told_with_its_role_and_when_it_began(cloud: Cloud):
    role = cloud.client("registry", "iam").create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)["Role"]
    answer = cloud.client("workload", "sts").assume_role(RoleArn=role["Arn"], RoleSessionName="deploy")
    cloud.client(session_keys(answer["Credentials"]), "sts").get_caller_identity()
    identity = records(cloud)[-1]["userIdentity"]
    assert (identity["type"], identity["principalId"]) == ("AssumedRole", f"{role['RoleId']}:deploy")
    assert identity["sessionContext"] == {
        "sessionIssuer": {
            "type": "Role",
            "principalId": role["RoleId"],
            "arn": role["Arn"],
            "accountId": REGISTRY,
            "userName": "r",
        },
        "webIdFederationData": {},
        "attributes": {"creationDate": "2026-01-15T12:00:00Z", "mfaAuthenticated": "false"},
    }


@pytest.mark.aws("CloudTrail User Guide, record contents", "high")
def test_parameters_of_more_than_100_kilobytes_are_left_out(cloud: Cloud):
    document = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
    text = json.dumps(document) + " " * 110_000
    cloud.client("registry", "iam").create_policy(PolicyName="long", PolicyDocument=text)
    assert records(cloud)[-1]["requestParameters"] is None


# -- The registry --------------------------------------------------------------------------------------------------


@pytest.mark.aws("Amazon ECR User Guide, logging", "high")
def test_a_pull_is_one_of_ecrs_own_front(cloud: Cloud):
    ecr = cloud.client("registry", "ecr")
    ecr.create_repository(repositoryName="repo")
    token = ecr.get_authorization_token()["authorizationData"][0]["authorizationToken"]
    name = f"{REGISTRY}.dkr.ecr.eu-central-1.amazonaws.com/repo"
    headers = {"Host": cloud.served.address, "Authorization": f"Basic {token}", "User-Agent": "docker/28"}
    assert cloud.send("GET", f"/v2/{name}/manifests/1", headers).status == 404
    assert cloud.send("GET", f"/v2/{name}/tags/list", headers).status == 200
    pulled, listed = records(cloud)[-2:]
    assert (pulled["eventName"], listed["eventName"]) == ("BatchGetImage", "ListImages")
    assert {pulled["sourceIPAddress"], pulled["userAgent"]} == {"ecr.amazonaws.com"}
    assert pulled["requestParameters"]["imageIds"] == [{"imageTag": "1"}]
    assert pulled["responseElements"] is None
    arn = f"arn:aws:ecr:eu-central-1:{REGISTRY}:repository/repo"
    assert pulled["resources"] == [{"accountId": REGISTRY, "ARN": arn}]
    assert pulled["userIdentity"]["userName"] == "admin"
