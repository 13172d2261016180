"""Requests of botocore, read back: what boto3 sends is what a handler gets."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.awsrequest import create_request_object, prepare_request_dict
from botocore.serialize import create_serializer

from labkit.embedded.protocol.calls import ServiceError
from labkit.embedded.protocol.models import operation_model, service_model
from labkit.embedded.protocol.wire import HttpRequest
from labkit.embedded.request.parse import parse
from labkit.embedded.request.values import read_json

CALLS: list[tuple[str, str, dict[str, Any]]] = [
    ("sts", "GetCallerIdentity", {}),
    (
        "sts",
        "AssumeRole",
        {"RoleArn": "arn:aws:iam::592444418872:role/R", "RoleSessionName": "a+b=c@d", "DurationSeconds": 900},
    ),
    ("sts", "AssumeRole", {"RoleArn": "a" * 20, "RoleSessionName": "ab", "Tags": [{"Key": "k", "Value": "v & w"}]}),
    (
        "iam",
        "CreateRole",
        {"RoleName": "R", "AssumeRolePolicyDocument": '{"a": "ü\n"}', "Tags": [{"Key": "a", "Value": ""}]},
    ),
    ("iam", "UntagRole", {"RoleName": "R", "TagKeys": ["a", "b", "c"]}),
    ("iam", "ListUsers", {"MaxItems": 5}),
    ("ecr", "PutImage", {"repositoryName": "a/b", "imageManifest": '{"x": "\\u00e9"}', "imageTag": "1"}),
    (
        "ecr",
        "UploadLayerPart",
        {"repositoryName": "a", "uploadId": "u", "partFirstByte": 0, "partLastByte": 3, "layerPartBlob": b"\0\xff\n4"},
    ),
    (
        "ecr",
        "BatchGetImage",
        {"repositoryName": "a", "imageIds": [{"imageTag": "1"}, {"imageDigest": "sha256:" + "0" * 64}]},
    ),
    (
        "organizations",
        "CreatePolicy",
        {"Name": "n", "Type": "SERVICE_CONTROL_POLICY", "Content": "{}", "Description": ""},
    ),
    (
        "lambda",
        "CreateFunction",
        {
            "FunctionName": "f",
            "Role": "r",
            "Code": {"ImageUri": "u"},
            "Environment": {"Variables": {"A": "1"}},
            "Timeout": 7,
        },
    ),
    (
        "lambda",
        "Invoke",
        {
            "FunctionName": "arn:aws:lambda:eu-central-1:592444418872:function:f:1",
            "Payload": b"\x00{}",
            "InvocationType": "Event",
        },
    ),
    ("lambda", "GetFunction", {"FunctionName": "a/b c", "Qualifier": "$LATEST"}),
    (
        "lambda",
        "UntagResource",
        {"Resource": "arn:aws:lambda:eu-central-1:592444418872:function:f", "TagKeys": ["a", "b&c"]},
    ),
    ("lambda", "ListFunctions", {"MaxItems": 5, "Marker": "a=b"}),
    ("lambda", "DeleteFunction", {"FunctionName": "f"}),
]


@pytest.mark.parametrize(("service", "operation", "params"), CALLS, ids=[f"{c[0]}:{c[1]}" for c in CALLS])
def test_what_botocore_writes_is_read_back(service: str, operation: str, params: dict[str, Any]) -> None:
    found, read = parse(written(service, operation, params), service)
    assert (found.name, read) == (operation, params)


def written(service: str, operation: str, params: dict[str, Any]) -> HttpRequest:
    model = operation_model(service, operation)
    raw = create_serializer(service_model(service).protocol, include_validation=False).serialize_to_request(
        params, model
    )
    prepare_request_dict(raw, "http://127.0.0.1:1", context={})
    prepared = create_request_object(raw).prepare()
    path, _, query = prepared.url.removeprefix("http://127.0.0.1:1").partition("?")
    body = prepared.body if isinstance(prepared.body, bytes) else (prepared.body or "").encode()
    return HttpRequest(prepared.method, path, query, {k.lower(): str(v) for k, v in prepared.headers.items()}, body)


def ask(service: str, **parts: Any) -> str:
    given = {"method": "POST", "path": "/", "query": "", "headers": {}, "body": b"", **parts}
    with pytest.raises(ServiceError) as caught:
        parse(HttpRequest(**given), service)
    assert caught.value.status == 400
    return caught.value.code


def ecr(operation: str, body: bytes) -> dict[str, Any]:
    return {"headers": {"x-amz-target": f"AmazonEC2ContainerRegistry_V20150921.{operation}"}, "body": body}


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b"NaN",
        b'{"repositoryName": 1}',
        b'{"tags": {}}',
        b'{"tags": [1]}',
        b'{"repositoryName": "a", "repositoryName": "a"}',
        b"\xff",
        b"[" * 100_000,
    ],
)
def test_a_body_that_does_not_fit_the_shape_is_a_serialization_error(body: bytes) -> None:
    assert ask("ecr", **ecr("CreateRepository", body)) == "SerializationException"


def test_members_that_the_model_does_not_have_are_dropped() -> None:
    request = HttpRequest(
        "POST", "/", "", **ecr("CreateRepository", b'{"repositoryName": "a", "evil": 1, "tags": null}')
    )
    assert parse(request, "ecr")[1] == {"repositoryName": "a"}


@pytest.mark.parametrize("body", [b"Action=Nope", b"", b"Action=GetUser&Version=1999-01-01"])
def test_an_operation_that_is_not_in_the_model_is_unknown(body: bytes) -> None:
    assert ask("iam", body=body) == "InvalidAction"


@pytest.mark.parametrize(
    "body", [b"Action=ListUsers&MaxItems=x", b"Action=GetUser&UserName=%ff", b"Action=GetUser&UserName=%01"]
)
def test_a_form_with_wrong_values_is_malformed(body: bytes) -> None:
    assert ask("iam", body=body) == "MalformedInput"


def test_a_query_can_stand_in_the_url() -> None:
    request = HttpRequest("GET", "/", "Action=GetUser&UserName=a+b&X-Amz-Date=x", {}, b"")
    assert parse(request, "iam")[1] == {"UserName": "a b"}


def test_a_list_with_a_gap_ends_at_the_gap() -> None:
    request = HttpRequest("POST", "/", "", {}, b"Action=UntagRole&TagKeys.member.1=a&TagKeys.member.3=c")
    assert parse(request, "iam")[1] == {"TagKeys": ["a"]}


def test_an_unknown_path_is_an_unknown_operation() -> None:
    assert ask("lambda", path="/2015-03-31/nothing") == "UnknownOperationException"
    assert ask("lambda", path="/2015-03-31/functions", method="PATCH") == "UnknownOperationException"


@pytest.mark.parametrize("given", [1_700_000_000, 1_700_000_000.0, "2023-11-14T22:13:20Z"])
def test_timestamps_are_read_in_every_form(given: Any) -> None:
    shape = operation_model("iam", "GetUser").output_shape.members["User"].members["CreateDate"]
    assert read_json(shape, given, "t") == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
