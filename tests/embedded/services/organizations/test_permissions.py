"""Which permissions a call needs: actions on ARNs as in the Service Authorization Reference."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.embedded.conftest import Cloud
from tests.embedded.services.organizations import asking
from tests.embedded.services.organizations.asking import FULL_SCP, MANAGEMENT, PRODUCTION, ROOT, SCP, WORKLOAD

ARN = f"arn:aws:organizations::{MANAGEMENT}"
ACCOUNT, UNIT = f"{ARN}:account/o-lambdaecrlab/{WORKLOAD}", f"{ARN}:ou/o-lambdaecrlab/{PRODUCTION}"
THE_ROOT, AWS_OWN = f"{ARN}:root/o-lambdaecrlab/{ROOT}", f"arn:aws:organizations::aws:policy/{SCP.lower()}/{FULL_SCP}"
NEW_POLICY = f"{ARN}:policy/o-lambdaecrlab/{SCP.lower()}/*"
TAGS = [{"Key": "team", "Value": "a"}]
POLICY = {"Name": "p", "Description": "", "Type": SCP, "Content": asking.document()}

#: An operation, its parameters, and the resources that it needs its action on.
CALLS: list[tuple[str, dict[str, Any], list[str]]] = [
    ("describe_organization", {}, ["*"]),
    ("list_roots", {}, ["*"]),
    ("list_accounts", {}, ["*"]),
    ("list_policies", {"Filter": SCP}, ["*"]),
    ("create_account", {"AccountName": "x", "Email": "x@example.com"}, ["*"]),
    ("create_policy", POLICY, [NEW_POLICY]),
    ("describe_account", {"AccountId": WORKLOAD}, [ACCOUNT]),
    ("remove_account_from_organization", {"AccountId": WORKLOAD}, [ACCOUNT]),
    ("describe_organizational_unit", {"OrganizationalUnitId": PRODUCTION}, [UNIT]),
    ("update_organizational_unit", {"OrganizationalUnitId": PRODUCTION, "Name": "x"}, [UNIT]),
    ("create_organizational_unit", {"ParentId": ROOT, "Name": "x"}, [THE_ROOT]),
    ("list_children", {"ParentId": PRODUCTION, "ChildType": "ACCOUNT"}, [UNIT]),
    ("list_parents", {"ChildId": WORKLOAD}, [ACCOUNT]),
    (
        "move_account",
        {"AccountId": WORKLOAD, "SourceParentId": PRODUCTION, "DestinationParentId": ROOT},
        [ACCOUNT, UNIT, THE_ROOT],
    ),
    ("enable_policy_type", {"RootId": ROOT, "PolicyType": SCP}, [THE_ROOT]),
    ("describe_policy", {"PolicyId": FULL_SCP}, [AWS_OWN]),
    ("list_targets_for_policy", {"PolicyId": FULL_SCP}, [AWS_OWN]),
    ("list_policies_for_target", {"TargetId": WORKLOAD, "Filter": SCP}, [ACCOUNT]),
    ("tag_resource", {"ResourceId": PRODUCTION, "Tags": TAGS}, [UNIT]),
    ("list_tags_for_resource", {"ResourceId": ROOT}, [THE_ROOT]),
]


@pytest.fixture
def as_user(cloud: Cloud) -> Callable[..., Any]:
    """Organizations as a user of the management account sees it who has this policy."""
    iam = cloud.client("management", "iam")
    db, ann = cloud.embedded.database, iam.create_user(UserName="ann")["User"]["UserId"]
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}

    def made(*statements: dict[str, Any]) -> Any:
        text = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        with db.write():
            db.run("INSERT OR REPLACE INTO inline_policy (entity, name, document) VALUES (?, 'p', ?)", ann, text)
        return cloud.client(keys, "organizations")

    return made


def action_of(operation: str) -> str:
    return "organizations:" + "".join(word.capitalize() for word in operation.split("_"))


def allow(action: str, *resources: str, **condition: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": action, "Resource": list(resources)}
    return {**statement, "Condition": condition} if condition else statement


@pytest.mark.parametrize(("operation", "params", "resources"), CALLS, ids=[each[0] for each in CALLS])
def test_a_call_needs_its_action_on_everything_that_it_names(
    as_user: Callable[..., Any], operation: str, params: dict[str, Any], resources: list[str]
) -> None:
    action = action_of(operation)
    for missing in resources:
        others = [each for each in resources if each != missing] or [f"{ARN}:handshake/*"]
        before = getattr(as_user(allow(action, *others)), operation)
        assert asking.reason(before, **params) == "AccessDeniedException"
    getattr(as_user(allow(action, *resources)), operation)(**params)


MADE_WITH_TAGS: list[tuple[str, dict[str, Any], str]] = [
    ("create_account", {"AccountName": "x", "Email": "x@example.com"}, f"{ARN}:account/*"),
    ("create_organizational_unit", {"ParentId": ROOT, "Name": "x"}, f"{ARN}:ou/*"),
    ("create_policy", POLICY, f"{ARN}:policy/*"),
]


@pytest.mark.parametrize(("operation", "params", "made"), MADE_WITH_TAGS, ids=[each[0] for each in MADE_WITH_TAGS])
def test_tags_at_creation_need_tag_resource_too(
    as_user: Callable[..., Any], operation: str, params: dict[str, Any], made: str
) -> None:
    create = allow(action_of(operation), "*")
    assert asking.reason(getattr(as_user(create), operation), **params, Tags=TAGS) == "AccessDeniedException"
    tagged = allow("organizations:TagResource", made, StringEquals={"aws:RequestTag/team": "a"})
    getattr(as_user(create, tagged), operation)(**params, Tags=TAGS)


def test_tags_and_the_type_of_policies_are_keys_of_a_request(cloud: Cloud, as_user: Callable[..., Any]) -> None:
    cloud.client("management", "organizations").tag_resource(ResourceId=PRODUCTION, Tags=TAGS)
    describe = allow("organizations:DescribeOrganizationalUnit", "*", StringEquals={"aws:ResourceTag/team": "a"})
    listed = allow("organizations:ListPolicies", "*", StringEquals={"organizations:PolicyType": SCP})
    shown = allow("organizations:DescribePolicy", "*", StringEquals={"organizations:PolicyType": SCP})
    ann = as_user(describe, listed, shown)
    ann.describe_organizational_unit(OrganizationalUnitId=PRODUCTION)
    ann.list_policies(Filter=SCP)
    ann.describe_policy(PolicyId=FULL_SCP)
    refused = "AccessDeniedException"
    assert asking.reason(ann.describe_organizational_unit, OrganizationalUnitId="ou-lab1-workloads") == refused
    assert asking.reason(ann.list_policies, Filter=asking.RCP) == refused
    assert asking.reason(ann.describe_policy, PolicyId=asking.FULL_RCP) == refused


def test_a_resource_has_fifty_tags_and_no_more(cloud: Cloud) -> None:
    organizations = cloud.client("management", "organizations")
    organizations.tag_resource(ResourceId=ROOT, Tags=[{"Key": f"k{number}", "Value": ""} for number in range(50)])
    more = {"ResourceId": ROOT, "Tags": [{"Key": "one more", "Value": ""}]}
    assert asking.reason(organizations.tag_resource, **more) == "ConstraintViolationException MAX_TAG_LIMIT_EXCEEDED"
    organizations.tag_resource(ResourceId=ROOT, Tags=[{"Key": "k0", "Value": "new"}])
    organizations.untag_resource(ResourceId=ROOT, TagKeys=[f"k{number}" for number in range(1, 50)] + ["unknown"])
    assert organizations.list_tags_for_resource(ResourceId=ROOT)["Tags"] == [{"Key": "k0", "Value": "new"}]
