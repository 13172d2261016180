"""Requests that mean one thing to whoever authorizes them and another to whoever executes them: there are none.

Each of these can be read as another operation, resource, account or region than the one that was authorized: a header
against a URL, a URL against a body, a value against a second one of the same name.
"""

from __future__ import annotations

import json

import pytest

from tests.embedded.conftest import Cloud

ECR = "AmazonEC2ContainerRegistry_V20150921"


def ecr_headers(operation: str) -> dict[str, str]:
    return {"X-Amz-Target": f"{ECR}.{operation}", "Content-Type": "application/x-amz-json-1.1"}


def make(cloud: Cloud, *names: str) -> None:
    for name in names:
        cloud.client("registry", "ecr").create_repository(repositoryName=name)


def repositories(cloud: Cloud) -> list[str]:
    found = cloud.client("registry", "ecr").describe_repositories()["repositories"]
    return sorted(item["repositoryName"] for item in found)


def test_an_operation_in_the_url_does_not_replace_that_of_the_header(cloud: Cloud) -> None:
    make(cloud, "mine")
    body = json.dumps({"repositoryName": "mine"}).encode()
    answer = cloud.call(
        "registry",
        "ecr",
        target="/?Action=DeleteRepository",
        headers=ecr_headers("DescribeRepositories"),
        body=body,
    )
    assert (answer.status, json.loads(answer.body)["__type"]) == (400, "SerializationException")
    assert repositories(cloud) == ["mine"]


def test_parameters_in_the_url_and_in_the_body_are_refused(cloud: Cloud) -> None:
    answer = cloud.call(
        "registry",
        "iam",
        target="/?Action=GetUser",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        body=b"Action=CreateUser&UserName=eve",
    )
    assert answer.status == 400 and b"<Code>MalformedInput</Code>" in answer.body
    assert len(cloud.client("registry", "iam").list_users()["Users"]) == 1


def test_a_policy_text_is_not_read_as_parameters(cloud: Cloud) -> None:
    make(cloud, "mine", "victim")
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "x&repositoryName=victim&y=",
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "ecr:BatchGetImage",
            }
        ],
    }
    ecr = cloud.client("registry", "ecr")
    ecr.set_repository_policy(repositoryName="mine", policyText=json.dumps(policy))
    assert "victim" in ecr.get_repository_policy(repositoryName="mine")["policyText"]
    with pytest.raises(ecr.exceptions.RepositoryPolicyNotFoundException):
        ecr.get_repository_policy(repositoryName="victim")


def test_a_repository_in_the_url_does_not_replace_that_of_the_body(cloud: Cloud) -> None:
    make(cloud, "mine", "victim")
    answer = cloud.call(
        "registry",
        "ecr",
        target="/?repositoryName=victim",
        headers=ecr_headers("DeleteRepository"),
        body=b'{"repositoryName": "mine"}',
    )
    assert answer.status == 400
    assert repositories(cloud) == ["mine", "victim"]


@pytest.mark.parametrize(
    "disguise",
    [
        {"User-Agent": "x region/us-west-2"},
        {"Host": "localhost"},
        {"x-amz-account-id": "592444418872"},
    ],
)
def test_account_and_region_are_those_of_the_signature(cloud: Cloud, disguise: dict[str, str]) -> None:
    headers = {**ecr_headers("CreateRepository"), **disguise}
    answer = cloud.call("registry", "ecr", headers=headers, body=b'{"repositoryName": "mine"}')
    assert answer.status == 200
    made = cloud.client("registry", "ecr").describe_repositories()["repositories"]
    assert [item["repositoryArn"] for item in made] == ["arn:aws:ecr:eu-central-1:813835382529:repository/mine"]
    assert cloud.client("workload", "ecr").describe_repositories()["repositories"] == []


def test_a_name_given_twice_is_refused(cloud: Cloud) -> None:
    make(cloud, "mine", "victim")
    body = b'{"repositoryName": "mine", "repositoryName": "victim"}'
    assert cloud.call("registry", "ecr", headers=ecr_headers("DeleteRepository"), body=body).status == 400
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    body = b"Action=CreateUser&UserName=a&UserName=b"
    assert cloud.call("registry", "iam", headers=form, body=body).status == 400
    assert repositories(cloud) == ["mine", "victim"]


def test_an_operation_of_another_service_is_not_found(cloud: Cloud) -> None:
    headers = {"X-Amz-Target": "AWSOrganizationsV20161128.ListAccounts", "Content-Type": "application/x-amz-json-1.1"}
    answer = cloud.call("management", "ecr", headers=headers, body=b"{}")
    assert (answer.status, json.loads(answer.body)["__type"]) == (400, "UnknownOperationException")


def test_a_target_header_is_refused_where_the_path_names_the_operation(cloud: Cloud) -> None:
    headers = {"X-Amz-Target": "AWSLambda.DeleteFunction"}
    assert cloud.call("workload", "lambda", method="GET", target="/2015-03-31/functions", headers=headers).status == 400
    assert cloud.call("workload", "lambda", method="GET", target="/2015-03-31/functions?Action=x").status == 400


@pytest.mark.parametrize(
    "target", ["/2015-03-31/functions/../functions/f", "/2015-03-31//functions", "/2015-03-31/./functions"]
)
def test_a_path_has_one_spelling(cloud: Cloud, target: str) -> None:
    answer = cloud.call("workload", "lambda", method="GET", target=target)
    assert answer.status in (400, 403)


@pytest.mark.parametrize("path", ["/data.json", "/reset", "/embedded/state.sqlite3", "/_labkit/world"])
def test_there_is_no_door_without_a_signature_or_the_labs_token(cloud: Cloud, path: str) -> None:
    answer = cloud.send("POST", path, {})
    assert answer.status in (400, 403) and b"secret" not in answer.body.lower()
