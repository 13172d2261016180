"""Identity providers of OpenID Connect in IAM."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.embedded.conftest import Cloud

URL = "https://token.actions.githubusercontent.com"
ARN = "arn:aws:iam::813835382529:oidc-provider/token.actions.githubusercontent.com"
THUMBPRINT = "6938fd4d98bab03faadb97b34396831e3780aea1"


@pytest.fixture
def iam(cloud: Cloud) -> Any:
    return cloud.client("registry", "iam")


def refused(call: Any, **params: Any) -> tuple[int, str, str]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response
    return error["ResponseMetadata"]["HTTPStatusCode"], error["Error"]["Code"], error["Error"]["Message"]


def test_a_provider_is_named_by_its_url_and_shown_without_https(iam: Any, cloud: Cloud) -> None:
    tags = [{"Key": "team", "Value": "a"}]
    made = iam.create_open_id_connect_provider(
        Url=URL, ClientIDList=["sts.amazonaws.com"], ThumbprintList=[THUMBPRINT], Tags=tags
    )
    assert (made["OpenIDConnectProviderArn"], made["Tags"]) == (ARN, tags)
    seen = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=ARN)
    seen.pop("ResponseMetadata")
    assert seen == {
        "Url": URL.removeprefix("https://"),
        "ClientIDList": ["sts.amazonaws.com"],
        "ThumbprintList": [THUMBPRINT],
        "CreateDate": cloud.clock.now(),
        "Tags": tags,
    }
    assert iam.list_open_id_connect_providers()["OpenIDConnectProviderList"] == [{"Arn": ARN}]
    assert cloud.client("workload", "iam").list_open_id_connect_providers()["OpenIDConnectProviderList"] == []
    assert iam.get_account_summary()["SummaryMap"]["Providers"] == 1


def test_what_a_provider_takes_is_changed_and_changing_it_again_is_no_error(iam: Any) -> None:
    iam.create_open_id_connect_provider(Url=URL)
    named = {"OpenIDConnectProviderArn": ARN}
    for _ in range(2):
        iam.add_client_id_to_open_id_connect_provider(**named, ClientID="a")
    iam.update_open_id_connect_provider_thumbprint(**named, ThumbprintList=[THUMBPRINT])
    seen = iam.get_open_id_connect_provider(**named)
    assert (seen["ClientIDList"], seen["ThumbprintList"]) == (["a"], [THUMBPRINT])
    for _ in range(2):
        iam.remove_client_id_from_open_id_connect_provider(**named, ClientID="a")
    assert iam.get_open_id_connect_provider(**named)["ClientIDList"] == []
    iam.tag_open_id_connect_provider(**named, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    iam.untag_open_id_connect_provider(**named, TagKeys=["a"])
    assert iam.list_open_id_connect_provider_tags(**named)["Tags"] == [{"Key": "b", "Value": "2"}]


def test_a_deleted_provider_is_gone_with_its_tags_and_can_be_deleted_again(iam: Any) -> None:
    iam.create_open_id_connect_provider(Url=URL, Tags=[{"Key": "a", "Value": "1"}])
    for _ in range(2):
        iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=ARN)
    assert refused(iam.get_open_id_connect_provider, OpenIDConnectProviderArn=ARN) == (
        404,
        "NoSuchEntity",
        f"OpenIDConnect Provider not found for arn {ARN}",
    )
    assert "Tags" not in iam.create_open_id_connect_provider(Url=URL)


def test_one_account_neither_sees_nor_changes_the_providers_of_another(iam: Any, cloud: Cloud) -> None:
    iam.create_open_id_connect_provider(Url=URL)
    other = cloud.client("workload", "iam")
    other.delete_open_id_connect_provider(OpenIDConnectProviderArn=ARN)
    assert refused(other.get_open_id_connect_provider, OpenIDConnectProviderArn=ARN)[0] in (403, 404)
    assert iam.get_open_id_connect_provider(OpenIDConnectProviderArn=ARN)


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"Url": "http://example.com"}, "InvalidInput"),
        ({"Url": "https://"}, "InvalidInput"),
        ({"Url": "https://example.com?a=b"}, "InvalidInput"),
        ({"Url": "https://example.com", "ThumbprintList": [THUMBPRINT] * 6}, "InvalidInput"),
        ({"Url": "https://example.com", "ClientIDList": [str(each) for each in range(101)]}, "LimitExceeded"),
        ({"Url": URL}, "EntityAlreadyExists"),
    ],
)
def test_what_cannot_be_a_provider_is_refused_and_leaves_nothing(iam: Any, params: dict[str, Any], code: str) -> None:
    iam.create_open_id_connect_provider(Url=URL)
    assert refused(iam.create_open_id_connect_provider, **params)[1] == code
    assert len(iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]) == 1
