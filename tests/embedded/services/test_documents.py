"""`labkit check` and the services that store documents do not contradict each other: what passes is stored, no more."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings

from labkit.check import DOCUMENT_KINDS, check
from labkit.embedded.records import registries
from tests.check.made_up import DOCUMENT, nearly_right
from tests.embedded.conftest import Cloud
from tests.embedded.lab_of_tests import REGION, REGISTRY

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}},
    }
)
Store = Callable[[str], None]


@pytest.fixture
def stores(cloud: Cloud) -> dict[str, Store]:
    """By kind of document, what stores a text, or raises ClientError; everybody whom the texts name exists."""
    iam, ecr = cloud.client("registry", "iam"), cloud.client("registry", "ecr")
    organizations, sts = cloud.client("management", "organizations"), cloud.client("registry", "sts")
    iam.create_role(RoleName="x", AssumeRolePolicyDocument=TRUST)
    workload = cloud.client("workload", "iam")
    workload.create_role(RoleName="Deployer", Path="/path/", AssumeRolePolicyDocument=TRUST)
    trusting = TRUST.replace('{"Service": "lambda.amazonaws.com"}', '{"AWS": "813835382529"}')
    role = iam.create_role(RoleName="own", AssumeRolePolicyDocument=trusting)["Role"]["Arn"]

    def managed(text: str) -> None:
        made = iam.create_policy(PolicyName="p", PolicyDocument=text)["Policy"]
        iam.delete_policy(PolicyArn=made["Arn"])

    def of_organization(kind: str) -> Store:
        def store(text: str) -> None:
            made = organizations.create_policy(Content=text, Description="d", Name="n", Type=kind)["Policy"]
            organizations.delete_policy(PolicyId=made["PolicySummary"]["Id"])

        return store

    numbers = count()

    def of_repository(text: str) -> None:
        name = f"app-{next(numbers)}"  # an earlier policy may deny that it is replaced
        ecr.create_repository(repositoryName=name)
        ecr.set_repository_policy(repositoryName=name, policyText=text, force=True)

    def of_registry(text: str) -> None:
        ecr.put_registry_policy(policyText=text)
        database = cloud.embedded.database
        with database.write():  # it may deny whatever comes next, its own removal too
            registries.set_policy(database, REGISTRY, REGION, None)

    return {
        "identity": lambda text: iam.put_role_policy(RoleName="x", PolicyName="p", PolicyDocument=text),
        "managed": managed,
        "session": lambda text: sts.assume_role(RoleArn=role, RoleSessionName="session", Policy=text),
        "trust": lambda text: iam.update_assume_role_policy(RoleName="x", PolicyDocument=text),
        "scp": of_organization("SERVICE_CONTROL_POLICY"),
        "rcp": of_organization("RESOURCE_CONTROL_POLICY"),
        "ecr-repository": of_repository,
        "ecr-registry": of_registry,
    }


def is_stored(store: Store, text: str) -> bool:
    try:
        store(text)
    except ClientError as refused:
        assert refused.response["ResponseMetadata"]["HTTPStatusCode"] < 500, (text, refused)
        return False
    return True


def trusting(value: dict[str, Any]) -> dict[str, Any]:
    """The document with actions of STS, so that it may be a trust policy."""
    text = json.dumps(value).replace("ecr:BatchGetImage", "sts:AssumeRole").replace("ecr:", "sts:")
    changed: dict[str, Any] = json.loads(text)
    return changed


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=20)
@given(DOCUMENT | nearly_right(True, False) | nearly_right(False, True) | nearly_right(True, True))
def test_a_document_is_stored_if_and_only_if_the_check_passes_it(
    stores: dict[str, Store], value: dict[str, Any]
) -> None:
    for kind, store in stores.items():
        text = json.dumps(trusting(value) if kind == "trust" else value)
        assert is_stored(store, text) == check(text, DOCUMENT_KINDS[kind]).passes(), (kind, text)
