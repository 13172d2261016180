"""IAM: roles, policies, groups and most of users are moto's; access keys and what moto leaves unchecked are labkit's.

Documents are read by the policy engine before they are stored, so that everything that is stored can be decided on.
Source: IAM API Reference; the error texts are those of AWS where they are known.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from labkit.embedded.protocol.calls import Call, Operation, ServiceError
from labkit.embedded.services.iam.permissions import ON_GROUP, ON_ROLE, ON_USER, on_new_policy, on_path, on_policy
from labkit.embedded.services.permissions import in_account, rows
from labkit.embedded.state.keys import UserKey, new_id, new_secret
from labkit.errors import PolicyError
from labkit.iam import Policy, Statement
from labkit.iam import arn as arns
from labkit.pull.organization import ACCOUNT_ID

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded

KEYS_PER_USER = 2
_NAME = re.compile(r"[\w+=,.@-]+")
#: The parameter that holds a document, by operation; trust policies are checked by other rules.
_DOCUMENTS = {
    "CreatePolicy": "PolicyDocument",
    "CreatePolicyVersion": "PolicyDocument",
    "PutUserPolicy": "PolicyDocument",
    "PutRolePolicy": "PolicyDocument",
    "PutGroupPolicy": "PolicyDocument",
}
_TRUST = {"CreateRole": "AssumeRolePolicyDocument", "UpdateAssumeRolePolicy": "PolicyDocument"}


def forward(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Let moto execute the call, in the caller's account."""
    return embedded.backend.dispatch("iam", call.operation, call.params, account=call.account, region=call.region)


# -- Documents -----------------------------------------------------------------------------------------------------


