"""Policies of an organization: what may stand in one, and making, changing and deleting them.

Service control and resource control policies are checked by the rules of ``labkit check`` and decide what is allowed.
The documents of the other types (tags, backups …) must be JSON objects; nothing more of them is checked, and they have
no effect here.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from labkit.check import DOCUMENT_KINDS, refusal
from labkit.embedded.protocol.calls import Call
from labkit.embedded.protocol.faults import fault
from labkit.embedded.records import organization
from labkit.embedded.records.tags import clear as clear_tags
from labkit.embedded.services.organizations import tags
from labkit.embedded.services.organizations.errors import exceeded, invalid, refused
from labkit.embedded.services.organizations.lookup import Home, Row
from labkit.embedded.services.organizations.pages import page
from labkit.embedded.services.organizations.shapes import policy_shape, summary_shape
from labkit.embedded.state.identifiers import new_word

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded

KINDS = {
    "SERVICE_CONTROL_POLICY": DOCUMENT_KINDS["scp"],
    "RESOURCE_CONTROL_POLICY": DOCUMENT_KINDS["rcp"],
}
"""The rules for the documents of the types that decide."""
MOST = {"SERVICE_CONTROL_POLICY": 10_000}
"""How many policies of a type an organization can have (Organizations User Guide, "Quotas"); of others 1,000."""
_MOST = 1_000
#: Characters of the documents of other types.
_LONGEST, _LONGEST_OF = 10_000, {"AISERVICES_OPT_OUT_POLICY": 2_500}


def create_policy(embedded: Embedded, call: Call, home: Home) -> dict[str, Any]:
    """CreatePolicy: it is attached to nothing yet, and its type need not be enabled."""
    kind, name = call.params["Type"], call.params["Name"]
    require_all_features(home)
    _check_document(kind, call.params["Content"])
    _refuse_duplicate(home, kind, name)
    counted = home.db.one(
        "SELECT count(*) AS policies FROM organization_policy WHERE organization = ? AND type = ?", home.id, kind
    )
    if counted and counted["policies"] >= MOST.get(kind, _MOST):
        raise exceeded("POLICY_NUMBER_LIMIT_EXCEEDED")
    id = f"p-{new_word(10)}"
    home.db.insert(
        "organization_policy",
        organization=home.id,
        id=id,
        type=kind,
        name=name,
        description=call.params["Description"],
        content=call.params["Content"],
        aws_managed=0,
    )
    tags.put(home.db, id, call.params.get("Tags", []))
    return policy_shape(home, home.policy(id))


def describe_policy(embedded: Embedded, call: Call, home: Home) -> dict[str, Any]:
    """DescribePolicy."""
    return policy_shape(home, home.policy(call.params["PolicyId"]))


def update_policy(embedded: Embedded, call: Call, home: Home) -> dict[str, Any]:
    """UpdatePolicy: what is not given stays as it is."""
    policy = _own(home, call.params["PolicyId"])
    if "Content" in call.params:
        _check_document(policy["type"], call.params["Content"])
    name = call.params.get("Name", policy["name"])
    if name != policy["name"]:
        _refuse_duplicate(home, policy["type"], name)
    home.db.run(
        "UPDATE organization_policy SET name = ?, description = ?, content = ? WHERE organization = ? AND id = ?",
        name,
        call.params.get("Description", policy["description"]),
        call.params.get("Content", policy["content"]),
        home.id,
        policy["id"],
    )
    return policy_shape(home, home.policy(policy["id"]))


def delete_policy(embedded: Embedded, call: Call, home: Home) -> dict[str, Any]:
    """DeletePolicy, of one that is attached to nothing."""
    id = _own(home, call.params["PolicyId"])["id"]
    if home.db.one("SELECT 1 FROM organization_attachment WHERE organization = ? AND policy = ?", home.id, id):
        raise refused("PolicyInUseException")
    home.db.run("DELETE FROM organization_policy WHERE organization = ? AND id = ?", home.id, id)
    clear_tags(home.db, id)
    return {}


def list_policies(embedded: Embedded, call: Call, home: Home) -> dict[str, Any]:
    """ListPolicies of a type, attached or not."""
    sql = "SELECT rowid AS position, * FROM organization_policy WHERE organization = ? AND type = ?"
    asked = (home.id, call.params["Filter"])
    return page(call, home, "Policies", sql, asked, lambda row: summary_shape(home, row))


def describe_effective_policy(embedded: Embedded, call: Call, home: Home) -> dict[str, Any]:
    """DescribeEffectivePolicy: there is none of a type that is attached nowhere above the account.

    For service control and resource control policies AWS has no such thing: the API's model refuses their types.
    """
    account, kind = call.params.get("TargetId", call.account), call.params["PolicyType"]
    if not account.isdigit():
        raise invalid("TARGET_NOT_SUPPORTED")
    if call.account not in (home.management, account):
        raise refused("AccessDeniedException")
    place = organization.place(home.db, account)
    if place is None or place.organization != home.id:
        raise refused("TargetNotFoundException")
    levels = organization.levels(home.db, place, kind) or []
    if not any(level.policies[kind] for level in levels):
        raise refused("EffectivePolicyNotFoundException")
    text = f"The embedded AWS does not implement the effective policy of the type {kind}."
    raise fault(call.service, "unknown operation", text)


def require_all_features(home: Home) -> None:
    """Raise PolicyTypeNotAvailableForOrganizationException where the organization is for billing alone."""
    if home.feature_set != "ALL":
        raise refused("PolicyTypeNotAvailableForOrganizationException")


def _check_document(kind: str, text: str) -> None:
    rules = KINDS.get(kind)
    longest = rules.longest if rules else _LONGEST_OF.get(kind, _LONGEST)
    if longest is not None and len(text) > longest:
        raise exceeded("POLICY_CONTENT_LIMIT_EXCEEDED")
    if not (refusal(text, rules) is None if rules else _is_object(text)):
        raise refused("MalformedPolicyDocumentException")


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def _own(home: Home, id: str) -> Row:
    policy = home.policy(id)
    if policy["aws_managed"]:
        raise invalid("IMMUTABLE_POLICY")
    return policy


def _refuse_duplicate(home: Home, kind: str, name: str) -> None:
    if home.db.one(
        "SELECT 1 FROM organization_policy WHERE organization = ? AND type = ? AND name = ?", home.id, kind, name
    ):
        raise refused("DuplicatePolicyException")
