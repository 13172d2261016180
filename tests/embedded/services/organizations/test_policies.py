"""Policies of an organization: documents, limits, what is attached, and what enabling a type does."""

from __future__ import annotations

import json
from typing import Any
from unittest.mock import patch

import pytest

from labkit.check import DOCUMENT_KINDS, check
from labkit.embedded.services.organizations import policies
from tests.embedded.conftest import Cloud
from tests.embedded.services.organizations import asking
from tests.embedded.services.organizations.asking import (
    FULL_RCP,
    FULL_SCP,
    MANAGEMENT,
    PRODUCTION,
    RCP,
    ROOT,
    SCP,
    WORKLOAD,
)

FULL = {SCP: FULL_SCP, RCP: FULL_RCP}
KINDS = {SCP: DOCUMENT_KINDS["scp"], RCP: DOCUMENT_KINDS["rcp"]}


@pytest.fixture
def organizations(cloud: Cloud) -> Any:
    return cloud.client("management", "organizations")


def attached(organizations: Any, target: str, kind: str) -> list[str]:
    return [each["Id"] for each in organizations.list_policies_for_target(TargetId=target, Filter=kind)["Policies"]]


# -- Documents -----------------------------------------------------------------------------------------------------

DOCUMENTS = [
    "nope",
    "[]",
    "{}",
    asking.document(),
    asking.document("Allow", "*"),
    asking.document("Deny", "*", Principal="*"),
    asking.document("Deny", "ecr:*", Principal="*"),
    asking.document("Allow", "ecr:*", Principal="*"),
    asking.document("Deny", "ecr:BatchGetImage", Principal={"AWS": "*"}),
    asking.document("Deny", "iam:*", Condition={"stringEquals": {"aws:PrincipalOrgID": "o-1"}}),
    asking.document("Deny", "iam:*", Condition={"Null": {"aws:PrincipalOrgID": "true"}}),
    asking.document("deny", "iam:*"),
    json.dumps({"Version": "2008-10-17", "Statement": [{"Effect": "Deny", "Action": "iam:*", "Resource": "*"}]}),
    json.dumps({"Version": "2012-10-17", "Statement": []}),
]


@pytest.mark.parametrize("kind", [SCP, RCP])
@pytest.mark.parametrize("text", DOCUMENTS)
def test_labkit_check_and_organizations_agree_on_what_is_a_policy(organizations: Any, kind: str, text: str) -> None:
    made = asking.create(organizations, "kept", kind)
    new = {"Name": "p", "Description": "", "Type": kind, "Content": text}
    if check(text, KINDS[kind]).passes():
        described = organizations.create_policy(**new)["Policy"]
        assert described["Content"] == text
        assert organizations.describe_policy(PolicyId=described["PolicySummary"]["Id"])["Policy"] == described
        assert organizations.update_policy(PolicyId=made, Content=text)["Policy"]["Content"] == text
    else:
        assert asking.reason(organizations.create_policy, **new) == "MalformedPolicyDocumentException"
        before = organizations.describe_policy(PolicyId=made)["Policy"]
        update = organizations.update_policy
        assert asking.reason(update, PolicyId=made, Content=text) == "MalformedPolicyDocumentException"
        assert organizations.describe_policy(PolicyId=made)["Policy"] == before


@pytest.mark.parametrize(("kind", "longest"), [(SCP, 10_240), (RCP, 5_120), ("TAG_POLICY", 10_000)])
@pytest.mark.aws("Organizations quotas since May 2026", "high")
def test_a_policy_has_only_so_many_characters(organizations: Any, kind: str, longest: int) -> None:
    text = "{}" if kind == "TAG_POLICY" else asking.document("Deny", "ecr:BatchGetImage")
    if kind == RCP:
        text = asking.document("Deny", "ecr:BatchGetImage", Principal="*")
    full = text[:-1] + " " * (longest - len(text)) + text[-1]
    assert len(full) == longest
    made = asking.create(organizations, "full", kind, full)
    too_long = "ConstraintViolationException POLICY_CONTENT_LIMIT_EXCEEDED"
    new = {"Name": "longer", "Description": "", "Type": kind, "Content": full + " "}
    assert asking.reason(organizations.create_policy, **new) == too_long
    assert asking.reason(organizations.update_policy, PolicyId=made, Content=full + " ") == too_long


def test_a_policy_is_described_as_aws_describes_it(organizations: Any) -> None:
    made = organizations.create_policy(Name="guard", Description="what for", Type=SCP, Content=asking.document())
    summary = made["Policy"]["PolicySummary"]
    id = summary["Id"]
    arn = f"arn:aws:organizations::{MANAGEMENT}:policy/o-lambdaecrlab/service_control_policy/{id}"
    shown = {"Name": "guard", "Description": "what for", "Type": SCP, "AwsManaged": False}
    assert summary == {"Id": id, "Arn": arn, **shown}
    assert organizations.list_policies(Filter=SCP)["Policies"][1:] == [summary]
    assert organizations.list_policies(Filter="TAG_POLICY")["Policies"] == []
    full = organizations.describe_policy(PolicyId=FULL_SCP)["Policy"]["PolicySummary"]
    assert full["Arn"] == f"arn:aws:organizations::aws:policy/service_control_policy/{FULL_SCP}" and full["AwsManaged"]