def with_document(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Check an identity policy, then forward."""
    policy = _parse(call.params[_DOCUMENTS[call.operation]])
    for statement in policy.statements:
        if statement.principal is not None:
            raise _malformed("Policy document should not specify a principal.")
        if statement.resource is None:
            raise _malformed("Policy statement must contain resources.")
    return of_own_policy(embedded, call)


def of_own_policy(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Refuse to change a policy that is AWS's, then forward."""
    if arns.account_of(call.params.get("PolicyArn", "")) == "aws":
        raise ServiceError("AccessDenied", f"{call.params['PolicyArn']} is AWS's own and cannot be changed.", 403)
    return forward(embedded, call)


def with_trust_policy(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Check a trust policy, then forward."""
    policy = _parse(call.params[_TRUST[call.operation]])
    for statement in policy.statements:
        _check_trust(embedded, statement)
    return forward(embedded, call)


def _check_trust(embedded: Embedded, statement: Statement) -> None:
    if statement.principal is None:
        raise _malformed("AssumeRolepolicy must contain a Principal element.")
    if statement.resource is not None:
        raise _malformed("Has prohibited field Resource")
    if statement.action.negated or any(not _is_assume(each.text) for each in statement.action.patterns):
        raise _malformed("AssumeRole policy may only specify STS AssumeRole actions.")
    for entry in statement.principal:
        if entry.kind == "AWS" and not _principal_exists(embedded, entry.text):
            raise _malformed(f'Invalid principal in policy: "AWS":"{entry.text}"')


def _is_assume(action: str) -> bool:
    return action.lower().startswith("sts:")


def _principal_exists(embedded: Embedded, arn: str) -> bool:
    """A role or user that a trust policy names must exist; accounts and sessions are taken as they are."""
    found = arns.split(arn)
    named = found and found.service == "iam" and found.resource_type in ("role", "user") and _NAME.fullmatch(found.name)
    if not found or not named or not ACCOUNT_ID.fullmatch(found.account):
        return True
    return embedded.backend.arn_of(found.account, found.resource_type, found.name) == arn


def _parse(text: str) -> Policy:
    try:
        return Policy.parse(text)
    except PolicyError as error:
        raise _malformed(str(error)) from None


def _malformed(message: str) -> ServiceError:
    return ServiceError("MalformedPolicyDocument", message)


# -- Users ---------------------------------------------------------------------------------------------------------


def create_user(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Make a user with an id of AWS's form, and its boundary."""
    boundary = call.params.get("PermissionsBoundary")
    if boundary:
        _check_boundary(embedded, call.account, boundary)
    output = forward(embedded, call)
    user_id, name = new_id("AIDA", call.account, 21), call.params["UserName"]
    embedded.backend.set_user_id(call.account, name, user_id)
    embedded.backend.set_user_boundary(call.account, name, boundary)
    return {"User": {**output["User"], "UserId": user_id, **_boundary(boundary)}}


def get_user(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Describe a user; without a name the one who asks."""
    name = _user_name(call)
    params = {"UserName": name}
    output = embedded.backend.dispatch("iam", "GetUser", params, account=call.account, region=call.region)
    user = embedded.backend.user(call.account, name)
    return {"User": {**output["User"], **_boundary(user.boundary if user else None)}}


def delete_user(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Delete a user that has no keys; moto refuses one that still has policies."""
    name = call.params["UserName"]
    if any(embedded.keys.of_user(call.account, name)):
        raise ServiceError("DeleteConflict", "Cannot delete entity, must delete access keys first.", 409)
    return forward(embedded, call)


def put_user_boundary(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Set a user's permissions boundary."""
    _require_user(embedded, call.account, call.params["UserName"])
    _check_boundary(embedded, call.account, call.params["PermissionsBoundary"])
    embedded.backend.set_user_boundary(call.account, call.params["UserName"], call.params["PermissionsBoundary"])
    return {}


def delete_user_boundary(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Remove a user's permissions boundary."""
    _require_user(embedded, call.account, call.params["UserName"])
    embedded.backend.set_user_boundary(call.account, call.params["UserName"], None)
    return {}


def with_boundary(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Check that a role's boundary exists, then forward."""
    _check_boundary(embedded, call.account, call.params["PermissionsBoundary"])
    return forward(embedded, call)


def create_role(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Make a role: its trust policy and its boundary are checked first."""
    if "PermissionsBoundary" in call.params:
        _check_boundary(embedded, call.account, call.params["PermissionsBoundary"])
    return with_trust_policy(embedded, call)


def _boundary(arn: str | None) -> dict[str, Any]:
    if arn is None:
        return {}
    return {"PermissionsBoundary": {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}}


def _check_boundary(embedded: Embedded, account: str, arn: str) -> None:
    if embedded.backend.policy_document(account, arn) is None:
        raise ServiceError("NoSuchEntity", f"Scope ARN: {arn} does not exist or is not attachable.", 404)


def _require_user(embedded: Embedded, account: str, name: str) -> None:
    if embedded.backend.user(account, name) is None:
        raise ServiceError("NoSuchEntity", f"The user with name {name} cannot be found.", 404)


def _user_name(call: Call) -> str:
    name = call.params.get("UserName")
    if name is None and call.identity.is_session:
        raise ServiceError("ValidationError", "Must specify userName when calling with non-User credentials")
    return str(name or arns.parse(call.identity.arn).name)


# -- Access keys ---------------------------------------------------------------------------------------------------


def create_access_key(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Make a key; the secret is shown this once."""
    name = _user_name(call)
    user = embedded.backend.user(call.account, name)
    _require_user(embedded, call.account, name)
    assert user is not None  # noqa: S101 - for the type checker
    if len(list(embedded.keys.of_user(call.account, name))) >= KEYS_PER_USER:
        raise ServiceError("LimitExceeded", f"Cannot exceed quota for AccessKeysPerUser: {KEYS_PER_USER}", 409)
    key = UserKey(
        id=new_id("AKIA", call.account),
        secret=new_secret(),
        account=call.account,
        user=name,
        user_arn=user.arn,
        user_id=user.id,
        created=embedded.clock.now().isoformat(),
    )
    embedded.keys.put(key)
    return {"AccessKey": {**_describe(key), "SecretAccessKey": key.secret}}


def list_access_keys(embedded: Embedded, call: Call) -> dict[str, Any]:
    """The keys of a user, without their secrets."""
    name = _user_name(call)
    _require_user(embedded, call.account, name)
    keys = [_describe(key) for key in embedded.keys.of_user(call.account, name)]
    return {"AccessKeyMetadata": keys, "IsTruncated": False}


def update_access_key(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Make a key Active or Inactive."""
    embedded.keys.set_status(_key(embedded, call), call.params["Status"])
    return {}


def delete_access_key(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Delete a key."""
    embedded.keys.remove(_key(embedded, call))
    return {}


def _key(embedded: Embedded, call: Call) -> UserKey:
    name, id = _user_name(call), call.params["AccessKeyId"]
    found = next((key for key in embedded.keys.of_user(call.account, name) if key.id == id), None)
    if found is None:
        raise ServiceError("NoSuchEntity", f"The Access Key with id {id} cannot be found.", 404)
    return found


def _describe(key: UserKey) -> dict[str, Any]:
    created = datetime.fromisoformat(key.created)
    return {"UserName": key.user, "AccessKeyId": key.id, "Status": key.status, "CreateDate": created}


OPERATIONS: dict[str, Operation] = {
    **rows(
        forward,
        ON_ROLE,
        "GetRole UpdateRole UpdateRoleDescription DeleteRole TagRole UntagRole ListRoleTags GetRolePolicy "
        "DeleteRolePolicy ListRolePolicies AttachRolePolicy DetachRolePolicy ListAttachedRolePolicies "
        "DeleteRolePermissionsBoundary",
    ),
    "CreateRole": Operation(create_role, ON_ROLE),
    "UpdateAssumeRolePolicy": Operation(with_trust_policy, ON_ROLE),
    "PutRolePolicy": Operation(with_document, ON_ROLE),
    "PutRolePermissionsBoundary": Operation(with_boundary, ON_ROLE),
    **rows(
        forward,
        ON_USER,
        "TagUser UntagUser ListUserTags GetUserPolicy DeleteUserPolicy ListUserPolicies AttachUserPolicy "
        "DetachUserPolicy ListAttachedUserPolicies ListGroupsForUser",
    ),
    "CreateUser": Operation(create_user, ON_USER),
    "GetUser": Operation(get_user, ON_USER),
    "DeleteUser": Operation(delete_user, ON_USER),
    "PutUserPolicy": Operation(with_document, ON_USER),
    "PutUserPermissionsBoundary": Operation(put_user_boundary, ON_USER),
    "DeleteUserPermissionsBoundary": Operation(delete_user_boundary, ON_USER),
    "CreateAccessKey": Operation(create_access_key, ON_USER),
    "ListAccessKeys": Operation(list_access_keys, ON_USER),
    "UpdateAccessKey": Operation(update_access_key, ON_USER),
    "DeleteAccessKey": Operation(delete_access_key, ON_USER),
    **rows(
        forward,
        ON_GROUP,
        "CreateGroup GetGroup DeleteGroup AddUserToGroup RemoveUserFromGroup GetGroupPolicy DeleteGroupPolicy "
        "ListGroupPolicies AttachGroupPolicy DetachGroupPolicy ListAttachedGroupPolicies",
    ),
    "PutGroupPolicy": Operation(with_document, ON_GROUP),
    **rows(forward, on_policy, "GetPolicy GetPolicyVersion ListPolicyVersions ListEntitiesForPolicy ListPolicyTags"),
    **rows(
        of_own_policy,
        on_policy,
        "DeletePolicy DeletePolicyVersion SetDefaultPolicyVersion TagPolicy UntagPolicy",
    ),
    "CreatePolicyVersion": Operation(with_document, on_policy),
    "CreatePolicy": Operation(with_document, on_new_policy),
    "ListRoles": Operation(forward, on_path("role")),
    "ListUsers": Operation(forward, on_path("user")),
    "ListGroups": Operation(forward, on_path("group")),
    "ListPolicies": Operation(forward, on_path("policy")),
    **rows(
        forward,
        in_account,
        "GetAccountSummary GetAccountAuthorizationDetails ListAccountAliases CreateAccountAlias DeleteAccountAlias",
    ),
}
