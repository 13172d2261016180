"""Which policies are attached to what, and which types are in force.

Every root, unit and account keeps at least one service control policy, and AWS's own resource control policy for good
(Organizations User Guide, "Attaching and detaching policies"; quotas since 15 May 2026).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.embedded.protocol.calls import Call
from labkit.embedded.records import memberships, organization
from labkit.embedded.services.organizations.errors import exceeded, invalid, refused
from labkit.embedded.services.organizations.lookup import Home, Row
from labkit.embedded.services.organizations.pages import page
from labkit.embedded.services.organizations.policies import require_all_features
from labkit.embedded.services.organizations.shapes import root_shape, summary_shape, target_shape

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded

MOST = {"SERVICE_CONTROL_POLICY": 10, "RESOURCE_CONTROL_POLICY": 5}
"""How many policies of a type one root, unit or account can have, AWS's own included."""
LEAST = {"SERVICE_CONTROL_POLICY": 1}
"""How many it must keep."""
_FOR_GOOD = memberships.FULL_ACCESS["RESOURCE_CONTROL_POLICY"][0]
_ATTACHED = (  # from the target to the few that are attached there, as labkit.embedded.records.organization has it
    "SELECT {columns} FROM organization_attachment AS attachment CROSS JOIN organization_policy AS policy "
    "ON policy.organization = attachment.organization AND policy.id = attachment.policy "
    "WHERE +attachment.organization = ? AND attachment.target = ? AND policy.type = ?"
)


def enable_policy_type(embedded: Embedded, call: Call, home: Home) -> dict[str, Any]:
    """EnablePolicyType: AWS's own policy of the type is attached everywhere."""
    kind = _of_root(call, home)
    require_all_features(home)
    if organization.is_enabled(home.db, home.id, kind):
        raise refused("PolicyTypeAlreadyEnabledException")
    memberships.enable(home.db, home.id, kind)
    return {"Root": root_shape(home)}


def disable_policy_type(embedded: Embedded, call: Call, home: Home) -> dict[str, Any]:
    """DisablePolicyType: all policies of the type are detached, and stay so when it is enabled again."""
    kind = _of_root(call, home)
    if not organization.is_enabled(home.db, home.id, kind):
        raise refused("PolicyTypeNotEnabledException")
    memberships.disable(home.db, home.id, kind)
    return {"Root": root_shape(home)}


def attach_policy(embedded: Embedded, call: Call, home: Home) -> dict[str, Any]:
    """AttachPolicy."""
    policy, target = _named(call, home)
    if not organization.is_enabled(home.db, home.id, policy["type"]):
        raise refused("PolicyTypeNotEnabledException")
    attached = _attached(home, target, policy["type"])
    if policy["id"] in attached:
        raise refused("DuplicatePolicyAttachmentException")
    if len(attached) >= MOST.get(policy["type"], len(attached) + 1):
        raise exceeded("MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED")
    home.db.insert("organization_attachment", organization=home.id, policy=policy["id"], target=target)
    return {}


def detach_policy(embedded: Embedded, call: Call, home: Home) -> dict[str, Any]:
    """DetachPolicy."""
    policy, target = _named(call, home)
    attached = _attached(home, target, policy["type"])
    if policy["id"] not in attached:
        raise refused("PolicyNotAttachedException")
    if policy["id"] == _FOR_GOOD:
        raise invalid("NON_DETACHABLE_POLICY")
    if len(attached) <= LEAST.get(policy["type"], 0):
        raise exceeded("MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED")
    home.db.run(
        "DELETE FROM organization_attachment WHERE organization = ? AND policy = ? AND target = ?",
        home.id,
        policy["id"],
        target,
    )
    return {}


def list_policies_for_target(embedded: Embedded, call: Call, home: Home) -> dict[str, Any]:
    """ListPoliciesForTarget: those directly attached, in the order in which they were."""
    sql = _ATTACHED.format(columns="attachment.rowid AS position, policy.*")
    asked = (home.id, _target(call, home), call.params["Filter"])
    return page(call, home, "Policies", sql, asked, lambda row: summary_shape(home, row))


def list_targets_for_policy(embedded: Embedded, call: Call, home: Home) -> dict[str, Any]:
    """ListTargetsForPolicy."""
    sql = (
        "SELECT attachment.rowid AS position, target, coalesce(unit.name, member.name) AS name, unit.parent AS parent "
        "FROM organization_attachment AS attachment LEFT JOIN unit ON unit.id = target "
        "LEFT JOIN member ON member.account = target WHERE attachment.organization = ? AND policy = ?"
    )
    asked = (home.id, home.policy(call.params["PolicyId"])["id"])
    return page(call, home, "Targets", sql, asked, lambda row: target_shape(home, row))


def _of_root(call: Call, home: Home) -> str:
    """The type that a call is about, once its root is known to be this organization's."""
    if call.params["RootId"] != home.root["id"]:
        raise refused("RootNotFoundException")
    return str(call.params["PolicyType"])


def _named(call: Call, home: Home) -> tuple[Row, str]:
    return home.policy(call.params["PolicyId"]), _target(call, home)


def _target(call: Call, home: Home) -> str:
    target = str(call.params["TargetId"])
    if not home.has(target):
        raise refused("TargetNotFoundException")
    return target


def _attached(home: Home, target: str, kind: str) -> list[str]:
    return [row["id"] for row in home.db.all(_ATTACHED.format(columns="policy.id AS id"), home.id, target, kind)]
