"""What tests of IAM share: trust policies, refusals, clients of users and roles, everything that an account has."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.embedded.conftest import Cloud, session_keys

ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
REGISTRY, WORKLOAD = "813835382529", "592444418872"


def trust(**principal: Any) -> str:
    """A trust policy that lets ``principal`` assume the role; by default Lambda."""
    who = principal or {"Service": "lambda.amazonaws.com"}
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": who}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


NEW_ROLE = {"AssumeRolePolicyDocument": trust()}
TAGS = [{"Key": "team", "Value": "blue"}]


def allow(action: str = "*", resource: str = "*") -> str:
    """An identity policy."""
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def refusal(call: Any, **params: Any) -> tuple[int, str, str]:
    """Status, code and message with which a call is refused."""
    with pytest.raises(ClientError) as caught:
        call(**params)
    response = caught.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"], response["Error"]["Message"]


def as_user(cloud: Cloud, iam: Any, name: str, service: str) -> Any:
    """A client that signs with a new key of a user."""
    key = iam.create_access_key(UserName=name)["AccessKey"]
    keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    return cloud.client(keys, service)


def as_role(cloud: Cloud, sts: Any, arn: str, service: str) -> Any:
    """A client that signs as a session of a role."""
    answer = sts.assume_role(RoleArn=arn, RoleSessionName="me")
    return cloud.client(session_keys(answer["Credentials"]), service)


def state(cloud: Cloud) -> list[str]:
    """Every row of what IAM keeps, to see that nothing has changed."""
    tables = ("entity", "group_member", "access_key", "tag", "instance_profile", "bound_principal", "tally", "account")
    return [repr(tuple(row)) for table in tables for row in cloud.embedded.database.all(f"SELECT * FROM {table}")]
