"""Principals in stored policies are bound to ids: who is deleted and made anew is somebody else."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from tests.embedded.conftest import Cloud
from tests.embedded.services.iam.common import ADMIN, REGISTRY, WORKLOAD, allow, as_role, as_user, refusal, trust

TARGET = f"arn:aws:iam::{REGISTRY}:role/Target"


def principals(document: Any) -> Any:
    """Whom the only statement of a policy names."""
    return document["Statement"][0]["Principal"]


@pytest.fixture
def iam(cloud: Cloud) -> Any:
    """IAM of the registry's account."""
    return cloud.client("registry", "iam")


@pytest.fixture
def there(cloud: Cloud) -> Any:
    """IAM of the workload's account, with a role and a user that may do everything."""
    there = cloud.client("workload", "iam")
    _make(there)
    return there


def _make(there: Any) -> tuple[str, str]:
    role = there.create_role(RoleName="Caller", Path="/team/", AssumeRolePolicyDocument=trust(AWS=WORKLOAD))["Role"]
    user = there.create_user(UserName="ann")["User"]
    there.attach_role_policy(RoleName="Caller", PolicyArn=ADMIN)
    there.attach_user_policy(UserName="ann", PolicyArn=ADMIN)
    return role["RoleId"], user["UserId"]


def _unmake(there: Any) -> None:
    there.detach_role_policy(RoleName="Caller", PolicyArn=ADMIN)
    there.detach_user_policy(UserName="ann", PolicyArn=ADMIN)
    for key in there.list_access_keys(UserName="ann")["AccessKeyMetadata"]:
        there.delete_access_key(UserName="ann", AccessKeyId=key["AccessKeyId"])
    there.delete_role(RoleName="Caller")
    there.delete_user(UserName="ann")


CALLER, ANN = f"arn:aws:iam::{WORKLOAD}:role/team/Caller", f"arn:aws:iam::{WORKLOAD}:user/ann"


@pytest.mark.aws("IAM User Guide, principal element", "high")
def test_a_trust_policy_shows_the_ids_of_those_who_are_deleted(cloud: Cloud, iam: Any, there: Any) -> None:
    ids = {there.get_role(RoleName="Caller")["Role"]["RoleId"], there.get_user(UserName="ann")["User"]["UserId"]}
    iam.create_role(RoleName="Target", AssumeRolePolicyDocument=trust(AWS=[CALLER, ANN]))
    caller = as_role(cloud, cloud.client("workload", "sts"), CALLER, "sts")
    ann = as_user(cloud, there, "ann", "sts")
    for client in (caller, ann):
        client.assume_role(RoleArn=TARGET, RoleSessionName="me")
    _unmake(there)
    shown = iam.get_role(RoleName="Target")["Role"]["AssumeRolePolicyDocument"]
    assert set(principals(shown)["AWS"]) == ids
    _make(there)
    for client in (as_role(cloud, cloud.client("workload", "sts"), CALLER, "sts"), as_user(cloud, there, "ann", "sts")):
        status, code, text = refusal(client.assume_role, RoleArn=TARGET, RoleSessionName="me")
        assert (status, code) == (403, "AccessDenied"), text
    iam.update_assume_role_policy(RoleName="Target", PolicyDocument=trust(AWS=[CALLER, ANN]))
    as_role(cloud, cloud.client("workload", "sts"), CALLER, "sts").assume_role(RoleArn=TARGET, RoleSessionName="me")


def test_a_repositorys_policy_shows_the_ids_of_those_who_are_deleted(cloud: Cloud, there: Any) -> None:
    role_id = there.get_role(RoleName="Caller")["Role"]["RoleId"]
    ecr = cloud.client("registry", "ecr")
    ecr.create_repository(repositoryName="app")
    statement = {"Effect": "Allow", "Action": "ecr:ListImages", "Principal": {"AWS": CALLER}}
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    ecr.set_repository_policy(repositoryName="app", policyText=text)
    listing = {"repositoryName": "app", "registryId": REGISTRY}
    sts = cloud.client("workload", "sts")
    as_role(cloud, sts, CALLER, "ecr").list_images(**listing)
    _unmake(there)
    shown = json.loads(ecr.get_repository_policy(repositoryName="app")["policyText"])
    assert principals(shown) == {"AWS": role_id}
    _make(there)
    assert refusal(as_role(cloud, sts, CALLER, "ecr").list_images, **listing)[1] == "AccessDeniedException"


