"""IAM's entities: what is made, shown, refused and deleted, in AWS's shapes and words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.embedded.conftest import Cloud

ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
LAMBDA_TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": ["sts:AssumeRole"], "Principal": {"Service": ["lambda.amazonaws.com"]}}
        ],
    }
)


def refusal(call: Any, **params: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def test_the_articles_role_is_made(cloud: Cloud) -> None:
    iam = cloud.client("registry", "iam")
    role = iam.create_role(RoleName="LambdaRoleWithoutPermissions", AssumeRolePolicyDocument=LAMBDA_TRUST)["Role"]
    assert role["Arn"] == "arn:aws:iam::813835382529:role/LambdaRoleWithoutPermissions"
    assert role["RoleId"].startswith("AROA327C6N4A") and len(role["RoleId"]) == 21
    assert set(role) == {"Path", "RoleName", "RoleId", "Arn", "CreateDate", "AssumeRolePolicyDocument"}
    shown = iam.get_role(RoleName="LambdaRoleWithoutPermissions")["Role"]
    assert shown == {**role, "MaxSessionDuration": 3600, "RoleLastUsed": {}}
    listed = iam.list_roles()
    assert listed["Roles"] == [{**role, "MaxSessionDuration": 3600}] and listed["IsTruncated"] is False
    iam.delete_role(RoleName="LambdaRoleWithoutPermissions")
    assert iam.list_roles()["Roles"] == []
