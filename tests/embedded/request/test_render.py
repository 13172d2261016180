"""Outputs and errors in three protocols, read back by botocore's own parsers."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.awsrequest import HeadersDict
from botocore.parsers import create_parser

from labkit.embedded.protocol.calls import ServiceError
from labkit.embedded.protocol.models import operation_model, service_model
from labkit.embedded.request.render import render, render_error

WHEN = datetime(2026, 1, 15, 12, 0, 0, tzinfo=UTC)
OUTPUTS: list[tuple[str, str, dict[str, Any]]] = [
    ("sts", "GetCallerIdentity", {"UserId": "AROA:Test", "Account": "813835382529", "Arn": "arn:<&>\"'"}),
    (
        "iam",
        "GetRole",
        {
            "Role": {
                "Path": "/",
                "RoleName": "R",
                "RoleId": "A",
                "Arn": "a",
                "CreateDate": WHEN,
                "Tags": [{"Key": "k", "Value": "v"}],
            }
        },
    ),
    ("iam", "ListRoles", {"Roles": [], "IsTruncated": False}),
    ("iam", "GetAccountSummary", {"SummaryMap": {"Users": 3}}),
    ("ecr", "DescribeRepositories", {"repositories": [{"repositoryName": "a", "createdAt": WHEN}]}),
    ("ecr", "BatchGetImage", {"images": [{"imageManifest": '{"é": "\\n"}'}], "failures": []}),
    ("organizations", "ListRoots", {"Roots": [{"Id": "r-lab1", "PolicyTypes": []}]}),
    ("lambda", "ListFunctions", {"Functions": [{"FunctionName": "f", "Timeout": 3}]}),
]


def read(service: str, operation: str, answer: Any) -> dict[str, Any]:
    raw = {"status_code": answer.status, "headers": HeadersDict(answer.headers), "body": answer.body}
    parsed = create_parser(service_model(service).protocol).parse(raw, operation_model(service, operation).output_shape)
    parsed.pop("ResponseMetadata")
    return parsed


@pytest.mark.parametrize(("service", "operation", "output"), OUTPUTS, ids=[f"{o[0]}:{o[1]}" for o in OUTPUTS])
def test_what_is_rendered_is_read_back_by_botocore(service: str, operation: str, output: dict[str, Any]) -> None:
    answer = render(operation_model(service, operation), output, "id-1")
    assert answer.headers["x-amzn-RequestId"] == "id-1"
    assert read(service, operation, answer) == output


def test_an_invocation_puts_its_payload_into_the_body_and_the_rest_into_headers() -> None:
    output = {"StatusCode": 200, "Payload": b'"hi"', "ExecutedVersion": "$LATEST", "FunctionError": "Unhandled"}
    answer = render(operation_model("lambda", "Invoke"), output, "id-1")
    assert (answer.status, answer.body) == (200, b'"hi"')
    assert answer.headers["X-Amz-Executed-Version"] == "$LATEST"
    assert answer.headers["X-Amz-Function-Error"] == "Unhandled"


def test_an_operation_without_output_has_an_empty_answer() -> None:
    answer = render(operation_model("lambda", "TagResource"), {}, "id-1")
    assert (answer.status, answer.body) == (204, b"")
    assert b"<TagRoleResponse" in render(operation_model("iam", "TagRole"), {}, "id-1").body


@pytest.mark.parametrize(
    ("service", "operation"), [("sts", "AssumeRole"), ("ecr", "PutImage"), ("lambda", "CreateFunction")]
)
def test_an_error_is_read_back_by_botocore(service: str, operation: str) -> None:
    error = ServiceError("AccessDenied", "User: <you> & \x01", 403)
    parsed = read(service, operation, render_error(service, error, "id-1"))
    assert parsed["Error"]["Code"] == "AccessDenied"
    assert parsed["Error"]["Message"].startswith("User: <you> & ")


def test_further_fields_of_an_error_stand_in_its_body() -> None:
    error = ServiceError("ResourceNotFoundException", "no", 404, {"Type": "User"})
    answer = render_error("lambda", error, "id-1")
    assert json.loads(answer.body) == {"Type": "User", "Message": "no"}
    assert answer.headers["x-amzn-ErrorType"] == "ResourceNotFoundException"
