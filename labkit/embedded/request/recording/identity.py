"""userIdentity: who called, as CloudTrail tells it in the caller's account and in another one.

Source: CloudTrail User Guide, "CloudTrail userIdentity element"; IAM User Guide, "Logging IAM and AWS STS API calls"
(a role assumed across accounts); for calls that Lambda makes, published events of KMS and AssumeRole.
"""

from __future__ import annotations

from typing import Any

from labkit.embedded.protocol.calls import Call, Identity
from labkit.embedded.state.clock import iso
from labkit.iam.arn import parse
from labkit.iam.request import FEDERATED


def user_identity(call: Call) -> dict[str, Any]:
    """The caller as the events of its own account show it."""
    identity, invoked_by = call.identity, call.origin.forwarded_by
    by = {"invokedBy": invoked_by} if invoked_by else {}
    if identity.principal.kind == FEDERATED:
        return _web_identity(identity)
    if not identity.principal.is_iam:
        return {"type": "AWSService", **by}
    return {**_principal(identity), **_session(identity), **by}


def from_elsewhere(call: Call) -> dict[str, Any]:
    """The caller as the events of another account show it, which owns what was called: no more than its ids."""
    identity = call.identity
    return {"type": "AWSAccount", "principalId": identity.user_id, "accountId": identity.account}


def username(call: Call) -> str | None:
    """What LookupEvents calls the user name: that of an IAM user, or of the session; services have none."""
    if call.identity.principal.kind == FEDERATED:
        return str(_web_identity(call.identity)["userName"])
    if not call.identity.principal.is_iam:
        return None
    return parse(call.identity.arn).name


def _web_identity(identity: Identity) -> dict[str, Any]:
    """Who comes with the token of an identity provider: it is known by its subject, and has no account."""
    claims = {name.rpartition(":")[2]: value for name, value in identity.context.items()}
    provider = identity.principal.name
    named = f"{provider}:{claims['aud']}:{claims['sub']}"
    return {"type": "WebIdentityUser", "principalId": named, "userName": claims["sub"], "identityProvider": provider}


def _principal(identity: Identity) -> dict[str, Any]:
    known = {
        "principalId": identity.user_id,
        "arn": identity.arn,
        "accountId": identity.account,
        "accessKeyId": identity.access_key,
    }
    if identity.principal.is_federated_user:
        return {"type": "FederatedUser", **known}
    if identity.is_session:
        return {"type": "AssumedRole", **known}
    return {"type": "IAMUser", **known, "userName": parse(identity.arn).name}


def _session(identity: Identity) -> dict[str, Any]:
    """sessionContext, for temporary credentials."""
    if identity.issued is None:
        return {}
    attributes = {"creationDate": iso(identity.issued), "mfaAuthenticated": "false"}
    context: dict[str, Any] = {"attributes": attributes}
    if identity.is_session:
        context = {"sessionIssuer": _issuer(identity), "webIdFederationData": _federation(identity), **context}
    if identity.source_identity:
        context["sourceIdentity"] = identity.source_identity
    return {"sessionContext": context}


def _federation(identity: Identity) -> dict[str, Any]:
    """Which provider a web identity came from, and what it said of itself: its claims are condition keys."""
    provider = identity.context.get("aws:FederatedProvider")
    if provider is None:
        return {}
    claims = {name: value for name, value in identity.context.items() if name.endswith((":aud", ":sub"))}
    return {"federatedProvider": provider, "attributes": claims}


def _issuer(identity: Identity) -> dict[str, Any]:
    user = identity.principal.is_federated_user
    return {
        "type": "IAMUser" if user else "Role",
        "principalId": identity.user_id.partition(":")[0],
        "arn": identity.principal_arn,
        "accountId": identity.account,
        "userName": parse(identity.principal_arn).name,
    }
