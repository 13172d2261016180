"""STS: who am I, and may I become somebody else? Every operation with its handler and what it needs as permission.

AssumeRoleWithSAML, DecodeAuthorizationMessage and the other operations of STS are not offered, and say so.

Source: AWS STS API Reference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.embedded.protocol.calls import Call, Operation
from labkit.embedded.services.permissions import in_account, nothing
from labkit.embedded.services.sts import web_identity
from labkit.embedded.services.sts.errors import refusal
from labkit.embedded.services.sts.limits import limited
from labkit.embedded.services.sts.roles import assume_role, on_role
from labkit.embedded.services.sts.tokens import get_federation_token, get_session_token, on_federated_user
from labkit.embedded.state.identifiers import account_of

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded


def get_caller_identity(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Say who signed the request. No permission is needed, and none can be denied."""
    return {"UserId": call.identity.user_id, "Account": call.account, "Arn": call.identity.arn}


def get_access_key_info(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Say to which account an access key belongs; the number is written into the key's id."""
    account = account_of(call.params["AccessKeyId"])
    if account is None:
        raise refusal("bad key")
    return {"Account": account}


OPERATIONS: dict[str, Operation] = {
    "GetCallerIdentity": Operation(get_caller_identity, nothing, reads=True),
    "GetAccessKeyInfo": Operation(get_access_key_info, limited(in_account), reads=True),
    "AssumeRole": Operation(assume_role, limited(on_role)),
    "AssumeRoleWithWebIdentity": Operation(
        web_identity.assume_role, web_identity.on_role, identify=web_identity.identify
    ),
    "GetSessionToken": Operation(get_session_token, limited(nothing)),
    "GetFederationToken": Operation(get_federation_token, limited(on_federated_user)),
}
