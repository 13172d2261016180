"""The tree of an organization, from its making to its end."""

from __future__ import annotations

from unittest.mock import patch

import pytest

from labkit.embedded.services.organizations import units
from labkit.pull.organization import OUTSIDER
from tests.embedded.conftest import Cloud
from tests.embedded.services.organizations import asking
from tests.embedded.services.organizations.asking import ROOT, SCP


@pytest.mark.aws("AWS Organizations User Guide, quotas", "high")
def test_there_are_five_levels_of_units_below_the_root_and_no_more(cloud: Cloud) -> None:
    organizations = cloud.client("management", "organizations")
    *_, deepest = made = asking.new_units(organizations, ROOT, "a", "b", "c", "d", "e")
    assert (
        asking.reason(organizations.create_organizational_unit, ParentId=deepest, Name="f")
        == "ConstraintViolationException OU_DEPTH_LIMIT_EXCEEDED"
    )
    shown = organizations.describe_organizational_unit(OrganizationalUnitId=deepest)["OrganizationalUnit"]
    assert shown == {
        "Id": deepest,
        "Arn": f"arn:aws:organizations::111122223333:ou/o-lambdaecrlab/{deepest}",
        "Name": "e",
        "Path": f"o-lambdaecrlab/r-lab1/{'/'.join(made)}/",
    }
    assert deepest.startswith("ou-lab1-") and len(deepest) == len("ou-lab1-") + 8


def test_an_organization_has_only_so_many_units(cloud: Cloud) -> None:
    organizations = cloud.client("management", "organizations")
    with patch.object(units, "MOST", 5):  # the lab's has four
        asking.new_units(organizations, ROOT, "one more")
        refused = asking.reason(organizations.create_organizational_unit, ParentId=ROOT, Name="too many")
    assert refused == "ConstraintViolationException OU_NUMBER_LIMIT_EXCEEDED"


def test_a_unit_gets_another_name_and_units_elsewhere_may_share_it(cloud: Cloud) -> None:
    organizations = cloud.client("management", "organizations")
    (made,) = asking.new_units(organizations, "ou-lab1-sharedservices", "production")
    renamed = organizations.update_organizational_unit(OrganizationalUnitId=made, Name="tools")["OrganizationalUnit"]
    assert renamed["Name"] == "tools"
    same = organizations.update_organizational_unit(OrganizationalUnitId=made, Name="tools")["OrganizationalUnit"]
    assert same == organizations.update_organizational_unit(OrganizationalUnitId=made)["OrganizationalUnit"] == renamed


def test_what_is_attached_to_a_unit_goes_with_it(cloud: Cloud) -> None:
    organizations = cloud.client("management", "organizations")
    organizations.enable_policy_type(RootId=ROOT, PolicyType=SCP)
    made = organizations.create_organizational_unit(ParentId=ROOT, Name="x", Tags=[{"Key": "a", "Value": "b"}])
    unit, policy = made["OrganizationalUnit"]["Id"], asking.create(organizations, "guard")
    organizations.attach_policy(PolicyId=policy, TargetId=unit)
    before = [target["TargetId"] for target in organizations.list_targets_for_policy(PolicyId=policy)["Targets"]]
    organizations.delete_organizational_unit(OrganizationalUnitId=unit)
    after = organizations.list_targets_for_policy(PolicyId=policy)["Targets"]
    assert (before, after) == ([unit], [])
    assert asking.reason(organizations.list_tags_for_resource, ResourceId=unit) == "TargetNotFoundException"
    assert cloud.embedded.database.all("SELECT * FROM tag") == []


@pytest.mark.parametrize(("feature_set", "enabled"), [("ALL", [{"Type": SCP, "Status": "ENABLED"}]), (None, None)])
def test_an_account_of_no_organization_makes_one_and_ends_it(
    cloud: Cloud, feature_set: str | None, enabled: list[dict[str, str]] | None
) -> None:
    organizations = cloud.client("outsider", "organizations")
    empty = asking.kept(cloud)
    made = organizations.create_organization(**({"FeatureSet": feature_set} if feature_set else {}))["Organization"]
    assert made == organizations.describe_organization()["Organization"]
    assert (made["FeatureSet"], made["MasterAccountId"]) == ("ALL", "123456789012")
    assert made["MasterAccountEmail"] == "outsider@example.com"
    (root,) = organizations.list_roots()["Roots"]
    assert root["PolicyTypes"] == (enabled or [{"Type": SCP, "Status": "ENABLED"}])
    assert cloud.embedded.membership("123456789012").paths == (f"{made['Id']}/{root['Id']}/",)
    policy = asking.create(organizations, "guard", Tags=[{"Key": "a", "Value": "b"}])
    for target in (root["Id"], asking.new_units(organizations, root["Id"], "a", "b")[-1]):
        organizations.attach_policy(PolicyId=policy, TargetId=target)
        organizations.tag_resource(ResourceId=target, Tags=[{"Key": "a", "Value": "b"}])
    organizations.delete_organization()
    assert asking.kept(cloud) == empty
    assert cloud.embedded.membership("123456789012") == OUTSIDER


def test_an_organization_for_billing_alone_has_no_policies(cloud: Cloud) -> None:
    organizations = cloud.client("outsider", "organizations")
    made = organizations.create_organization(FeatureSet="CONSOLIDATED_BILLING")["Organization"]
    (root,) = organizations.list_roots()["Roots"]
    assert (made["AvailablePolicyTypes"], root["PolicyTypes"]) == ([], [])
    wanted = "PolicyTypeNotAvailableForOrganizationException"
    assert asking.reason(organizations.enable_policy_type, RootId=root["Id"], PolicyType=SCP) == wanted
    new = {"Name": "p", "Description": "", "Type": SCP, "Content": asking.document()}
    assert asking.reason(organizations.create_policy, **new) == wanted


def test_where_the_parts_of_the_tree_stand_is_told_from_both_sides(cloud: Cloud) -> None:
    organizations = cloud.client("management", "organizations")
    below = organizations.list_children(ParentId="ou-lab1-workloads", ChildType="ORGANIZATIONAL_UNIT")["Children"]
    assert [child["Id"] for child in below] == ["ou-lab1-production", "ou-lab1-development"]
    for child in [*below, *organizations.list_children(ParentId=ROOT, ChildType="ACCOUNT")["Children"]]:
        (parent,) = organizations.list_parents(ChildId=child["Id"])["Parents"]
        kind = {"r": "ROOT", "ou": "ORGANIZATIONAL_UNIT"}[parent["Id"].partition("-")[0]]
        assert parent["Type"] == kind
        found = organizations.list_children(ParentId=parent["Id"], ChildType=child["Type"])["Children"]
        assert child in found
