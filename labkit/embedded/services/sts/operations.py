"""STS: who am I, and may I become somebody else?

Source: AWS STS API Reference, AssumeRole, GetCallerIdentity, GetSessionToken; IAM User Guide, "Methods to assume a
role" (role chaining) and "Session policies".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.check import DOCUMENT_KINDS, refusal
from labkit.embedded.protocol.calls import Access, Call, Credentials, Operation, ServiceError
from labkit.embedded.records import managed_policies
from labkit.embedded.records.keys import new_session
from labkit.embedded.services.permissions import account_in, in_account, nothing
from labkit.embedded.state.identifiers import account_of

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded

LONGEST_CHAINED = 3600
LONGEST_POLICY = 2048  # characters of all session policies together
_UNSUPPORTED = ("SourceIdentity", "ProvidedContexts", "SerialNumber", "TokenCode", "TransitiveTagKeys", "Tags")


def get_caller_identity(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Say who signed the request. No permission is needed, and none can be denied."""
    return {"UserId": call.identity.user_id, "Account": call.account, "Arn": call.identity.arn}


def get_access_key_info(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Say to which account an access key belongs; the number is written into the key's id."""
    account = account_of(call.params["AccessKeyId"])
    if account is None:
        raise ServiceError("ValidationError", "The access key id is malformed.")
    return {"Account": account}


def assume_role(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Make a session of a role. That the caller may assume it was decided before."""
    _refuse_unsupported(call)
    duration = _role_duration(embedded, call)
    policies = _session_policies(embedded, call)
    credentials = embedded.role_session(call.params["RoleArn"], call.params["RoleSessionName"], duration, policies)
    user = {"AssumedRoleId": f"{credentials.role_id}:{call.params['RoleSessionName']}", "Arn": credentials.arn}
    output: dict[str, Any] = {"Credentials": _shape(credentials), "AssumedRoleUser": user}
    if policies is not None:
        output["PackedPolicySize"] = max(1, sum(map(len, policies)) * 100 // LONGEST_POLICY)
    return output


def get_session_token(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Make temporary credentials of the user who asks."""
    _refuse_unsupported(call)
    if call.identity.access_key.startswith("ASIA"):
        raise ServiceError("AccessDenied", "Cannot call GetSessionToken with session credentials", 403)
    seconds = call.params.get("DurationSeconds", 43_200)
    session = new_session(
        call.account,
        embedded.clock.now(),
        seconds,
        arn=call.identity.arn,
        principal_arn=call.identity.principal_arn,
        user_id=call.identity.user_id,
        parent=call.identity.access_key,
    )
    return {"Credentials": _shape(embedded.open_session(session))}


def _refuse_unsupported(call: Call) -> None:
    for name in _UNSUPPORTED:
        if call.params.get(name):
            raise ServiceError("InvalidParameterValue", f"The embedded AWS does not implement the parameter {name}.")


def _role_duration(embedded: Embedded, call: Call) -> int:
    asked = call.params.get("DurationSeconds")
    role = embedded.role(call.params["RoleArn"])
    chained = call.identity.is_session
    if asked is None:
        return LONGEST_CHAINED
    if role is not None and asked > (role.max_session or LONGEST_CHAINED):
        raise ServiceError(
            "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        )
    if chained and asked > LONGEST_CHAINED:
        raise ServiceError(
            "ValidationError",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
        )
    return int(asked)


def _session_policies(embedded: Embedded, call: Call) -> tuple[str, ...] | None:
    """The texts of the session policies, or None where the caller gives none."""
    given = [call.params["Policy"]] if "Policy" in call.params else []
    for item in call.params.get("PolicyArns", []):
        arn = item.get("arn", "")
        own = account_in(arn) in (None, account_in(call.params["RoleArn"]))
        text = managed_policies.document(embedded.database, arn) if own else None
        if text is None:
            raise ServiceError("MalformedPolicyDocument", f"The policy {item.get('arn')} does not exist.")
        given.append(text)
    for text in given:
        _check_session_policy(text)
    if len(call.params.get("Policy", "")) > LONGEST_POLICY:
        raise ServiceError("PackedPolicyTooLarge", f"Session policies are limited to {LONGEST_POLICY} characters.")
    return tuple(given) or None


def _check_session_policy(text: str) -> None:
    """Refuse what `labkit check` refuses; length is asked of the text that is given, not of policies that are named."""
    refused = refusal(text, DOCUMENT_KINDS["session"])
    if refused is not None and refused.rule != "too-long":
        raise ServiceError("MalformedPolicyDocument", refused.message)


def _shape(credentials: Credentials) -> dict[str, Any]:
    return {
        "AccessKeyId": credentials.access_key,
        "SecretAccessKey": credentials.secret_key,
        "SessionToken": credentials.session_token,
        "Expiration": credentials.expiration,
    }


def _on_role(embedded: Embedded, call: Call) -> list[Access]:
    arn = call.params["RoleArn"]
    context = {"sts:RoleSessionName": call.params["RoleSessionName"]}
    if "ExternalId" in call.params:
        context["sts:ExternalId"] = call.params["ExternalId"]
    return [Access("sts:AssumeRole", arn, account_in(arn), context, policy="trust")]


OPERATIONS: dict[str, Operation] = {
    "GetCallerIdentity": Operation(get_caller_identity, nothing, reads=True),
    "GetAccessKeyInfo": Operation(get_access_key_info, in_account, reads=True),
    "AssumeRole": Operation(assume_role, _on_role),
    "GetSessionToken": Operation(get_session_token, nothing),
}
