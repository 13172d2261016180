"""Temporary credentials of users: what GetSessionToken and GetFederationToken give, and what they are of no use for."""

from __future__ import annotations

from typing import Any

import pytest

from tests.embedded.conftest import Cloud, session_keys
from tests.embedded.services.sts.test_sts import allow, assume, denied, make_role

INVALID = ("InvalidClientTokenId", "The security token included in the request is invalid")


def session_token(cloud: Cloud, who: str = "registry", **params: Any) -> dict[str, str]:
    return session_keys(cloud.client(who, "sts").get_session_token(**params)["Credentials"])


def federated(cloud: Cloud, **params: Any) -> dict[str, str]:
    return session_keys(cloud.client("registry", "sts").get_federation_token(Name="ann", **params)["Credentials"])


@pytest.mark.parametrize("keys_of", [session_token, federated])
@pytest.mark.aws("STS API Reference; aws-runas #11", "high")
def test_they_are_of_no_use_with_iam(cloud: Cloud, keys_of: Any) -> None:
    iam = cloud.client(keys_of(cloud), "iam")
    assert denied(iam.list_users) == INVALID


@pytest.mark.parametrize("operation", ["GetSessionToken", "GetFederationToken", "GetAccessKeyInfo"])
@pytest.mark.aws("STS API Reference, GetSessionToken", "high")
def test_of_sts_a_session_token_is_for_two_operations(cloud: Cloud, operation: str) -> None:
    make_role(cloud)
    keys = session_token(cloud)
    sts = cloud.client(keys, "sts")
    assert sts.get_caller_identity()["Arn"] == "arn:aws:iam::813835382529:user/admin"
    assert assume(cloud, keys)["Credentials"]
    params = {"GetFederationToken": {"Name": "ann"}, "GetAccessKeyInfo": {"AccessKeyId": "AKIA327C6N4AAAAAAAAA"}}
    call = {"GetSessionToken": "get_session_token", "GetFederationToken": "get_federation_token"}
    method = getattr(sts, call.get(operation, "get_access_key_info"))
    assert denied(method, **params.get(operation, {})) == (
        "AccessDenied",
        f"Cannot call {operation} with session credentials",
    )


def test_a_role_that_is_assumed_with_a_session_token_lasts_an_hour(cloud: Cloud) -> None:
    make_role(cloud, MaxSessionDuration=7200)
    message = denied(assume, cloud=cloud, who=session_token(cloud), DurationSeconds=3601)[1]
    assert message.endswith("by role chaining.")


def test_a_federated_user_has_its_own_name_and_can_ask_for_nothing_more(cloud: Cloud) -> None:
    answer = cloud.client("registry", "sts").get_federation_token(Name="ann", Policy=allow("ecr:*"))
    arn = "arn:aws:sts::813835382529:federated-user/ann"
    assert answer["FederatedUser"] == {"FederatedUserId": "813835382529:ann", "Arn": arn}
    assert (answer["Credentials"]["Expiration"] - cloud.clock.now()).total_seconds() == 43_200
    sts = cloud.client(session_keys(answer["Credentials"]), "sts")
    seen = sts.get_caller_identity()
    assert (seen["UserId"], seen["Account"], seen["Arn"]) == ("813835382529:ann", "813835382529", arn)
    make_role(cloud)
    assert denied(assume, cloud=cloud, who=session_keys(answer["Credentials"]))[0] == "AccessDenied"


def test_a_federated_user_may_do_what_both_the_user_and_the_session_policy_allow(cloud: Cloud) -> None:
    assert cloud.client(federated(cloud, Policy=allow("ecr:*")), "ecr").describe_repositories()["repositories"] == []
    other = cloud.client(federated(cloud, Policy=allow("lambda:*")), "ecr")
    assert denied(other.describe_repositories)[1].startswith(
        "User: arn:aws:sts::813835382529:federated-user/ann is not authorized to perform: ecr:DescribeRepositories"
    )
    without = cloud.client(federated(cloud), "ecr")
    assert denied(without.describe_repositories)[0] == "AccessDeniedException"


def test_a_federated_user_carries_the_users_tags_and_those_of_the_session(cloud: Cloud) -> None:
    iam = cloud.client("registry", "iam")
    iam.tag_user(UserName="admin", Tags=[{"Key": "team", "Value": "a"}, {"Key": "cost", "Value": "1"}])
    condition = {"StringEquals": {"aws:PrincipalTag/team": "b", "aws:PrincipalTag/cost": "1"}}
    policy = allow("ecr:DescribeRepositories", Condition=condition)
    with_tags = federated(cloud, Policy=policy, Tags=[{"Key": "Team", "Value": "b"}])
    assert cloud.client(with_tags, "ecr").describe_repositories()["repositories"] == []
    assert denied(cloud.client(federated(cloud, Policy=policy), "ecr").describe_repositories)[0]


@pytest.mark.parametrize(
    "arn",
    [
        "nothing-valid-in-here",
        "arn::b:::something/test-role",
        "arn:a::::something/test-role",
        "arn:a:::something/test-role",
        "arn:a:a::aaaaaaaaaa:",
    ],
)
@pytest.mark.aws("recorded by LocalStack", "recorded")
def test_what_is_no_arn_of_a_role_is_invalid(cloud: Cloud, arn: str) -> None:
    assert denied(assume, cloud=cloud, role=arn) == ("ValidationError", f"{arn} is invalid")