def test_a_name_is_unique_among_the_policies_of_its_type(organizations: Any) -> None:
    first, second = asking.create(organizations, "guard"), asking.create(organizations, "other")
    asking.create(organizations, "guard", RCP)
    update = organizations.update_policy
    assert asking.reason(update, PolicyId=second, Name="guard") == "DuplicatePolicyException"
    assert update(PolicyId=first, Name="guard")["Policy"]["PolicySummary"]["Name"] == "guard"
    renamed = update(PolicyId=second, Name="third", Description="new")["Policy"]["PolicySummary"]
    assert (renamed["Name"], renamed["Description"]) == ("third", "new")


def test_an_organization_has_only_so_many_policies(organizations: Any) -> None:
    with patch.dict(policies.MOST, {SCP: 2}):
        asking.create(organizations, "one")
        new = {"Name": "two", "Description": "", "Type": SCP, "Content": asking.document()}
        assert (
            asking.reason(organizations.create_policy, **new)
            == "ConstraintViolationException POLICY_NUMBER_LIMIT_EXCEEDED"
        )


def test_a_policy_that_is_attached_cannot_be_deleted(organizations: Any) -> None:
    organizations.enable_policy_type(RootId=ROOT, PolicyType=SCP)
    policy = asking.create(organizations, "guard", Tags=[{"Key": "a", "Value": "b"}])
    organizations.attach_policy(PolicyId=policy, TargetId=WORKLOAD)
    assert asking.reason(organizations.delete_policy, PolicyId=policy) == "PolicyInUseException"
    organizations.detach_policy(PolicyId=policy, TargetId=WORKLOAD)
    organizations.delete_policy(PolicyId=policy)
    assert asking.reason(organizations.describe_policy, PolicyId=policy) == "PolicyNotFoundException"


# -- Types ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [SCP, RCP])
@pytest.mark.aws("AWS Organizations User Guide, RCPs", "high")
def test_enabling_a_type_attaches_aws_s_own_policy_everywhere_later_too(organizations: Any, kind: str) -> None:
    targets = [ROOT, PRODUCTION, WORKLOAD, MANAGEMENT]
    assert [attached(organizations, target, kind) for target in targets] == [[], [], [], []]
    answer = organizations.enable_policy_type(RootId=ROOT, PolicyType=kind)["Root"]
    assert answer == organizations.list_roots()["Roots"][0]
    assert answer["PolicyTypes"] == [{"Type": kind, "Status": "ENABLED"}]
    targets += [*asking.new_units(organizations, ROOT, "later"), asking.new_account(organizations, "later")]
    assert all(attached(organizations, target, kind) == [FULL[kind]] for target in targets)
    again = asking.reason(organizations.enable_policy_type, RootId=ROOT, PolicyType=kind)
    assert again == "PolicyTypeAlreadyEnabledException"


@pytest.mark.parametrize("kind", [SCP, RCP])
def test_disabling_a_type_detaches_all_its_policies_for_good(organizations: Any, kind: str) -> None:
    for each in (SCP, RCP):
        organizations.enable_policy_type(RootId=ROOT, PolicyType=each)
    policy = asking.create(organizations, "guard", kind)
    organizations.attach_policy(PolicyId=policy, TargetId=PRODUCTION)
    root = organizations.disable_policy_type(RootId=ROOT, PolicyType=kind)["Root"]
    (other,) = {SCP, RCP} - {kind}
    assert root["PolicyTypes"] == [{"Type": other, "Status": "ENABLED"}]
    assert attached(organizations, PRODUCTION, kind) == []
    assert attached(organizations, PRODUCTION, other) == [FULL[other]]
    organizations.enable_policy_type(RootId=ROOT, PolicyType=kind)
    assert attached(organizations, PRODUCTION, kind) == [FULL[kind]]


# -- Attachments ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "most"), [(SCP, 10), (RCP, 5)])
@pytest.mark.aws("Organizations quotas since May 2026", "high")
def test_one_target_has_only_so_many_policies_of_a_type(organizations: Any, kind: str, most: int) -> None:
    organizations.enable_policy_type(RootId=ROOT, PolicyType=kind)
    made = [asking.create(organizations, f"p{number}", kind) for number in range(most)]
    for policy in made[:-1]:  # AWS's own is one of them
        organizations.attach_policy(PolicyId=policy, TargetId=WORKLOAD)
    attach = organizations.attach_policy
    refused = asking.reason(attach, PolicyId=made[-1], TargetId=WORKLOAD)
    assert refused == "ConstraintViolationException MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"
    assert attached(organizations, WORKLOAD, kind) == [FULL[kind], *made[:-1]]
    assert asking.reason(attach, PolicyId=made[0], TargetId=WORKLOAD) == "DuplicatePolicyAttachmentException"


