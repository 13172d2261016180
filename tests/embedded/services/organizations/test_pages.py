"""Every list in pages of any size: nothing is left out, nothing told twice, and a token is good for its list only."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.embedded.conftest import Cloud
from tests.embedded.services.organizations import asking
from tests.embedded.services.organizations.asking import FULL_SCP, ROOT, SCP, WORKLOAD

MANY = 25
LISTS: list[tuple[str, dict[str, str], str, int]] = [
    ("list_accounts", {}, "Accounts", 4 + MANY),
    ("list_accounts_for_parent", {"ParentId": ROOT}, "Accounts", 1 + MANY),
    ("list_children", {"ParentId": ROOT, "ChildType": "ACCOUNT"}, "Children", 1 + MANY),
    ("list_children", {"ParentId": ROOT, "ChildType": "ORGANIZATIONAL_UNIT"}, "Children", 2 + MANY),
    ("list_create_account_status", {}, "CreateAccountStatuses", MANY),
    ("list_organizational_units_for_parent", {"ParentId": ROOT}, "OrganizationalUnits", 2 + MANY),
    ("list_parents", {"ChildId": WORKLOAD}, "Parents", 1),
    ("list_policies", {"Filter": SCP}, "Policies", 1 + MANY),
    ("list_policies_for_target", {"TargetId": WORKLOAD, "Filter": SCP}, "Policies", 10),
    ("list_roots", {}, "Roots", 1),
    ("list_targets_for_policy", {"PolicyId": FULL_SCP}, "Targets", 9 + 2 * MANY),
]
SIZES = [1, 2, 7, 19, 20]


@pytest.fixture
def organizations(cloud: Cloud) -> Any:
    """An organization with more than a page of everything."""
    client = cloud.client("management", "organizations")
    client.enable_policy_type(RootId=ROOT, PolicyType=SCP)
    for number in range(MANY):
        asking.new_account(client, f"a{number}")
        asking.new_units(client, ROOT, f"u{number}")
        policy = asking.create(client, f"p{number}")
        if number < 9:
            client.attach_policy(PolicyId=policy, TargetId=WORKLOAD)
    return client


def pages(organizations: Any, operation: str, params: dict[str, str], size: int) -> list[dict[str, Any]]:
    paginator = organizations.get_paginator(operation)
    return list(paginator.paginate(**params, PaginationConfig={"PageSize": size}))


def test_every_list_is_whole_in_pages_of_any_size(organizations: Any) -> None:
    for operation, params, member, wanted in LISTS:
        whole = [item for page in pages(organizations, operation, params, 20) for item in page[member]]
        assert len(whole) == wanted, operation
        for size in SIZES:
            parts = [page[member] for page in pages(organizations, operation, params, size)]
            assert [item for part in parts for item in part] == whole, (operation, size)
            assert [len(part) for part in parts[:-1]] == [size] * (len(parts) - 1), (operation, size)


def test_where_nothing_is_said_a_page_has_twenty(organizations: Any) -> None:
    for operation, params, member, wanted in LISTS:
        answer = getattr(organizations, operation)(**params)
        assert len(answer[member]) == min(wanted, 20), operation
        assert ("NextToken" in answer) == (wanted > 20), operation


def test_a_token_is_good_for_its_own_list_only(cloud: Cloud, organizations: Any) -> None:
    refused = "InvalidInputException INVALID_NEXT_TOKEN"
    tokens = {}
    for number, (operation, params, _, wanted) in enumerate(LISTS):
        if wanted > 1:
            tokens[number] = getattr(organizations, operation)(**params, MaxResults=1)["NextToken"]
    for number, (operation, params, _, _) in enumerate(LISTS):
        call = getattr(organizations, operation)
        for other, token in tokens.items():
            if other != number:
                assert asking.reason(call, **params, NextToken=token) == refused, (operation, other)
    elsewhere = {"ParentId": "ou-lab1-workloads", "ChildType": "ACCOUNT"}
    assert asking.reason(organizations.list_children, **elsewhere, NextToken=tokens[2]) == refused
    neighbours = cloud.client("neighbour", "organizations")
    assert asking.reason(neighbours.list_accounts, NextToken=tokens[0]) == refused
    assert asking.reason(organizations.list_tags_for_resource, ResourceId=ROOT, NextToken=tokens[0]) == refused


def _encoded(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


@pytest.mark.parametrize(
    "token",
    ["", "2", "x" * 1000, "é", "\u0000", _encoded(3), _encoded([1, 2]), _encoded("["), _encoded([["o", "x", {}], -1])],
)
def test_a_token_that_was_never_given_is_refused(cloud: Cloud, token: str) -> None:
    call = cloud.client("management", "organizations").list_accounts
    assert asking.reason(call, NextToken=token) == "InvalidInputException INVALID_NEXT_TOKEN"


@pytest.mark.parametrize("position", [-1, 1 << 63, 10**400, 1.5, True, None, "1", [1]])
def test_a_token_with_another_position_is_refused_or_read_as_one(cloud: Cloud, position: Any) -> None:
    call = cloud.client("management", "organizations").list_accounts
    listed, _ = json.loads(base64.urlsafe_b64decode(call(MaxResults=1)["NextToken"]))
    token = _encoded([listed, position])
    assert asking.reason(call, MaxResults=1, NextToken=token) == "InvalidInputException INVALID_NEXT_TOKEN"


def test_what_changes_between_two_pages_loses_nothing(organizations: Any) -> None:
    first = organizations.list_accounts(MaxResults=10)
    gone = first["Accounts"][1]["Id"]
    assert gone == "813835382529"
    organizations.remove_account_from_organization(AccountId=gone)
    new = asking.new_account(organizations, "late")
    rest = []
    token = first["NextToken"]
    while token:
        page = organizations.list_accounts(MaxResults=10, NextToken=token)
        rest, token = rest + page["Accounts"], page.get("NextToken")
    told = [each["Id"] for each in first["Accounts"] + rest]
    assert len(set(told)) == len(told) == 5 + MANY
    assert told[-1] == new
