"""Services and operations that are not there: the sentence arrives in whatever protocol the client speaks."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.embedded.conftest import Cloud

SERVICES: list[tuple[str, str, dict[str, Any]]] = [
    ("accessanalyzer", "validate_policy", {"policyDocument": "{}", "policyType": "IDENTITY_POLICY"}),  # rest-json
    ("ram", "get_resource_shares", {"resourceOwner": "SELF"}),
    ("account", "list_regions", {}),
    ("apigateway", "get_rest_apis", {}),
    ("dynamodb", "list_tables", {}),  # json
    ("ssm", "describe_parameters", {}),
    ("secretsmanager", "list_secrets", {}),
    ("logs", "describe_log_groups", {}),
    ("kms", "list_keys", {}),
    ("cloudformation", "list_stacks", {}),  # query
    ("sns", "list_topics", {}),
    ("sqs", "list_queues", {}),
    ("ec2", "describe_instances", {}),  # ec2
    ("s3", "list_buckets", {}),  # rest-xml
    ("s3", "put_object", {"Bucket": "b", "Key": "k", "Body": b"x"}),
    ("route53", "list_hosted_zones", {}),
    ("cloudfront", "list_distributions", {}),
    ("cloudhsmv2", "describe_clusters", {}),  # smithy-rpc-v2-cbor
]


@pytest.mark.parametrize(("service", "operation", "params"), SERVICES, ids=[f"{s}:{o}" for s, o, _ in SERVICES])
def test_a_service_that_is_not_there_says_so_in_its_own_protocol(
    cloud: Cloud, service: str, operation: str, params: dict[str, Any]
) -> None:
    with pytest.raises(ClientError) as caught:
        getattr(cloud.client("workload", service), operation)(**params)
    error = caught.value.response["Error"]
    assert error["Code"] in ("UnknownOperationException", "InvalidAction")
    assert error["Message"].startswith("The embedded AWS does not implement the service ")


def test_what_is_unsigned_by_design_is_not_implemented_rather_than_unsigned(cloud: Cloud) -> None:
    arn = "arn:aws:iam::592444418872"
    params = {"RoleArn": f"{arn}:role/Deployer", "PrincipalArn": f"{arn}:saml-provider/x", "SAMLAssertion": "abcd"}
    with pytest.raises(ClientError) as caught:
        cloud.client("workload", "sts").assume_role_with_saml(**params)
    assert caught.value.response["Error"] == {
        "Type": "Sender",
        "Code": "InvalidAction",
        "Message": "The embedded AWS does not implement sts:AssumeRoleWithSAML.",
    }


def test_what_has_to_be_signed_still_has_to_be(cloud: Cloud) -> None:
    answer = cloud.send(
        "POST",
        "/",
        {"Content-Type": "application/x-www-form-urlencoded"},
        b"Action=GetCallerIdentity&Version=2011-06-15",
    )
    assert answer.status == 403 and b"MissingAuthenticationToken" in answer.body
