"""Somebody who calls with the policies that a test gives, and what came of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.embedded.conftest import Cloud, session_keys

ACCOUNT = "592444418872"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root", "Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        },
    }
)


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: str | list[str], resource: str = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


class Caller:
    """A role's session in the workload account, with the policies that a test gives it."""

    def __init__(self, cloud: Cloud, *statements: dict[str, Any], path: str = "/", **more: Any) -> None:
        self.cloud = cloud
        self.iam = cloud.client("workload", "iam")
        self.iam.create_role(RoleName="Caller", Path=path, AssumeRolePolicyDocument=TRUST, **more)
        if statements:
            self.may(*statements)
        arn = f"arn:aws:iam::{ACCOUNT}:role{path}Caller"
        answer = cloud.client("workload", "sts").assume_role(RoleArn=arn, RoleSessionName="Test")
        self.keys = session_keys(answer["Credentials"])

    def may(self, *statements: dict[str, Any]) -> None:
        self.iam.put_role_policy(RoleName="Caller", PolicyName="p", PolicyDocument=policy(*statements))

    def client(self, service: str) -> Any:
        return self.cloud.client(self.keys, service)


def refusal(call: Any, **params: Any) -> tuple[str, int, str]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    response = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Message"]