@pytest.mark.aws("AWS Organizations User Guide, quotas", "high")
def test_the_last_service_control_policy_stays_whichever_it_is(organizations: Any) -> None:
    organizations.enable_policy_type(RootId=ROOT, PolicyType=SCP)
    policy = asking.create(organizations, "allowed", content=asking.document("Allow", "*"))
    detach, last = organizations.detach_policy, "ConstraintViolationException MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"
    assert asking.reason(detach, PolicyId=FULL_SCP, TargetId=ROOT) == last
    organizations.attach_policy(PolicyId=policy, TargetId=ROOT)
    detach(PolicyId=FULL_SCP, TargetId=ROOT)
    assert asking.reason(detach, PolicyId=policy, TargetId=ROOT) == last
    assert asking.reason(detach, PolicyId=FULL_SCP, TargetId=ROOT) == "PolicyNotAttachedException"
    organizations.attach_policy(PolicyId=FULL_SCP, TargetId=ROOT)
    assert attached(organizations, ROOT, SCP) == [policy, FULL_SCP]


@pytest.mark.aws("AWS Organizations User Guide, RCPs", "high")
def test_aws_s_own_resource_control_policy_stays(organizations: Any) -> None:
    organizations.enable_policy_type(RootId=ROOT, PolicyType=RCP)
    organizations.attach_policy(PolicyId=asking.create(organizations, "guard", RCP), TargetId=WORKLOAD)
    refused = asking.reason(organizations.detach_policy, PolicyId=FULL_RCP, TargetId=WORKLOAD)
    assert refused == "InvalidInputException NON_DETACHABLE_POLICY"


def test_the_targets_of_a_policy_are_named(organizations: Any) -> None:
    organizations.enable_policy_type(RootId=ROOT, PolicyType=SCP)
    policy = asking.create(organizations, "guard")
    for target in (WORKLOAD, PRODUCTION, ROOT):
        organizations.attach_policy(PolicyId=policy, TargetId=target)
    arn = f"arn:aws:organizations::{MANAGEMENT}"
    assert organizations.list_targets_for_policy(PolicyId=policy)["Targets"] == [
        {
            "TargetId": WORKLOAD,
            "Arn": f"{arn}:account/o-lambdaecrlab/{WORKLOAD}",
            "Name": "workload",
            "Type": "ACCOUNT",
        },
        {
            "TargetId": PRODUCTION,
            "Arn": f"{arn}:ou/o-lambdaecrlab/{PRODUCTION}",
            "Name": "production",
            "Type": "ORGANIZATIONAL_UNIT",
        },
        {"TargetId": ROOT, "Arn": f"{arn}:root/o-lambdaecrlab/{ROOT}", "Name": "Root", "Type": "ROOT"},
    ]


def test_two_organizations_have_aws_s_own_policies_each_for_itself(cloud: Cloud, organizations: Any) -> None:
    neighbours = cloud.client("neighbour", "organizations")
    organizations.enable_policy_type(RootId=ROOT, PolicyType=SCP)
    assert neighbours.list_targets_for_policy(PolicyId=FULL_SCP)["Targets"] == []
    neighbours.enable_policy_type(RootId="r-nbr1", PolicyType=SCP)
    organizations.disable_policy_type(RootId=ROOT, PolicyType=SCP)
    assert attached(neighbours, "777788889999", SCP) == [FULL_SCP]


# -- Effective policies --------------------------------------------------------------------------------------------


def test_an_effective_policy_is_there_only_where_one_is_attached(cloud: Cloud, organizations: Any) -> None:
    member = cloud.client("workload", "organizations")
    asked = {"PolicyType": "TAG_POLICY"}
    assert asking.reason(member.describe_effective_policy, **asked) == "EffectivePolicyNotFoundException"
    describe = organizations.describe_effective_policy
    assert asking.reason(describe, **asked, TargetId=WORKLOAD) == "EffectivePolicyNotFoundException"
    assert asking.reason(describe, **asked, TargetId="777788889999") == "TargetNotFoundException"
    assert asking.reason(member.describe_effective_policy, **asked, TargetId=MANAGEMENT) == "AccessDeniedException"
    organizations.enable_policy_type(RootId=ROOT, PolicyType="TAG_POLICY")
    organizations.attach_policy(PolicyId=asking.create(organizations, "tags", "TAG_POLICY", "{}"), TargetId=PRODUCTION)
    assert asking.reason(describe, **asked, TargetId="813835382529") == "EffectivePolicyNotFoundException"
    with pytest.raises(member.exceptions.ClientError, match="does not implement the effective policy of the type TAG_"):
        describe(**asked, TargetId=WORKLOAD)