def test_a_policy_follows_a_user_that_is_renamed(cloud: Cloud, iam: Any, there: Any) -> None:
    iam.create_role(RoleName="Target", AssumeRolePolicyDocument=trust(AWS=ANN))
    ann = as_user(cloud, there, "ann", "sts")
    there.update_user(UserName="ann", NewUserName="eve")
    shown = iam.get_role(RoleName="Target")["Role"]["AssumeRolePolicyDocument"]
    assert principals(shown) == {"AWS": ANN.replace("ann", "eve")}
    ann.assume_role(RoleArn=TARGET, RoleSessionName="me")
    there.create_user(UserName="ann")
    there.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=allow())
    other = as_user(cloud, there, "ann", "sts")
    assert refusal(other.assume_role, RoleArn=TARGET, RoleSessionName="me")[1] == "AccessDenied"


def test_who_is_no_longer_named_is_no_longer_bound(cloud: Cloud, iam: Any, there: Any) -> None:
    iam.create_role(RoleName="Target", AssumeRolePolicyDocument=trust(AWS=[CALLER, ANN]))
    iam.update_assume_role_policy(RoleName="Target", PolicyDocument=trust(AWS=ANN))
    assert len(cloud.embedded.database.all("SELECT * FROM bound_principal WHERE holder = ?", TARGET)) == 1
    iam.delete_role(RoleName="Target")
    assert cloud.embedded.database.all("SELECT * FROM bound_principal WHERE holder = ?", TARGET) == []


GHOSTS = [
    f"arn:aws:iam::{REGISTRY}:role/Missing",
    f"arn:aws:iam::{REGISTRY}:user/Missing",
    f"arn:aws:iam::{WORKLOAD}:role/Caller",  # without its path
    f"arn:aws:iam::{WORKLOAD}:user/team/Caller",  # it is a role
    f"arn:aws:iam::{WORKLOAD}:role/*",
    f"arn:aws:iam::{WORKLOAD}:group/g",
    "arn:aws:iam::999999999999:root",
    "arn:aws:iam::999999999999:role/Missing",
    "999999999999",
    "AROA327C6N4A7MISSING7",
]


@pytest.mark.parametrize("ghost", GHOSTS)
@pytest.mark.aws("aws-cdk #5746, terraform-provider-aws #8905", "high")
def test_a_trust_policy_names_nobody_who_does_not_exist(iam: Any, there: Any, ghost: str) -> None:
    refused = (400, "MalformedPolicyDocument", f'Invalid principal in policy: "AWS":"{ghost}"')
    document = trust(AWS=[CALLER, ghost])
    assert refusal(iam.create_role, RoleName="Target", AssumeRolePolicyDocument=document) == refused
    assert iam.list_roles()["Roles"] == []
    iam.create_role(RoleName="Target", AssumeRolePolicyDocument=trust())
    assert refusal(iam.update_assume_role_policy, RoleName="Target", PolicyDocument=document) == refused
    assert principals(iam.get_role(RoleName="Target")["Role"]["AssumeRolePolicyDocument"]) == principals(
        json.loads(trust())
    )


@pytest.mark.parametrize(
    "known", [WORKLOAD, f"arn:aws:iam::{WORKLOAD}:root", CALLER, ANN, f"arn:aws:sts::{WORKLOAD}:assumed-role/Caller/me"]
)
def test_a_trust_policy_names_who_exists(iam: Any, there: Any, known: str) -> None:
    iam.create_role(RoleName="Target", AssumeRolePolicyDocument=trust(AWS=known))
    assert principals(iam.get_role(RoleName="Target")["Role"]["AssumeRolePolicyDocument"]) == {"AWS": known}


def test_an_id_of_somebody_who_exists_is_stored_as_the_arn(iam: Any, there: Any) -> None:
    id = there.get_role(RoleName="Caller")["Role"]["RoleId"]
    iam.create_role(RoleName="Target", AssumeRolePolicyDocument=trust(AWS=id))
    assert principals(iam.get_role(RoleName="Target")["Role"]["AssumeRolePolicyDocument"]) == {"AWS": CALLER}


def test_the_log_says_how_to_let_an_account_exist(iam: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "labkit.embedded"):
        refusal(iam.create_role, RoleName="Target", AssumeRolePolicyDocument=trust(AWS="999999999999"))
    assert "'labkit up --account 999999999999' makes it exist" in caplog.text
