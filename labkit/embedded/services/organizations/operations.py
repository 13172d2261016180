"""Organizations: moto's, with the checks that moto leaves out.

Everything but DescribeOrganization is for the management account (delegated administrators are not implemented); what
applies to an account is read live, so a moved account is somewhere else at once. Source: AWS Organizations API
Reference, and "Service control policies (SCPs)" and "Resource control policies (RCPs)" in its user guide.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from labkit.embedded.protocol.calls import Access, Call, Operation, ServiceError
from labkit.embedded.services.permissions import in_account, rows
from labkit.embedded.state.world import ACCESS_ROLE, ADMINISTRATOR_POLICY
from labkit.errors import PolicyError
from labkit.iam import Policy

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded

LONGEST_POLICY = 10_240
_FOR_EVERYBODY = {"DescribeOrganization", "CreateOrganization"}
#: What the parameters name, in the order in which they are looked at: its kind in an ARN, by its id where empty.
_RESOURCES = {
    "AccountId": "account",
    "OrganizationalUnitId": "ou",
    "ParentId": "",
    "RootId": "root",
    "TargetId": "",
    "ChildId": "",
}
_ID_KINDS = {"ou-": "ou", "r-": "root"}


def forward(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Check what this operation must fulfil, then let moto execute it."""
    if call.operation not in _FOR_EVERYBODY:
        _require_management(embedded, call)
    check = _CHECKS.get(call.operation)
    if check is not None:
        check(embedded, call)
    return _moto(embedded, call, call.operation, call.params)


def _moto(embedded: Embedded, call: Call, operation: str, params: dict[str, Any]) -> dict[str, Any]:
    return embedded.backend.dispatch("organizations", operation, params, account=call.account, region=call.region)


def _require_management(embedded: Embedded, call: Call) -> None:
    place = embedded.backend.place(call.account)
    if place is None:
        raise ServiceError("AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")
    if place.management != call.account:
        raise ServiceError("AccessDeniedException", "You don't have permissions to access this resource.")


