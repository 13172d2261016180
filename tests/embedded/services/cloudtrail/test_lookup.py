"""LookupEvents through boto3: attributes, ranges of time on the lab's clock, pages, errors, accounts and regions."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.embedded.conftest import Cloud, session_keys

TRUST = json.dumps({"Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]})
READ_KEYS = ("EventId", "EventName", "ReadOnly", "EventTime", "EventSource", "Username", "AccessKeyId")


def found(client: Any, **asked: Any) -> list[dict[str, Any]]:
    pages = client.get_paginator("lookup_events").paginate(**asked)
    return [event for page in pages for event in page["Events"] if event["EventName"] != "LookupEvents"]


def by(name: str, value: str) -> dict[str, Any]:
    return {"LookupAttributes": [{"AttributeKey": name, "AttributeValue": value}]}


def names(client: Any, **asked: Any) -> list[str]:
    return [event["EventName"] for event in found(client, **asked)]


@pytest.fixture
def trail(cloud: Cloud) -> Any:
    """CloudTrail of the registry account, in which a repository was made, described and looked for in vain."""
    ecr = cloud.client("registry", "ecr")
    ecr.create_repository(repositoryName="team/app")
    ecr.describe_repositories()
    with pytest.raises(ClientError):
        ecr.get_repository_policy(repositoryName="team/app")
    return cloud.client("registry", "cloudtrail")


@pytest.mark.aws("CloudTrail API Reference, LookupEvents", "high")
def test_the_newest_event_comes_first(trail: Any):
    assert names(trail) == ["GetRepositoryPolicy", "DescribeRepositories", "CreateRepository"]


def test_an_event_says_in_its_members_what_its_record_says(trail: Any):
    event = found(trail)[-1]
    record = json.loads(event["CloudTrailEvent"])
    assert event["EventId"] == record["eventID"]
    assert event["EventSource"] == record["eventSource"] == "ecr.amazonaws.com"
    assert (event["ReadOnly"], event["Username"]) == ("false", "admin")
    assert event["AccessKeyId"] == record["userIdentity"]["accessKeyId"]
    assert event["EventTime"].strftime("%Y-%m-%dT%H:%M:%SZ") == record["eventTime"]


ARN = "arn:aws:ecr:eu-central-1:813835382529:repository/team/app"
ATTRIBUTES = [
    ("EventName", "CreateRepository", ["CreateRepository"]),
    ("EventName", "DeleteRepository", []),
    ("ReadOnly", "false", ["CreateRepository"]),
    ("ReadOnly", "true", ["GetRepositoryPolicy", "DescribeRepositories"]),
    ("Username", "admin", ["GetRepositoryPolicy", "DescribeRepositories", "CreateRepository"]),
    ("Username", "Admin", []),
    ("ResourceType", "AWS::ECR::Repository", ["GetRepositoryPolicy", "CreateRepository"]),
    ("ResourceName", "team/app", ["GetRepositoryPolicy", "CreateRepository"]),
    ("ResourceName", ARN, ["GetRepositoryPolicy", "CreateRepository"]),
    ("EventSource", "ecr.amazonaws.com", ["GetRepositoryPolicy", "DescribeRepositories", "CreateRepository"]),
    ("EventSource", "lambda.amazonaws.com", []),
]


@pytest.mark.parametrize(("name", "value", "expected"), ATTRIBUTES)
def test_events_are_found_by_an_attribute(trail: Any, name: str, value: str, expected: list[str]):
    assert names(trail, **by(name, value)) == expected


@pytest.mark.parametrize(("attribute", "member"), [("EventId", "EventId"), ("AccessKeyId", "AccessKeyId")])
def test_events_are_found_by_ids(trail: Any, attribute: str, member: str):
    event = found(trail)[0]
    assert event["EventId"] in {each["EventId"] for each in found(trail, **by(attribute, event[member]))}


def test_a_range_of_time_is_one_of_the_labs_clock(cloud: Cloud):
    ecr, trail = cloud.client("registry", "ecr"), cloud.client("registry", "cloudtrail")
    begun = cloud.clock.now()
    for name in ("one", "two", "three"):
        ecr.create_repository(repositoryName=name)
        cloud.embedded.move_clock(timedelta(days=31))
    day = timedelta(days=1)
    assert len(found(trail)) == 2  # the first is older than 90 days
    assert len(found(trail, StartTime=begun + 60 * day)) == 1
    assert len(found(trail, EndTime=begun + 60 * day)) == 1
    assert names(trail, StartTime=begun + 30 * day, EndTime=begun + 32 * day) == ["CreateRepository"]
    assert found(trail, StartTime=begun + 32 * day, EndTime=begun + 60 * day) == []


def test_pages_go_on_where_they_ended_whatever_is_recorded_meanwhile(trail: Any):
    first = trail.lookup_events(MaxResults=2)
    second = trail.lookup_events(MaxResults=2, NextToken=first["NextToken"])
    shown = [event["EventName"] for event in (*first["Events"], *second["Events"])]
    assert shown == ["GetRepositoryPolicy", "DescribeRepositories", "CreateRepository"]
    assert "NextToken" not in second


ERRORS = [
    ({"MaxResults": 51}, "InvalidMaxResultsException"),
    ({"NextToken": "made up"}, "InvalidNextTokenException"),
    ({"StartTime": 2, "EndTime": 1}, "InvalidTimeRangeException"),
    ({"EventCategory": "data"}, "InvalidEventCategoryException"),
    (by("Account", "1"), "InvalidLookupAttributesException"),
    ({"LookupAttributes": by("EventName", "a")["LookupAttributes"] * 2}, "InvalidLookupAttributesException"),
]


@pytest.mark.parametrize(("asked", "code"), ERRORS)
def test_what_is_wrong_is_refused_by_its_name(trail: Any, asked: dict[str, Any], code: str):
    with pytest.raises(ClientError) as refused:
        trail.lookup_events(**asked)
    assert refused.value.response["Error"]["Code"] == code


def test_a_token_of_another_question_is_refused(trail: Any):
    token = trail.lookup_events(MaxResults=1)["NextToken"]
    with pytest.raises(ClientError, match="InvalidNextTokenException"):
        trail.lookup_events(NextToken=token, **by("EventName", "CreateRepository"))


@pytest.mark.differs("CloudTrail has Insights events", "the lab does not count calls")
def test_there_are_no_insights(trail: Any):
    assert trail.lookup_events(EventCategory="insight")["Events"] == []


def test_who_may_not_look_is_refused_and_that_is_an_event(cloud: Cloud):
    iam, sts = cloud.client("registry", "iam"), cloud.client("registry", "sts")
    role = iam.create_role(RoleName="blind", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    keys = session_keys(sts.assume_role(RoleArn=role, RoleSessionName="ann")["Credentials"])
    with pytest.raises(ClientError, match="cloudtrail:LookupEvents"):
        cloud.client(keys, "cloudtrail").lookup_events()
    refused = cloud.client("registry", "cloudtrail").lookup_events(**by("Username", "ann"))["Events"]
    assert [json.loads(each["CloudTrailEvent"])["errorCode"] for each in refused] == ["AccessDenied"]


@pytest.mark.aws("CloudTrail User Guide, global service events", "high")
def test_events_of_iam_are_in_us_east_1_those_of_sts_where_it_was_called(cloud: Cloud):
    cloud.client("workload", "iam").create_user(UserName="ann")
    for region in ("us-east-1", "eu-west-1"):
        cloud.client("workload", "sts", region).get_caller_identity()
    seen = {region: set(names(cloud.client("workload", "cloudtrail", region))) for region in ("us-east-1", "eu-west-1")}
    assert seen == {"us-east-1": {"CreateUser", "GetCallerIdentity"}, "eu-west-1": {"GetCallerIdentity"}}
    assert found(cloud.client("registry", "cloudtrail", "us-east-1")) == []


def test_other_operations_of_cloudtrail_are_not_there(cloud: Cloud):
    with pytest.raises(ClientError, match="does not implement cloudtrail:DescribeTrails"):
        cloud.client("registry", "cloudtrail").describe_trails()
