"""Session tags and source identity: who may pass them, what they decide, how they go on to the next role."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.embedded.records.tags import merged
from tests.embedded.conftest import Cloud, session_keys
from tests.embedded.services.sts.test_sts import ROLE, allow, assume, denied, make_role, trust

BESIDE = {"Tags": "sts:TagSession", "SourceIdentity": "sts:SetSourceIdentity"}
ASKED: dict[str, Any] = {"Tags": [{"Key": "GitHub", "Value": "Actions"}], "SourceIdentity": "ann"}
EVERYBODY = "arn:aws:iam::813835382529:root"


def document(*actions: str, **condition: Any) -> str:
    """A trust policy that lets the account do ``actions``."""
    return trust(EVERYBODY, **condition).replace('"sts:AssumeRole"', str(list(actions)).replace("'", '"'))


def tags(**named: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in named.items()]


def user(cloud: Cloud, *actions: str) -> dict[str, str]:
    """A user of the registry account who is allowed ``actions``, as keys."""
    iam = cloud.client("registry", "iam")
    iam.create_user(UserName="ann")
    iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=allow(*actions))
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    return {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}


@pytest.mark.parametrize("parameter", BESIDE)
@pytest.mark.aws("configure-aws-credentials #54, #465", "high")
def test_the_trust_policy_must_allow_what_a_session_carries(cloud: Cloud, parameter: str) -> None:
    make_role(cloud, document("sts:AssumeRole"))
    assert denied(assume, cloud=cloud, **{parameter: ASKED[parameter]}) == (
        "AccessDenied",
        f"User: arn:aws:iam::813835382529:user/admin is not authorized to perform: {BESIDE[parameter]} "
        f"on resource: {ROLE}",
    )
    make_role(cloud, document("sts:AssumeRole", BESIDE[parameter]), "Second")
    assert assume(cloud, role=ROLE.replace("LimitedLambdaRole", "Second"), **{parameter: ASKED[parameter]})


@pytest.mark.parametrize("parameter", BESIDE)
@pytest.mark.aws("iambic #357", "high")
def test_the_callers_policies_must_allow_it_too(cloud: Cloud, parameter: str) -> None:
    make_role(cloud, document("sts:AssumeRole", BESIDE[parameter]))
    keys = user(cloud, "sts:AssumeRole")
    code, message = denied(assume, cloud=cloud, who=keys, **{parameter: ASKED[parameter]})
    assert code == "AccessDenied" and f"is not authorized to perform: {BESIDE[parameter]}" in message
    cloud.client("registry", "iam").put_user_policy(
        UserName="ann", PolicyName="more", PolicyDocument=allow(BESIDE[parameter])
    )
    assert assume(cloud, keys, **{parameter: ASKED[parameter]})


@pytest.mark.parametrize(
    ("operator", "key", "value", "good", "bad"),
    [
        ("StringEquals", "aws:RequestTag/team", "a", {"Tags": tags(team="a")}, {"Tags": tags(team="b")}),
        ("ForAllValues:StringEquals", "aws:TagKeys", "team", {"Tags": tags(team="a")}, {"Tags": tags(other="a")}),
        (
            "ForAnyValue:StringEquals",
            "sts:TransitiveTagKeys",
            "team",
            {"Tags": tags(team="a"), "TransitiveTagKeys": ["team"]},
            {"Tags": tags(team="a")},
        ),
        ("StringEquals", "sts:SourceIdentity", "ann", {"SourceIdentity": "ann"}, {"SourceIdentity": "bob"}),
        ("StringLike", "sts:RoleSessionName", "T*", {}, None),
    ],
)
def test_the_keys_of_the_request_decide(
    cloud: Cloud, operator: str, key: str, value: str, good: dict[str, Any], bad: dict[str, Any] | None
) -> None:
    condition = {operator: {key: value}}
    make_role(cloud, document("sts:AssumeRole", *BESIDE.values(), Condition=condition))
    assert assume(cloud, **good)
    if bad is not None:
        assert denied(assume, cloud=cloud, **bad)[0] == "AccessDenied"


def test_session_tags_override_those_of_the_role_whatever_their_case(cloud: Cloud) -> None:
    make_role(cloud, document("sts:AssumeRole", "sts:TagSession"), Tags=tags(Team="role", cost="1"))
    condition = {"StringEquals": {"aws:PrincipalTag/team": "session", "aws:PrincipalTag/cost": "1"}}
    policy = allow("ecr:DescribeRepositories", Condition=condition)
    cloud.client("registry", "iam").put_role_policy(RoleName="LimitedLambdaRole", PolicyName="p", PolicyDocument=policy)
    plain = session_keys(assume(cloud)["Credentials"])
    assert denied(cloud.client(plain, "ecr").describe_repositories)[0] == "AccessDeniedException"
    tagged = session_keys(assume(cloud, Tags=tags(team="session"))["Credentials"])
    assert cloud.client(tagged, "ecr").describe_repositories()["repositories"] == []


def chained(cloud: Cloud, second: str, **first: Any) -> dict[str, str]:
    """The keys of a session that was asked for with ``first`` and may assume Second, whose trust policy is given."""
    make_role(cloud, document("sts:AssumeRole", *BESIDE.values()))
    make_role(cloud, second, "Second")
    cloud.client("registry", "iam").put_role_policy(
        RoleName="LimitedLambdaRole", PolicyName="p", PolicyDocument=allow("sts:*")
    )
    return session_keys(assume(cloud, **first)["Credentials"])


SECOND = ROLE.replace("LimitedLambdaRole", "Second")


@pytest.mark.aws("IAM User Guide, session tags", "high")
def test_transitive_tags_go_on_to_the_next_role_and_no_further_ones_do(cloud: Cloud) -> None:
    tagged = {"StringEquals": {"aws:PrincipalTag/star": "1"}, "Null": {"aws:PrincipalTag/sun": "true"}}
    keys = chained(
        cloud, document("sts:AssumeRole", "sts:TagSession"), Tags=tags(Star="1", Sun="1"), TransitiveTagKeys=["Star"]
    )
    policy = allow("sts:AssumeRole", "sts:TagSession", Condition=tagged)
    iam = cloud.client("registry", "iam")
    iam.put_role_policy(RoleName="Second", PolicyName="p", PolicyDocument=policy)
    make_role(cloud, document("sts:AssumeRole", "sts:TagSession"), "Third")
    second = session_keys(assume(cloud, keys, SECOND)["Credentials"])
    assert assume(cloud, second, SECOND.replace("Second", "Third"))["PackedPolicySize"] > 0


@pytest.mark.parametrize(
    ("handed_on", "needed"),
    [({"Tags": tags(Star="1"), "TransitiveTagKeys": ["Star"]}, "sts:TagSession"), ({"SourceIdentity": "ann"}, "")],
)
def test_what_is_handed_on_needs_the_permission_again(cloud: Cloud, handed_on: dict[str, Any], needed: str) -> None:
    keys = chained(cloud, document("sts:AssumeRole"), **handed_on)
    message = denied(assume, cloud=cloud, who=keys, role=SECOND)[1]
    assert f"is not authorized to perform: {needed or 'sts:SetSourceIdentity'}" in message


def test_a_source_identity_stays_and_is_a_key_of_every_request(cloud: Cloud) -> None:
    keys = chained(cloud, document("sts:AssumeRole", "sts:SetSourceIdentity"), SourceIdentity="ann")
    assert assume(cloud, keys, SECOND)["SourceIdentity"] == "ann"
    assert denied(assume, cloud=cloud, who=keys, role=SECOND, SourceIdentity="bob")[0] == "AccessDenied"
    deny = '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": '
    cloud.client("registry", "iam").put_role_policy(
        RoleName="LimitedLambdaRole",
        PolicyName="no",
        PolicyDocument=deny + '{"StringEquals": {"aws:SourceIdentity": "ann"}}}]}',
    )
    assert denied(assume, cloud=cloud, who=keys, role=SECOND)[0] == "AccessDenied"


@pytest.mark.parametrize("key", ["Star", "star"])
def test_an_inherited_tag_cannot_be_passed_again(cloud: Cloud, key: str) -> None:
    keys = chained(cloud, document("sts:AssumeRole", "sts:TagSession"), Tags=tags(Star="1"), TransitiveTagKeys=["Star"])
    assert denied(assume, cloud=cloud, who=keys, role=SECOND, Tags=tags(**{key: "3"})) == (
        "InvalidParameterValue",
        "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from "
        "the calling session.",
    )


def test_tags_that_would_not_fit_are_refused_with_the_percentage_that_was_reported(cloud: Cloud) -> None:
    make_role(cloud, document("sts:AssumeRole", "sts:TagSession"))
    nine = tags(**{f"T{number}": "a" * 250 for number in range(1, 10)})
    assert denied(assume, cloud=cloud, Tags=nine) == (
        "PackedPolicyTooLarge",
        "Packed size of session tags consumes 498% of allotted space.",
    )


LAYERS = st.lists(st.dictionaries(st.text("aAbBcC", min_size=1, max_size=2), st.text(max_size=3)), max_size=4)


@given(LAYERS)
def test_merged_tags_have_every_key_once_with_the_value_that_was_given_last(layers: list[dict[str, str]]) -> None:
    found = merged(*layers)
    last = {key.lower(): value for layer in layers for key, value in layer.items()}
    assert {key.lower(): value for key, value in found.items()} == last
    assert len({key.lower() for key in found}) == len(found)
    assert all(any(key in layer for layer in layers) for key in found)