def create_account(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Make a member account, with a role by which the management account administers it."""
    output = forward(embedded, call)
    account = output["CreateAccountStatus"]["AccountId"]
    role = {"RoleName": call.params.get("RoleName", ACCESS_ROLE), "PolicyArn": ADMINISTRATOR_POLICY}
    embedded.backend.dispatch("iam", "AttachRolePolicy", role, account=account, region=call.region)
    return output


def _check_unit(embedded: Embedded, call: Call) -> None:
    below = _units_below(embedded, call, call.params["ParentId"])
    if any(unit["Name"] == call.params["Name"] for unit in below):
        raise ServiceError(
            "DuplicateOrganizationalUnitException", "An OU with the same name already exists in the parent."
        )


def _check_empty(embedded: Embedded, call: Call) -> None:
    unit = call.params["OrganizationalUnitId"]
    members = _moto(embedded, call, "ListChildren", {"ParentId": unit, "ChildType": "ACCOUNT"})["Children"]
    if members or _units_below(embedded, call, unit):
        raise ServiceError("OrganizationalUnitNotEmptyException", "The specified OU is not empty.")


def _units_below(embedded: Embedded, call: Call, parent: str) -> list[dict[str, Any]]:
    output = _moto(embedded, call, "ListOrganizationalUnitsForParent", {"ParentId": parent, "MaxResults": 1000})
    return list(output["OrganizationalUnits"])


def _check_move(embedded: Embedded, call: Call) -> None:
    place = embedded.backend.place(call.params["AccountId"])
    if place is None or place.management != call.account:
        raise ServiceError("AccountNotFoundException", "You specified an account that doesn't exist.")
    if place.levels[-2].id != call.params["SourceParentId"]:
        raise ServiceError("SourceParentNotFoundException", "You specified a source parent that doesn't exist.")


def _check_child(embedded: Embedded, call: Call) -> None:
    child = call.params["ChildId"]
    if not child.isdigit():  # a unit, which moto looks for itself
        return
    place = embedded.backend.place(child)
    if place is None or place.management != call.account:
        raise ServiceError("ChildNotFoundException", "You specified a child that doesn't exist.")


def _check_removal(embedded: Embedded, call: Call) -> None:
    if call.params["AccountId"] == call.account:
        raise ServiceError(
            "MasterCannotLeaveOrganizationException", "You can't remove a management account from an organization."
        )


def _check_document(embedded: Embedded, call: Call) -> None:
    kind, text = call.params.get("Type"), call.params.get("Content")
    if kind is None and text is not None:
        described = _moto(embedded, call, "DescribePolicy", {"PolicyId": call.params["PolicyId"]})
        kind = described["Policy"]["PolicySummary"]["Type"]
    if text is None or kind not in ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"):
        return
    if len(text) > LONGEST_POLICY:
        raise ServiceError("ConstraintViolationException", "You have exceeded the maximum policy size.")
    try:
        policy = Policy.parse(text)
    except PolicyError as error:
        raise _malformed(str(error)) from None
    for statement in policy.statements:
        if kind == "SERVICE_CONTROL_POLICY" and statement.principal is not None:
            raise _malformed("A service control policy cannot have a Principal.")
        if kind == "RESOURCE_CONTROL_POLICY" and (statement.allows or statement.principal is None):
            raise _malformed("A resource control policy consists of Deny statements with a Principal.")


def _malformed(reason: str) -> ServiceError:
    text = "The provided policy document does not meet the requirements of the specified policy type."
    return ServiceError("MalformedPolicyDocumentException", f"{text} {reason}")


def _check_attachment(embedded: Embedded, call: Call) -> None:
    described = _moto(embedded, call, "DescribePolicy", {"PolicyId": call.params["PolicyId"]})
    kind = described["Policy"]["PolicySummary"]["Type"]
    place = embedded.backend.place(call.account)
    if place is None or kind not in place.enabled:
        raise ServiceError(
            "PolicyTypeNotEnabledException", "This operation can be performed only for enabled policy types."
        )
    if call.params["PolicyId"] in _attached(embedded, call, kind):
        raise ServiceError("DuplicatePolicyAttachmentException", "A policy with the same name is already attached.")


def _check_detachment(embedded: Embedded, call: Call) -> None:
    policy = call.params["PolicyId"]
    described = _moto(embedded, call, "DescribePolicy", {"PolicyId": policy})
    attached = _attached(embedded, call, described["Policy"]["PolicySummary"]["Type"])
    if policy not in attached:
        raise ServiceError("PolicyNotAttachedException", "The policy isn't attached to the specified target.")
    if len(attached) == 1 or policy == "p-RCPFullAWSAccess":
        raise ServiceError(
            "ConstraintViolationException",
            "You cannot remove the last policy attached to the specified target. "
            "You must have at least one attached at all times.",
        )


def _attached(embedded: Embedded, call: Call, kind: str) -> list[str]:
    params = {"TargetId": call.params["TargetId"], "Filter": kind}
    return [policy["Id"] for policy in _moto(embedded, call, "ListPoliciesForTarget", params)["Policies"]]


_CHECKS: dict[str, Callable[[Embedded, Call], None]] = {
    "CreateOrganizationalUnit": _check_unit,
    "DeleteOrganizationalUnit": _check_empty,
    "ListParents": _check_child,
    "MoveAccount": _check_move,
    "RemoveAccountFromOrganization": _check_removal,
    "CreatePolicy": _check_document,
    "UpdatePolicy": _check_document,
    "AttachPolicy": _check_attachment,
    "DetachPolicy": _check_detachment,
}


def _in_organization(embedded: Embedded, call: Call) -> list[Access]:
    place = embedded.backend.place(call.account)
    named = next((name for name in _RESOURCES if name in call.params), None)
    if place is None or named is None:
        return in_account(embedded, call)
    target = call.params[named]
    kind = next((kind for prefix, kind in _ID_KINDS.items() if target.startswith(prefix)), "account")
    arn = f"arn:aws:organizations::{place.management}:{kind}/{place.organization}/{target}"
    return [Access(f"organizations:{call.operation}", arn, call.account)]


OPERATIONS: dict[str, Operation] = {
    **rows(
        forward,
        _in_organization,
        "DescribeOrganization CreateOrganization DeleteOrganization ListRoots CreateOrganizationalUnit "
        "UpdateOrganizationalUnit DeleteOrganizationalUnit DescribeOrganizationalUnit "
        "ListOrganizationalUnitsForParent DescribeAccount DescribeCreateAccountStatus ListCreateAccountStatus "
        "ListAccounts ListAccountsForParent MoveAccount RemoveAccountFromOrganization ListParents ListChildren "
        "CreatePolicy DescribePolicy UpdatePolicy DeletePolicy ListPolicies AttachPolicy DetachPolicy "
        "ListPoliciesForTarget ListTargetsForPolicy EnablePolicyType DisablePolicyType TagResource UntagResource "
        "ListTagsForResource",
    ),
    "CreateAccount": Operation(create_account, _in_organization),
}
