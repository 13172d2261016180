"""Signatures: what is let in, what is kept out, and with which code in which protocol."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.exceptions import ClientError

from tests.embedded.conftest import Cloud, session_keys

WHO_AM_I = b"Action=GetCallerIdentity&Version=2011-06-15"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
ROLE_TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::592444418872:root"},
            "Action": "sts:AssumeRole",
        },
    }
)
CODES = {
    "sts": ("get_caller_identity", "InvalidClientTokenId", "SignatureDoesNotMatch", "ExpiredToken", 403),
    "iam": ("list_roles", "InvalidClientTokenId", "SignatureDoesNotMatch", "ExpiredToken", 403),
    "ecr": (
        "describe_repositories",
        "UnrecognizedClientException",
        "InvalidSignatureException",
        "ExpiredTokenException",
        400,
    ),
    "organizations": (
        "describe_organization",
        "UnrecognizedClientException",
        "InvalidSignatureException",
        "ExpiredTokenException",
        400,
    ),
    "lambda": (
        "list_functions",
        "UnrecognizedClientException",
        "InvalidSignatureException",
        "ExpiredTokenException",
        403,
    ),
}


def refusal(call: Callable[[], Any]) -> tuple[str, int]:
    with pytest.raises(ClientError) as caught:
        call()
    return caught.value.response["Error"]["Code"], caught.value.response["ResponseMetadata"]["HTTPStatusCode"]


def make_session(cloud: Cloud, **more: Any) -> dict[str, str]:
    cloud.client("workload", "iam").create_role(RoleName="R", AssumeRolePolicyDocument=ROLE_TRUST)
    sts = cloud.client("workload", "sts")
    answer = sts.assume_role(RoleArn="arn:aws:iam::592444418872:role/R", RoleSessionName="Test", **more)
    return session_keys(answer["Credentials"])


@pytest.mark.parametrize("service", CODES)
def test_an_unknown_key_is_refused_in_the_words_of_the_protocol(cloud: Cloud, service: str) -> None:
    operation, unknown, _, _, status = CODES[service]
    client = cloud.client({"aws_access_key_id": "AKIAUNKNOWNUNKNOWN00", "aws_secret_access_key": "x"}, service)
    assert refusal(getattr(client, operation)) == (unknown, status)


@pytest.mark.parametrize("service", CODES)
def test_a_wrong_secret_is_refused_in_the_words_of_the_protocol(cloud: Cloud, service: str) -> None:
    operation, _, mismatch, _, status = CODES[service]
    client = cloud.client({**cloud.keys("workload"), "aws_secret_access_key": "wrong"}, service)
    assert refusal(getattr(client, operation)) == (mismatch, status)


@pytest.mark.parametrize("service", CODES)
def test_a_session_ends_when_its_time_is_over(cloud: Cloud, service: str) -> None:
    operation, _, _, expired, status = CODES[service]
    keys = make_session(cloud, DurationSeconds=900)
    cloud.clock.move(seconds=899)
    assert cloud.client(keys, "sts").get_caller_identity()["Account"] == "592444418872"
    cloud.clock.move(seconds=1)
    assert refusal(getattr(cloud.client(keys, service), operation)) == (expired, status)


@pytest.mark.parametrize("token", [None, "IQoJb3JpZ2luX2VjEsomebodyelses"])
def test_a_session_needs_its_own_token(cloud: Cloud, token: str | None) -> None:
    keys = {**make_session(cloud), "aws_session_token": token}
    assert refusal(cloud.client(keys, "sts").get_caller_identity) == ("InvalidClientTokenId", 403)


def test_a_token_does_not_go_with_a_long_term_key(cloud: Cloud) -> None:
    keys = {**cloud.keys("workload"), "aws_session_token": "IQoJ"}
    assert refusal(cloud.client(keys, "sts").get_caller_identity) == ("InvalidClientTokenId", 403)


def test_an_inactive_key_is_refused_until_it_is_active_again(cloud: Cloud) -> None:
    iam = cloud.client("workload", "iam")
    iam.create_user(UserName="ann")
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    ann = cloud.client(keys, "sts")
    assert ann.get_caller_identity()["Arn"] == "arn:aws:iam::592444418872:user/ann"
    iam.update_access_key(UserName="ann", AccessKeyId=key["AccessKeyId"], Status="Inactive")
    assert refusal(ann.get_caller_identity) == ("InvalidClientTokenId", 403)
    iam.update_access_key(UserName="ann", AccessKeyId=key["AccessKeyId"], Status="Active")
    assert ann.get_caller_identity()["UserId"].startswith("AIDA")


@pytest.mark.parametrize("anew", [False, True])
def test_a_session_does_not_outlive_its_role(cloud: Cloud, anew: bool) -> None:
    keys = make_session(cloud)
    iam = cloud.client("workload", "iam")
    iam.delete_role(RoleName="R")
    if anew:
        iam.create_role(RoleName="R", AssumeRolePolicyDocument=ROLE_TRUST)
    assert refusal(cloud.client(keys, "sts").get_caller_identity) == ("InvalidClientTokenId", 403)


def test_a_session_token_of_a_user_ends_with_the_key_that_asked_for_it(cloud: Cloud) -> None:
    iam = cloud.client("workload", "iam")
    iam.create_user(UserName="ann")
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    own = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    keys = session_keys(cloud.client(own, "sts").get_session_token()["Credentials"])
    assert cloud.client(keys, "sts").get_caller_identity()["Arn"].endswith(":user/ann")
    iam.delete_access_key(UserName="ann", AccessKeyId=key["AccessKeyId"])
    assert refusal(cloud.client(keys, "sts").get_caller_identity) == ("InvalidClientTokenId", 403)


@pytest.mark.parametrize("seconds", [-301, 301])
@pytest.mark.aws("IAM User Guide, Signature Version 4", "high")
def test_a_signature_is_good_for_five_minutes_around_now(cloud: Cloud, seconds: int) -> None:
    request: dict[str, Any] = {"headers": FORM, "body": WHO_AM_I}
    early = cloud.signed("workload", "sts", **request)
    cloud.clock.move(seconds=seconds - seconds // abs(seconds))
    assert cloud.send("POST", "/", early, WHO_AM_I).status == 200
    cloud.clock.move(seconds=seconds // abs(seconds))
    answer = cloud.send("POST", "/", early, WHO_AM_I)
    assert answer.status == 403 and b"<Code>SignatureDoesNotMatch</Code>" in answer.body


def test_an_unsigned_request_is_told_so(cloud: Cloud) -> None:
    answer = cloud.send("POST", "/", FORM, WHO_AM_I)
    assert answer.status == 403 and b"<Code>MissingAuthenticationToken</Code>" in answer.body
    target = {"X-Amz-Target": "AmazonEC2ContainerRegistry_V20150921.DescribeRepositories"}
    answer = cloud.send("POST", "/", target, b"{}")
    assert answer.status == 400 and json.loads(answer.body)["__type"] == "MissingAuthenticationTokenException"
    answer = cloud.send("GET", "/2015-03-31/functions", {})
    assert (answer.status, answer.headers["x-amzn-ErrorType"]) == (403, "MissingAuthenticationTokenException")


def tampered(name: str, value: str) -> Callable[[dict[str, str]], dict[str, str]]:
    return lambda headers: {**headers, name: value}


@pytest.mark.parametrize(
    "change",
    [
        tampered("Host", "evil.example"),
        tampered("X-Amz-Date", "20260115T120001Z"),
        tampered("X-Amz-Target", "AmazonEC2ContainerRegistry_V20150921.DescribeRepositories"),
        tampered("X-Amz-Security-Token", "IQoJ"),
        tampered("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD"),
        tampered("X-Amz-Content-Sha256", "0" * 64),
        lambda headers: {**headers, "Authorization": headers["Authorization"].replace("eu-central-1", "us-east-1")},
        lambda headers: {**headers, "Authorization": headers["Authorization"].replace("/sts/", "/iam/")},
        lambda headers: {**headers, "Authorization": headers["Authorization"].replace("host;", "")},
        lambda headers: {**headers, "Authorization": headers["Authorization"][:-1] + "x"},
    ],
)
def test_a_signed_request_cannot_be_altered(cloud: Cloud, change: Callable[[dict[str, str]], dict[str, str]]) -> None:
    headers = cloud.signed("workload", "sts", headers=FORM, body=WHO_AM_I)
    assert cloud.send("POST", "/", headers, WHO_AM_I).status == 200
    assert cloud.send("POST", "/", change(headers), WHO_AM_I).status in (400, 403)
    assert cloud.send("POST", "/?x=1", headers, WHO_AM_I).status == 403
    assert cloud.send("POST", "/", headers, WHO_AM_I.replace(b"Caller", b"caller")).status == 403


@pytest.mark.parametrize(
    "authorization",
    [
        "Basic QVdTOng=",
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 Credential=AKIA/20260115/eu-central-1/sts, SignedHeaders=host, Signature=x",
        "AWS4-HMAC-SHA256 Credential=AKIA/20260115/eu-central-1/sts/aws4_request, SignedHeaders=host",
        "AWS4-ECDSA-P256-SHA256 Credential=AKIA/20260115/sts/aws4_request, SignedHeaders=host, Signature=x",
    ],
)
def test_a_header_that_is_no_signature_is_incomplete(cloud: Cloud, authorization: str) -> None:
    answer = cloud.send("POST", "/", {**FORM, "Authorization": authorization}, WHO_AM_I)
    assert answer.status == 400 and b"<Code>IncompleteSignature</Code>" in answer.body


def test_a_presigned_url_says_who_signed_it(cloud: Cloud) -> None:
    keys = cloud.keys("workload")
    sts = boto3.Session(**keys, region_name="eu-central-1").client("sts", endpoint_url="http://127.0.0.1:1")
    url = sts.generate_presigned_url("get_caller_identity", ExpiresIn=60, HttpMethod="GET")
    target = url.removeprefix("http://127.0.0.1:1")
    assert b":user/admin</Arn>" in cloud.send("GET", target, {"Host": "127.0.0.1:1"}).body
    assert cloud.send("GET", target.replace("Expires=60", "Expires=61"), {"Host": "127.0.0.1:1"}).status == 403
    cloud.clock.move(seconds=61)
    assert b"Signature expired" in cloud.send("GET", target, {"Host": "127.0.0.1:1"}).body


def test_a_service_that_is_not_there_is_named(cloud: Cloud) -> None:
    answer = cloud.call("workload", "s3", method="GET")
    assert answer.status == 400 and b"does not implement the service s3" in answer.body


def test_a_region_that_does_not_exist_is_refused(cloud: Cloud) -> None:
    client = cloud.client("workload", "ecr", region="eu-central-9")
    assert refusal(client.describe_repositories) == ("InvalidSignatureException", 400)


def test_every_header_that_boto3_signs_with_is_enough(cloud: Cloud) -> None:
    seen: list[AWSPreparedRequest] = []
    client = cloud.client("workload", "lambda")
    client.meta.events.register_first("before-send", lambda request, **_: seen.append(request))
    client.list_functions()
    assert b"SignedHeaders=" in seen[0].headers["Authorization"]
