"""What every test of Organizations needs: a member account, documents, and refusals with their reasons."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.embedded.conftest import Cloud

ROOT, WORKLOADS, PRODUCTION = "r-lab1", "ou-lab1-workloads", "ou-lab1-production"
WORKLOAD, MANAGEMENT = "592444418872", "111122223333"
SCP, RCP = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"
FULL_SCP, FULL_RCP = "p-FullAWSAccess", "p-RCPFullAWSAccess"
_TABLES = (
    "account member organization unit policy_type organization_policy "
    "organization_attachment account_request tag entity"
)


def reason(call: Any, **params: Any) -> str:
    """Code of the error that a call gets, with the Reason that its shape has: ``ConstraintViolationException X``."""
    with pytest.raises(ClientError) as caught:
        call(**params)
    answer: Any = caught.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert answer["Message"] == answer["Error"]["Message"]
    return " ".join(filter(None, (answer["Error"]["Code"], answer.get("Reason"))))


def document(effect: str = "Deny", action: str = "iam:ListUsers", **more: Any) -> str:
    """A policy of one statement."""
    return json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": action, "Resource": "*", **more}]}
    )


def create(organizations: Any, name: str, kind: str = SCP, content: str | None = None, **more: Any) -> str:
    """The id of a new policy."""
    content = content or (document() if kind == SCP else document("Deny", "ecr:BatchGetImage", Principal="*"))
    made = organizations.create_policy(Name=name, Description="", Type=kind, Content=content, **more)
    return str(made["Policy"]["PolicySummary"]["Id"])


def new_account(organizations: Any, name: str, **more: Any) -> str:
    """The number of a new member account."""
    asked = organizations.create_account(AccountName=name, Email=f"{name}@example.com", **more)["CreateAccountStatus"]
    done = organizations.describe_create_account_status(CreateAccountRequestId=asked["Id"])["CreateAccountStatus"]
    return str(done["AccountId"])


def new_units(organizations: Any, parent: str, *names: str) -> list[str]:
    """The ids of new units, each below the one before."""
    made = []
    for name in names:
        unit = organizations.create_organizational_unit(ParentId=parent, Name=name)["OrganizationalUnit"]
        made.append(parent := str(unit["Id"]))
    return made


def kept(cloud: Cloud) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that the state has of organizations and accounts."""
    db = cloud.embedded.database
    return {table: [tuple(row) for row in db.all(f"SELECT * FROM {table}")] for table in _TABLES.split()}
