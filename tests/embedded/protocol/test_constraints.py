"""What is demanded of parameters, in the words of each service."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labkit.embedded.protocol.constraints import compile_pattern
from labkit.embedded.protocol.models import SERVICES, service_model
from tests.embedded.conftest import Cloud
from tests.embedded.lab_of_tests import refusal

NAME = "[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*)*"
ROLE = "arn:aws:iam::592444418872:role/r"


@pytest.mark.parametrize(
    ("operation", "params", "parameter", "constraint"),
    [
        (
            "CreateRepository",
            {"repositoryName": "Demo"},
            "repositoryName",
            f"must satisfy regular expression '{NAME}'",
        ),
        ("CreateRepository", {"repositoryName": "a"}, "repositoryName", "must have length greater than or equal to 2"),
        (
            "DescribeRepositories",
            {"repositoryNames": ["good", "a/B"]},
            "repositoryName",
            f"must satisfy regular expression '{NAME}'",
        ),
        (
            "CreateRepository",
            {"repositoryName": "demo", "imageTagMutability": "NEVER"},
            "imageTagMutability",
            "Member must satisfy enum value set: "
            "[MUTABLE, IMMUTABLE, IMMUTABLE_WITH_EXCLUSION, MUTABLE_WITH_EXCLUSION]",
        ),
        (
            "BatchGetImage",
            {"repositoryName": "demo", "imageIds": []},
            "imageIds",
            "Member must have length greater than or equal to 1",
        ),
        (
            "GetAuthorizationToken",
            {"registryIds": ["81383538252"]},
            "registryIds",
            "Member must satisfy constraint: [Member must satisfy regular expression pattern: [0-9]{12}]",
        ),
        (
            "SetRepositoryPolicy",
            {"repositoryName": "demo", "policyText": "x" * 10_241},
            "policyText",
            "must have length less than or equal to 10240",
        ),
    ],
)
def test_ecr_names_the_first_violation_in_a_form_of_its_own(
    cloud: Cloud, operation: str, params: dict[str, Any], parameter: str, constraint: str
) -> None:
    headers = {
        "X-Amz-Target": f"AmazonEC2ContainerRegistry_V20150921.{operation}",
        "Content-Type": "application/x-amz-json-1.1",
    }
    answer = cloud.call("registry", "ecr", headers=headers, body=json.dumps(params).encode())
    text = f"Invalid parameter at '{parameter}' failed to satisfy constraint: '{constraint}'"
    assert answer.status == 400
    assert json.loads(answer.body) == {"__type": "InvalidParameterException", "message": text}


def violations(cloud: Cloud, **params: Any) -> str:
    code, status, text = refusal(cloud.client("workload", "lambda").create_function, **params)
    assert (code, status) == ("ValidationException", 400)
    return text


def test_lists_are_shown_as_aws_shows_them(cloud: Cloud) -> None:
    function = {"FunctionName": "f", "Role": ROLE, "Code": {"ImageUri": "x"}}
    assert violations(cloud, **function, Architectures=["x86_64", "arm64"]) == (
        "1 validation error detected: Value '[x86_64, arm64]' at 'architectures' failed to satisfy constraint: "
        "Member must have length less than or equal to 1"
    )
    assert violations(cloud, **function, Architectures=["mips"]) == (
        "1 validation error detected: Value '[mips]' at 'architectures' failed to satisfy constraint: "
        "Member must satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64], Member must not be null]"
    )
    long = "sg" * 150
    assert violations(cloud, **function, VpcConfig={"SecurityGroupIds": [long]}) == (
        f"1 validation error detected: Value '[{long}]' at 'vpcConfig.securityGroupIds' failed to satisfy constraint: "
        "Member must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length "
        "greater than or equal to 0, Member must satisfy regular expression pattern: sg-[0-9a-zA-Z]*]"
    )


def test_all_violations_are_told_at_once(cloud: Cloud) -> None:
    text = violations(cloud, FunctionName="f", Role="r", Code={}, KMSKeyArn="k")
    assert text.startswith("2 validation errors detected: Value 'r' at 'role' failed to satisfy constraint: ")
    assert "; Value 'k' at 'kMSKeyArn' failed to satisfy constraint: Member must satisfy regular expression" in text


def test_every_pattern_of_the_models_can_be_checked() -> None:
    patterns = {
        pattern
        for service in SERVICES
        for name in service_model(service).shape_names
        if (pattern := service_model(service).shape_for(name).metadata.get("pattern"))
    }
    assert [pattern for pattern in patterns if compile_pattern(pattern) is None] == []


@pytest.mark.parametrize("service", ["iam", "lambda", "organizations", "sts"])
def test_tags_are_written_in_any_language_and_with_few_signs(service: str) -> None:
    model = service_model(service)
    pattern = next(model.shape_for(name) for name in model.shape_names if name.lower() in ("tagkey", "tagkeytype"))
    compiled = compile_pattern(pattern.metadata["pattern"])
    assert compiled is not None
    for good in ("Grün 1", "部門", "ключ", "a_b.c:d/e=f+g-h@i", "\u00a0", "½²"):
        assert compiled.fullmatch(good), good
    for bad in ("a!", "a,b", "\t", "a\nb", "😀", "a*", "{a}", "a\\b", "\u0301"):
        assert not compiled.fullmatch(bad), bad
